//! The flags of instructions: `--from=x`, `--link`. Each may be given once.

use super::suggest;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Text,
    Bool,
    /// Several times.
    Texts,
}

/// The flags that were given, in order.
#[derive(Debug, Default)]
pub struct Flags(Vec<(String, String)>);

impl Flags {
    /// Reads flags against those that the instruction knows.
    pub fn parse(given: &[String], known: &[(&str, Takes)]) -> Result<Flags, String> {
        let mut flags = Vec::new();
        for text in given {
            let bare = text.strip_prefix("--").unwrap_or(text);
            let (name, value) = match bare.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (bare, None),
            };
            let Some((_, takes)) = known.iter().find(|(known, _)| *known == name) else {
                let options: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                return Err(suggest::hint(
                    format!("unknown flag: --{name}"),
                    name,
                    &options,
                ));
            };
            if *takes != Takes::Texts && flags.iter().any(|(given, _)| given == name) {
                return Err(format!("duplicate flag specified: --{name}"));
            }
            let value = match (takes, value) {
                (Takes::Bool, None) => "true".to_owned(),
                (Takes::Bool, Some(value)) => match value.to_ascii_lowercase().as_str() {
                    "" => return Err(format!("missing a value on flag: --{name}")),
                    known @ ("true" | "false") => known.to_owned(),
                    _ => {
                        return Err(format!(
                            "expecting boolean value for flag --{name}, not: {value}"
                        ));
                    }
                },
                (_, Some(value)) => value.to_owned(),
                (_, None) => return Err(format!("missing a value on flag: --{name}")),
            };
            flags.push((name.to_owned(), value));
        }
        Ok(Flags(flags))
    }

    /// The value of a flag; empty when it was not given.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v)
    }

    /// Every value of a flag.
    pub fn all(&self, name: &str) -> Vec<String> {
        let own = self.0.iter().filter(|(n, _)| n == name);
        own.map(|(_, value)| value.clone()).collect()
    }

    /// The name of the first flag that was given.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(|(name, _)| name.as_str())
    }
}
