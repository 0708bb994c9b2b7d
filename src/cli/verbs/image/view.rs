//! The terminal view of `image layers`: steps above, the files of the chosen one below.
//!
//! Arrow keys or `j k` choose a step, page keys or space move the files, `q`, Escape or `^C` leaves. Text from the image is
//! shown without its control characters.

use super::layers::{bytes, count, files, instruction, line, summary};
use crate::cli::error::Result;
use crate::cli::terminal::{self, Raw};
use crate::wire::ImageLayer;
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use std::io::Write;

const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Where the user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    step: usize,
    /// The first file that is shown.
    file: usize,
}

/// Shows the layers until the user leaves.
pub fn show(name: &str, layers: &[ImageLayer]) -> Result<()> {
    let raw = Raw::enter()?;
    let mut screen = Screen(std::io::stdout());
    screen.write(ENTER)?;
    let mut place = Place::default();
    loop {
        let (height, width) = terminal::size();
        let (height, width) = (usize::from(height.max(8)), usize::from(width.max(20)));
        screen.write(&page(name, layers, place, height, width))?;
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Char('q')
            || key.code == KeyCode::Esc
            || control && key.code == KeyCode::Char('c')
        {
            break;
        }
        place = moved(place, key.code, layers, height / 2);
    }
    drop(screen);
    drop(raw);
    Ok(())
}

/// Gives the page back, also when something failed.
struct Screen(std::io::Stdout);

impl Screen {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.0.write_all(text.as_bytes())?;
        self.0.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = self.write(LEAVE);
    }
}

fn moved(place: Place, key: KeyCode, layers: &[ImageLayer], page: usize) -> Place {
    let last = layers.len().saturating_sub(1);
    let step = |step: usize| Place { step, file: 0 };
    let scroll = |file: usize| {
        let most = layers.get(place.step).map_or(0, |l| files(l).count());
        let file = file.min(most.saturating_sub(1));
        Place { file, ..place }
    };
    match key {
        KeyCode::Up | KeyCode::Char('k') => step(place.step.saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => step((place.step + 1).min(last)),
        KeyCode::Home => step(0),
        KeyCode::End => step(last),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll(place.file + page),
        KeyCode::PageUp => scroll(place.file.saturating_sub(page)),
        _ => place,
    }
}

/// The whole page as the terminal gets it.
fn page(name: &str, layers: &[ImageLayer], place: Place, height: usize, width: usize) -> String {
    let steps = layers.len().min(height / 2 - 2);
    let first = place.step.saturating_sub(steps.saturating_sub(1));
    let mut lines = vec![bold(&fit(&format!("{name}: {}", summary(layers)), width))];
    for (n, layer) in layers.iter().enumerate().skip(first).take(steps) {
        let text = match layer.diff_id.is_empty() {
            true => format!("{:>3} {:>8} {:>20} {}", n + 1, "-", "", instruction(layer)),
            false => {
                let counts = format!(
                    "+{} ~{} -{}",
                    count(layer, "added"),
                    count(layer, "changed"),
                    count(layer, "removed")
                );
                format!(
                    "{:>3} {:>8} {counts:>20} {}",
                    n + 1,
                    bytes(layer.size),
                    instruction(layer)
                )
            }
        };
        let text = fit(&text, width);
        lines.push(if n == place.step {
            format!("\x1b[7m{text:width$}\x1b[0m")
        } else {
            text
        });
    }
    if let Some(layer) = layers.get(place.step) {
        let all = files(layer).count();
        let wasted = bytes(layer.wasted);
        let title = format!(
            "step {}: {all} paths, {wasted} of lower layers hidden",
            place.step + 1
        );
        lines.push(bold(&fit(&title, width)));
        let room = height.saturating_sub(lines.len() + 1);
        let shown = files(layer).skip(place.file).take(room);
        lines.extend(shown.map(|file| fit(&line(file), width)));
    }
    lines.resize(height - 1, String::new());
    lines.push(fit(
        "up/down: step   space/page up: files   q: leave",
        width,
    ));
    let cleared: Vec<String> = lines.iter().map(|l| format!("{l}\x1b[K")).collect();
    format!("\x1b[H{}", cleared.join("\r\n"))
}

fn bold(text: &str) -> String {
    format!("\x1b[1m{text}\x1b[0m")
}

/// Cuts to the width; control characters become `?`.
fn fit(text: &str, width: usize) -> String {
    let safe = text.chars().map(|c| if c.is_control() { '?' } else { c });
    safe.take(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::LayerFile;

    fn layers() -> Vec<ImageLayer> {
        let file = |n: usize| LayerFile {
            path: format!("/f{n}\x1b[2J"),
            action: "added".to_owned(),
            size: 1,
            hidden: 0,
        };
        let layer = |name: &str, count: usize| ImageLayer {
            instruction: name.to_owned(),
            diff_id: "sha256:1".to_owned(),
            files: Some((0..count).map(file).collect()),
            ..ImageLayer::default()
        };
        vec![layer("one", 50), layer("two", 1)]
    }

    #[test]
    fn a_page_fits_and_holds_nothing_that_steers() {
        let text = page("me/app", &layers(), Place::default(), 12, 40);
        assert_eq!(text.matches("\r\n").count(), 11);
        assert!(text.contains("/f0?[2J") && !text.contains("\x1b[2J"));
    }

    #[test]
    fn keys_move() {
        let layers = layers();
        let at = |step, file| Place { step, file };
        assert_eq!(moved(at(0, 5), KeyCode::Down, &layers, 10), at(1, 0));
        assert_eq!(moved(at(1, 0), KeyCode::Down, &layers, 10), at(1, 0));
        assert_eq!(moved(at(0, 0), KeyCode::PageDown, &layers, 10), at(0, 10));
        assert_eq!(moved(at(0, 45), KeyCode::PageDown, &layers, 10), at(0, 49));
        assert_eq!(moved(at(1, 0), KeyCode::PageDown, &layers, 10), at(1, 0));
    }
}
