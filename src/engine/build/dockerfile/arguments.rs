//! The shapes that arguments have: JSON lists, words, pairs, or the rest of the line as it is.

use super::words;

/// The arguments of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// For pairs, names and values take turns.
    pub words: Vec<String>,
    /// They were a JSON list.
    pub json: bool,
}

/// Reads the arguments of an instruction; unknown ones have none.
pub fn arguments(keyword: &str, rest: &str, escape: char) -> Result<Arguments, String> {
    let list = |words| Arguments { words, json: false };
    let whole = || {
        list(
            Some(rest)
                .filter(|r| !r.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
        )
    };
    Ok(match keyword.to_ascii_lowercase().as_str() {
        "add" | "copy" | "volume" => match json(rest)? {
            Some(json) => json,
            None => list(words::plain(rest)),
        },
        "cmd" | "entrypoint" | "run" | "shell" => json(rest)?.unwrap_or_else(whole),
        "healthcheck" => health(rest)?,
        "arg" => list(words::quoted(rest, escape)),
        "env" => list(pairs(rest, "ENV", escape)?),
        "label" => list(pairs(rest, "LABEL", escape)?),
        "expose" | "from" => list(words::plain(rest)),
        "maintainer" | "onbuild" | "stopsignal" | "user" | "workdir" => whole(),
        _ => Arguments::default(),
    })
}

/// A JSON list of strings; what is no JSON at all is something else.
fn json(text: &str) -> Result<Option<Arguments>, String> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(text) else {
        return Ok(None);
    };
    let word = |value| match value {
        serde_json::Value::String(word) => Ok(word),
        _ => Err("when using JSON array syntax, arrays must be comprised of strings only"),
    };
    let words = values.into_iter().map(word).collect::<Result<_, _>>()?;
    Ok(Some(Arguments { words, json: true }))
}

/// The kind of a health check, and its command.
fn health(text: &str) -> Result<Arguments, String> {
    let (kind, rest) = match text.split_once(char::is_whitespace) {
        Some((kind, rest)) => (kind, rest.trim_start()),
        None => (text, ""),
    };
    let mut arguments = match json(rest)? {
        Some(json) => json,
        None => Arguments {
            words: Some(rest)
                .filter(|r| !r.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
            json: false,
        },
    };
    if !kind.is_empty() {
        arguments.words.insert(0, kind.to_owned());
    }
    Ok(arguments)
}

/// `NAME=value …`, or the old `NAME value`.
fn pairs(text: &str, keyword: &str, escape: char) -> Result<Vec<String>, String> {
    let words = words::quoted(text, escape);
    let Some(first) = words.first() else {
        return Ok(Vec::new());
    };
    if !first.contains('=') {
        let (name, value) = words::cut(text);
        return match name.len() < text.len() {
            true => Ok(vec![name.to_owned(), value.to_owned()]),
            false => Err(format!("{keyword} must have two arguments")),
        };
    }
    let mut all = Vec::new();
    for word in &words {
        let Some((name, value)) = word.split_once('=') else {
            return Err(format!(
                "Syntax error - can't find = in {word:?}. Must be of the form: name=value"
            ));
        };
        all.extend([name.to_owned(), value.to_owned()]);
    }
    Ok(all)
}
