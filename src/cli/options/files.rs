//! Files of variables and labels, and variables taken from our own environment.

use crate::cli::error::{Error, Result, open_error};

/// The variables of `--env-file` and `-e`, in this order; later ones win in the engine.
pub fn env_list(files: &[String], given: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for file in files {
        all.extend(read(file, true)?);
    }
    for variable in given {
        match (variable.contains('='), std::env::var(variable)) {
            (true, _) => all.push(variable.clone()),
            (false, Ok(value)) => all.push(format!("{variable}={value}")),
            // A variable that we do not have is taken out of the container's environment.
            (false, Err(_)) => all.push(variable.clone()),
        }
    }
    Ok(all)
}

/// The labels of `--label-file` and `-l` as pairs.
pub fn labels(files: &[String], given: &[String]) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for file in files {
        all.extend(read(file, false)?);
    }
    all.extend(given.iter().cloned());
    Ok(all.iter().map(|l| pair(l)).collect())
}

/// Splits at the first `=`; without one the value is empty.
pub fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}

/// A path below the current folder as an absolute one, without `.` and `..`; links are left alone.
pub fn absolute(path: &str) -> String {
    let Ok(full) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let mut clean = std::path::PathBuf::new();
    for part in full.components() {
        match part {
            std::path::Component::ParentDir => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    clean.display().to_string()
}

fn read(file: &str, environment: bool) -> Result<Vec<String>> {
    let bytes = std::fs::read(file).map_err(|e| open_error(file, &e))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::plain(format!(
            "invalid env file ({file}): invalid utf8 bytes at line 1"
        ))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (line, None),
        };
        if name.is_empty() {
            return Err(Error::plain(format!(
                "invalid env file ({file}): no variable name on line '{line}'"
            )));
        }
        if name.contains([' ', '\t']) && !(value.is_none() && name.trim_end() == name.trim()) {
            return Err(Error::plain(format!(
                "invalid env file ({file}): variable '{name}' contains whitespaces"
            )));
        }
        match value {
            Some(value) => found.push(format!("{name}={value}")),
            None if !environment => found.push(name.trim_end().to_owned()),
            None => {
                if let Ok(value) = std::env::var(name.trim_end()) {
                    found.push(format!("{}={value}", name.trim_end()));
                }
            }
        }
    }
    Ok(found)
}
