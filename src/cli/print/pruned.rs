//! What a `prune` says at its end.

use crate::base::size;
use crate::cli::app::out;

/// Names what is gone, if anything, and how many bytes came back.
pub fn report(title: &str, gone: &[String], reclaimed: u64) {
    if !gone.is_empty() {
        out(&format!("{title}:\n{}\n\n", gone.join("\n")));
    }
    total(reclaimed);
}

/// Says how many bytes came back.
pub fn total(reclaimed: u64) {
    let bytes = size::decimal(reclaimed as f64);
    out(&format!("Total reclaimed space: {bytes}\n"));
}
