//! `images --tree`: names and sizes, one image under the other.
//!
//! Docker draws the variants of an image below it. An image of this engine has one variant, which Docker's own engine
//! leaves out too.

use crate::base::{id, size};
use crate::cli::app::out;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Given;
use crate::wire::ImageSummary;
use std::io::IsTerminal;

/// Columns of the page that the legend ends at, where no terminal says how wide it is.
const WIDTH: usize = 80;
const LEGEND: &str = "Info ->  U In Use ";
/// Columns behind the name with their widths; the last is aligned to the left.
const COLUMNS: [(&str, usize); 4] = [
    ("ID", 12),
    ("DISK USAGE", 10),
    ("CONTENT SIZE", 12),
    ("EXTRA", 5),
];

/// Refuses the flags that do not go with a tree, in Docker's words.
pub fn check(given: &Given) -> Result<()> {
    let wrong = [
        (given.on("quiet"), "quiet"),
        (given.on("no-trunc"), "no-trunc"),
        (given.on("digests"), "show-digest"),
        (!given.text("format").is_empty(), "format"),
    ];
    match wrong.iter().find(|(on, _)| *on) {
        Some((_, flag)) => Err(Error::plain(format!(
            "--{flag} is not yet supported with --tree"
        ))),
        None => Ok(()),
    }
}

/// Prints the tree; images without a tag are not in it.
pub fn print(images: &[ImageSummary]) {
    // Docker's bytes hold colours in a pipe too; a terminal gets none from us, so that nothing else can send any.
    let colours = !std::io::stdout().is_terminal();
    let tagged = || {
        images
            .iter()
            .filter_map(|i| Some((i, i.repo_tags.as_ref()?)))
    };
    let names = tagged().flat_map(|(_, tags)| tags);
    let widest = names.map(|t| t.chars().count()).max().unwrap_or(0);
    let width = widest.max("IMAGE".len());
    let mut text = format!(
        "WARNING: This is an experimental feature. The output may change and shouldn't be depended on.\n{LEGEND:>WIDTH$}\n\n"
    );
    let title = |word: &str| match colours {
        true => format!("\x1b[39m\x1b[1m{word}\x1b[0m"),
        false => word.to_owned(),
    };
    text += &title("IMAGE");
    let mut gap = width - "IMAGE".len();
    for (word, column) in COLUMNS {
        text += &format!("{:gap$}   {}", "", title(word));
        gap = column - word.len();
    }
    text.push('\n');
    for (image, tags) in tagged() {
        // The longest name first, as Docker has it.
        let mut tags: Vec<&String> = tags.iter().collect();
        tags.sort_by_key(|tag| std::cmp::Reverse(tag.len()));
        let Some((last, others)) = tags.split_last() else {
            continue;
        };
        text.extend(others.iter().map(|tag| format!("{tag}\n")));
        let (short, used) = (id::short(&image.id), size::decimal_short(image.size as f64));
        text += &format!(
            "{last:width$}   {short:12}   {used:>10}   {:>12}   {:5}\n",
            "0B", ""
        );
    }
    out(&text);
}
