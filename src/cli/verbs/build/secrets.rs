//! `--secret`: read here, and given to the engine with the request; buildx gives them when it is asked.

use crate::base::csv;
use crate::cli::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

/// The longest secret, in bytes; buildx's.
const LONGEST: usize = 500 << 10;

/// Reads what the flags name, by id. Error lines are buildx's.
pub fn read(given: &[String]) -> Result<BTreeMap<String, Vec<u8>>> {
    given.iter().map(|text| one(text)).collect()
}

/// As the engine takes them.
pub fn header(secrets: &BTreeMap<String, Vec<u8>>) -> Result<String> {
    let text: BTreeMap<&String, String> = secrets
        .iter()
        .map(|(id, value)| (id, URL_SAFE_NO_PAD.encode(value)))
        .collect();
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&text)?))
}

/// `id=NAME`, `src=FILE`, `env=NAME`, `type=file|env`.
fn one(text: &str) -> Result<(String, Vec<u8>)> {
    let wrong = |words: String| Error::plain(format!("ERROR: {words}"));
    let fields =
        csv::fields(text).map_err(|e| wrong(format!("failed to parse csv secret: {e}")))?;
    let (mut id, mut file, mut env, mut kind) = (None, None, None, String::new());
    for field in &fields {
        let Some((key, value)) = field.split_once('=') else {
            let words = format!("invalid field '{field}' must be a key=value pair");
            return Err(wrong(words));
        };
        match key.to_ascii_lowercase().as_str() {
            "id" => id = Some(value),
            "source" | "src" => file = Some(value),
            "env" => env = Some(value),
            "type" if ["file", "env"].contains(&value) => kind = value.to_owned(),
            "type" => return Err(wrong(format!("unsupported secret type {value:?}"))),
            _ => return Err(wrong(format!("unexpected key '{key}' in '{field}'"))),
        }
    }
    if kind == "env" && env.is_none() {
        env = file.take();
    }
    let name = id.filter(|id| !id.is_empty());
    let name = name.ok_or_else(|| wrong("failed to build: secret missing ID".to_owned()))?;
    let value = match (file, env) {
        (None, Some(variable)) => variable_of(variable),
        (Some(path), _) => file_of(path)?,
        // As buildx: a variable of that name, else a file.
        (None, None) if std::env::var_os(name).is_some() => variable_of(name),
        (None, None) => file_of(name)?,
    };
    if value.len() > LONGEST {
        let words = format!("invalid secret size {}, maximum {LONGEST}", value.len());
        return Err(wrong(words));
    }
    Ok((name.to_owned(), value))
}

fn variable_of(name: &str) -> Vec<u8> {
    std::env::var(name).unwrap_or_default().into_bytes()
}

fn file_of(path: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => e.to_string(),
        };
        Error::plain(format!(
            "ERROR: failed to build: failed to stat {path}: stat {path}: {why}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_files_and_variables() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2").unwrap();
        let (id, value) = one(&format!("id=a,src={}", file.path().display())).unwrap();
        assert_eq!(
            (id.as_str(), value.as_slice()),
            ("a", b"hunter2".as_slice())
        );
        let (_, path) = one("id=PATH").unwrap();
        assert_eq!(path, std::env::var("PATH").unwrap().into_bytes());
        assert_eq!(one("id=b,env=PATH").unwrap().1, path);
        for bad in ["a", "src=x", "id=a,typ=b", "id=a,type=q", "id=/nosuch/file"] {
            assert!(one(bad).is_err(), "{bad}");
        }
    }
}
