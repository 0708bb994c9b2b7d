//! `image layers`: what each step of an image did to its files, and what it wastes.
//!
//! Docker has no such command. On a terminal it is a view to move around in; elsewhere, and with `--plain`, a table.

use super::view;
use crate::base::size;
use crate::cli::app::{App, escape, out};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::table::align;
use crate::cli::terminal;
use crate::wire::{ImageLayer, LayerFile};
use std::io::IsTerminal;

pub fn verb() -> Verb {
    Verb {
        paths: &["image layers"],
        usage: "IMAGE",
        about: "Show what each layer of an image does to its files",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![flag("files", "", Bool, "List the files too")]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let target = format!("/schooner/images/{}/layers", escape(given.first()));
    let layers: Vec<ImageLayer> = client.get(&target).await?;
    let watched = std::io::stdout().is_terminal() && terminal::stdin_is_terminal();
    if watched && !app.plain && !given.on("files") {
        view::show(given.first(), &layers)?;
        return Ok(0);
    }
    out(&plain(&layers, given.on("files")));
    Ok(0)
}

/// How many of a layer's files went through an action.
pub fn count(layer: &ImageLayer, action: &str) -> usize {
    files(layer).filter(|f| f.action == action).count()
}

pub fn files(layer: &ImageLayer) -> impl Iterator<Item = &LayerFile> {
    layer.files.iter().flatten()
}

/// Bytes as the tables show them.
pub fn bytes(n: i64) -> String {
    size::decimal_short(n as f64)
}

/// An instruction without the shell that Docker's history puts in front.
pub fn instruction(layer: &ImageLayer) -> String {
    let text = layer.instruction.replace(['\t', '\n'], " ");
    let text = text.strip_prefix("/bin/sh -c #(nop) ").map_or_else(
        || {
            text.strip_prefix("/bin/sh -c ")
                .map_or(text.clone(), |run| format!("RUN {run}"))
        },
        |step| step.trim_start().to_owned(),
    );
    match text.is_empty() {
        true => "-".to_owned(),
        false => text,
    }
}

/// The last line: what all layers make together.
pub fn summary(layers: &[ImageLayer]) -> String {
    let (size, wasted): (i64, i64) = layers
        .iter()
        .fold((0, 0), |(s, w), l| (s + l.size, w + l.wasted));
    let count = layers.iter().filter(|l| !l.diff_id.is_empty()).count();
    let share = if size > 0 {
        wasted.saturating_mul(100) / size
    } else {
        0
    };
    format!(
        "{} in {count} layers, {} wasted ({share}%)",
        bytes(size),
        bytes(wasted)
    )
}

fn plain(layers: &[ImageLayer], with_files: bool) -> String {
    let mut table = String::from("STEP\tSIZE\tADDED\tCHANGED\tREMOVED\tWASTED\tINSTRUCTION\n");
    for (n, layer) in layers.iter().enumerate() {
        let cells = match layer.diff_id.is_empty() {
            true => "-\t-\t-\t-\t-".to_owned(),
            false => format!(
                "{}\t{}\t{}\t{}\t{}",
                bytes(layer.size),
                count(layer, "added"),
                count(layer, "changed"),
                count(layer, "removed"),
                bytes(layer.wasted)
            ),
        };
        table += &format!("{}\t{cells}\t{}\n", n + 1, instruction(layer));
    }
    let mut text = align(&table);
    if with_files {
        for (n, layer) in layers
            .iter()
            .enumerate()
            .filter(|(_, l)| !l.diff_id.is_empty())
        {
            text += &format!("\nstep {}: {}\n", n + 1, instruction(layer));
            text.extend(files(layer).map(|file| format!("{}\n", line(file))));
        }
    }
    text + "\n" + &summary(layers) + "\n"
}

/// `+ 1.2kB /etc/x`, `~` for a change, `-` for what is gone.
pub fn line(file: &LayerFile) -> String {
    let (mark, size) = match file.action.as_str() {
        "added" => ('+', file.size),
        "changed" => ('~', file.size),
        _ => ('-', file.hidden),
    };
    format!("{mark} {:>8} {}", bytes(size), file.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_each_step_did() {
        let file = |path: &str, action: &str, size, hidden| LayerFile {
            path: path.to_owned(),
            action: action.to_owned(),
            size,
            hidden,
        };
        let layers = [
            ImageLayer {
                instruction: "/bin/sh -c #(nop) ADD file:x in /".to_owned(),
                diff_id: "sha256:1".to_owned(),
                size: 1500,
                files: Some(vec![file("/a", "added", 1500, 0)]),
                ..ImageLayer::default()
            },
            ImageLayer {
                instruction: "/bin/sh -c rm /a".to_owned(),
                diff_id: "sha256:2".to_owned(),
                wasted: 1500,
                files: Some(vec![file("/a", "removed", 0, 1500)]),
                ..ImageLayer::default()
            },
            ImageLayer {
                instruction: "CMD [\"sh\"]".to_owned(),
                ..ImageLayer::default()
            },
        ];
        let text = plain(&layers, true);
        assert!(
            text.contains("ADD file:x in /") && text.contains("RUN rm /a"),
            "{text}"
        );
        assert!(text.contains("-    1.5kB /a\n"), "{text}");
        assert!(
            text.ends_with("\n1.5kB in 2 layers, 1.5kB wasted (100%)\n"),
            "{text}"
        );
    }
}
