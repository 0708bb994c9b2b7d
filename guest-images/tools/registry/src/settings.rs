//! What the configuration file and the environment say, as names with dots: `storage.delete.enabled` is `true`.
//!
//! The file is the part of YAML that a registry's configuration needs: mappings by indentation or in braces, plain and quoted
//! words, comments. `REGISTRY_STORAGE_DELETE_ENABLED` in the environment wins over the file, as for every other name.

use std::collections::BTreeMap;

/// Where the real image keeps its data.
const FOLDER: &str = "/var/lib/registry";
/// What may stand below `storage` beside the name of a driver.
const BESIDE_DRIVERS: [&str; 7] = [
    "cache",
    "delete",
    "filesystem",
    "maintenance",
    "redirect",
    "tag",
    "version",
];

/// All settings by their names.
#[derive(Debug, Default)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads a file, then what the environment has to say. Errors name the file or the line.
    pub fn read(
        path: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("open {path}: {}", applet::words(&error)))?;
        let mut settings =
            parse(&text).map_err(|words| format!("error parsing {path}: {words}"))?;
        for (name, value) in environment {
            if let Some(name) = name.strip_prefix("REGISTRY_") {
                let name = name.to_ascii_lowercase().replace('_', ".");
                settings.0.insert(name, value);
            }
        }
        Ok(settings)
    }

    /// Refuses what would make a difference and is not known here.
    pub fn check(&self) -> Result<(), String> {
        let below = |parent: &str| {
            let names = self.0.keys().filter_map(|name| name.strip_prefix(parent));
            let first = names.filter_map(|rest| rest.strip_prefix('.')?.split('.').next());
            first.map(str::to_owned).collect::<Vec<_>>()
        };
        for driver in below("storage").into_iter().chain(self.word("storage")) {
            if !BESIDE_DRIVERS.contains(&driver.as_str()) {
                return Err(format!("StorageDriver not registered: {driver}"));
            }
        }
        for kind in below("auth").into_iter().chain(self.word("auth")) {
            if kind != "htpasswd" {
                return Err(format!("no access controller registered with name: {kind}"));
            }
        }
        for name in ["http.tls", "proxy"] {
            if !below(name).is_empty() {
                return Err(format!("{name} is not offered by this registry"));
            }
        }
        Ok(())
    }

    /// The value of a name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    fn word(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Whether a name says yes.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "yes" | "on" | "1"))
    }

    /// The folder of the data.
    pub fn folder(&self) -> &str {
        self.get("storage.filesystem.rootdirectory")
            .unwrap_or(FOLDER)
    }

    /// Headers that every answer carries.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        for (name, values) in &self.0 {
            let Some(name) = name.strip_prefix("http.headers.") else {
                continue;
            };
            let list = values.trim_start_matches('[').trim_end_matches(']');
            for value in list.split(',').map(unquoted).filter(|v| !v.is_empty()) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        headers
    }
}

fn unquoted(word: &str) -> &str {
    let word = word.trim();
    let inner = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(word)
}

/// A line without its comment: a `#` at its beginning or after a space, outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '#' && before.is_whitespace() => return &line[..at],
            None => {}
        }
        before = letter;
    }
    line
}

fn parse(text: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    // The names that are open, each with its indentation.
    let mut open: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = without_comment(line).trim_end();
        let words = line.trim_start();
        if words.is_empty() || words == "---" {
            continue;
        }
        let indent = line.len() - words.len();
        if let Some(item) = words.strip_prefix('-') {
            // Items of a list belong to the name before them, which may stand as far to the left.
            let name = path(&open, None);
            let list = settings.0.entry(name).or_default();
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(item.trim());
            continue;
        }
        open.retain(|(outer, _)| *outer < indent);
        let Some((name, value)) = words.split_once(':') else {
            return Err(format!("line {}: could not find expected ':'", number + 1));
        };
        let (name, value) = (unquoted(name), value.trim());
        if let Some(inner) = value.strip_prefix('{') {
            for pair in inner.trim_end_matches('}').split(',') {
                if let Some((inner, value)) = pair.split_once(':') {
                    let inner = format!("{name}.{}", unquoted(inner));
                    let value = unquoted(value).to_owned();
                    settings.0.insert(path(&open, Some(&inner)), value);
                }
            }
        } else if !value.is_empty() {
            let value = unquoted(value).to_owned();
            settings.0.insert(path(&open, Some(name)), value);
        } else {
            open.push((indent, name.to_owned()));
        }
    }
    Ok(settings)
}

fn path(open: &[(usize, String)], last: Option<&str>) -> String {
    let names = open.iter().map(|(_, name)| name.as_str());
    names.chain(last).collect::<Vec<_>>().join(".")
}
