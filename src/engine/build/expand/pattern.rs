//! The patterns of `${name#…}`, `${name%…}` and `${name/…/…}`: `*`, `?` and escapes, no classes.

use crate::base::glob;
use regex::{NoExpand, Regex};

/// Takes the pattern off the beginning: as little as it can match, or as much with `greedy`.
pub fn trim_prefix(pattern: &str, value: &str, greedy: bool) -> Result<String, String> {
    let expression = expression(pattern, greedy, true)?;
    let cut = expression.find(value).map_or(0, |found| found.end());
    Ok(value[cut..].to_owned())
}

/// Takes the pattern off the end.
pub fn trim_suffix(pattern: &str, value: &str, greedy: bool) -> Result<String, String> {
    // Regular expressions are eager from the left: the text is read backwards.
    let backwards = |text: &str| -> String { text.chars().rev().collect() };
    let trimmed = trim_prefix(&reversed(pattern), &backwards(value), greedy)?;
    Ok(backwards(&trimmed))
}

/// Replaces the first place that fits, or all of them.
pub fn replace(from: &str, to: &str, value: &str, all: bool) -> Result<String, String> {
    let expression = expression(from, true, false)?;
    Ok(match all {
        // Docker lets `$1` and the like through here, to Go's own meaning, which is the empty text.
        true => expression.replace_all(value, to).into_owned(),
        false => expression.replace(value, NoExpand(to)).into_owned(),
    })
}

/// A pattern backwards, its escapes still before what they escape.
fn reversed(pattern: &str) -> String {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next)) => {
                chars.next();
                out.extend([next, '\\']);
            }
            (c, _) => out.push(c),
        }
    }
    out.into_iter().rev().collect()
}

fn expression(pattern: &str, greedy: bool, anchored: bool) -> Result<Regex, String> {
    let bad = |why: String| format!("invalid pattern ({pattern}) in substitution: {why}");
    let mut out = String::from(if anchored { "^" } else { "" });
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(if greedy { ".*" } else { ".*?" }),
            '?' => out.push('.'),
            // Inside of `${}` these two have to be escaped; that is no part of the pattern.
            '\\' if matches!(chars.peek(), Some('}' | '/')) => {}
            '\\' => match chars.next() {
                Some(next @ ('*' | '?' | '\\')) => glob::literal(&mut out, next),
                other => {
                    let other = other.unwrap_or('\u{fffd}');
                    return Err(bad(format!("invalid escape '\\{other}'")));
                }
            },
            c => glob::literal(&mut out, c),
        }
    }
    Regex::new(&out).map_err(|e| bad(e.to_string()))
}
