//! `vi`: the screen around the editor.

use crate::editor::{Editor, Mode, Wish};
use applet::keys::{Key, Raw};
use applet::{flush, getopt, os, out, words};

/// `vi`.
pub fn main(argv: &[String]) -> i32 {
    let args = getopt(argv, "Rc:H", &[], "vi [-R] [FILE]");
    let mut argument = args.rest.clone();
    let jump = argument
        .iter()
        .position(|word| word.starts_with('+'))
        .map(|at| argument.remove(at));
    let mut path = argument.first().cloned();
    let (text, mut note) = match &path {
        Some(path) => match applet::read_all(path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let note = format!(
                    "'{path}' {} lines, {} chars",
                    text.lines().count(),
                    text.chars().count()
                );
                (text, note)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (String::new(), format!("'{path}' [New file]"))
            }
            Err(error) => {
                eprintln!("vi: '{path}': {}", words(&error));
                return 1;
            }
        },
        None => (String::new(), "No current filename".into()),
    };
    if !os::is_terminal(1) {
        eprintln!("vi: output is not a terminal");
        return 1;
    }
    let mut editor = Editor::new(&text);
    if let Some(line) = jump.and_then(|word| word[1..].parse::<usize>().ok()) {
        editor.row = line.saturating_sub(1).min(editor.lines.len() - 1);
    }
    let raw = Raw::open();
    out().text("\x1b[?1049h");
    let mut top = 0;
    loop {
        let (rows, columns) = raw.size();
        let height = rows.saturating_sub(1).max(1);
        draw(&editor, &mut top, height, columns, &note, path.as_deref());
        let key = raw.key(None);
        if key == Key::Closed {
            break;
        }
        note.clear();
        match editor.key(key, height) {
            Wish::Nothing => {}
            Wish::Quit => break,
            Wish::Write(other, quit) => {
                let Some(target) = other.or_else(|| path.clone()) else {
                    note = "No current filename".into();
                    continue;
                };
                let text = editor.text();
                match std::fs::write(&target, &text) {
                    Ok(()) => {
                        note = format!(
                            "'{target}' {}L, {}C",
                            editor.lines.len(),
                            text.chars().count()
                        );
                        path.get_or_insert(target);
                        editor.changed = false;
                        if quit {
                            break;
                        }
                    }
                    Err(error) => note = format!("'{target}' {}", words(&error)),
                }
            }
        }
    }
    out().text("\x1b[?1049l");
    flush();
    0
}

/// The columns that a line's first characters take; tabs go to the next eighth.
fn width(line: &[char], upto: usize) -> usize {
    line.iter().take(upto).fold(
        0,
        |at, c| if *c == '\t' { (at / 8 + 1) * 8 } else { at + 1 },
    )
}

fn draw(
    editor: &Editor,
    top: &mut usize,
    height: usize,
    columns: usize,
    note: &str,
    path: Option<&str>,
) {
    let mut o = out();
    *top = (*top)
        .min(editor.row)
        .max((editor.row + 1).saturating_sub(height));
    // Long lines scroll sideways, the whole screen at once.
    let cursor = width(&editor.lines[editor.row], editor.column);
    let left = if cursor < columns {
        0
    } else {
        cursor - columns / 2
    };
    o.text("\x1b[?25l\x1b[H");
    for row in 0..height {
        match editor.lines.get(*top + row) {
            Some(line) => {
                let mut shown = String::new();
                for c in line {
                    match c {
                        '\t' => (0..8 - shown.chars().count() % 8).for_each(|_| shown.push(' ')),
                        c if c.is_control() => shown.push('?'),
                        c => shown.push(*c),
                    }
                }
                o.text(&shown.chars().skip(left).take(columns).collect::<String>());
            }
            None => o.text("~"),
        }
        o.text("\x1b[K\r\n");
    }
    let status = match &editor.mode {
        Mode::Line(mark, text) => format!("{mark}{text}"),
        _ if !editor.message.is_empty() => editor.message.clone(),
        _ if !note.is_empty() => note.to_string(),
        mode => {
            let letter = match mode {
                Mode::Insert => 'I',
                Mode::Replace => 'R',
                _ => '-',
            };
            let changed = if editor.changed { " [Modified]" } else { "" };
            format!(
                "{letter} {}{changed} {}/{} {}%",
                path.unwrap_or("No file"),
                editor.row + 1,
                editor.lines.len(),
                (editor.row + 1) * 100 / editor.lines.len()
            )
        }
    };
    write!(
        o,
        "{}\x1b[K",
        status
            .chars()
            .take(columns.saturating_sub(1))
            .collect::<String>()
    );
    match &editor.mode {
        Mode::Line(..) => {}
        _ => write!(o, "\x1b[{};{}H", editor.row - *top + 1, cursor - left + 1),
    }
    o.text("\x1b[?25h");
    flush();
}
