//! Two answers to one command, line by line as `diff` shows them.

use crate::transcript::{Answer, Step};
use std::fmt::Write;

/// Appends what differs: `-` was expected, `+` came.
pub fn tell(text: &mut String, title: &str, step: &Step, expected: Option<&Answer>, came: &Answer) {
    let _ = writeln!(text, "## {title}\n$ {}", step.command);
    let print = |answer: &Answer| {
        let mut printed = String::new();
        answer.print(&mut printed);
        printed
    };
    let (old, new) = (expected.map(print).unwrap_or_default(), print(came));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev());
    let behind = behind.take_while(|(a, b)| a == b).count().min(most);
    for (sign, lines) in [
        ("  ", &old[..before]),
        ("- ", &old[before..old.len() - behind]),
        ("+ ", &new[before..new.len() - behind]),
        ("  ", &new[new.len() - behind..]),
    ] {
        for line in lines {
            let _ = writeln!(text, "{sign}{line}");
        }
    }
    text.push('\n');
}
