//! The question before something is removed for good.

use super::app::out;
use super::error::Result;
use std::io::BufRead;

/// Asks on standard output and reads one line; only `y` and `Y` mean yes, as in Docker.
pub fn confirm(question: &str) -> Result<bool> {
    out(&format!("{question} [y/N] "));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case("y"))
}
