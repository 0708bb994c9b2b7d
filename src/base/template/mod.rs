//! Go's `text/template` as far as `--format` can see it: the same grammar, the same functions, the same error texts.
//!
//! `lex` cuts, `parse` builds the tree and finds what Go's parser finds, `exec` walks it over a [`Value`], `funcs` holds
//! the built-in functions and Docker's own. A template never reads anything but its value.

mod compare;
mod constant;
mod escape;
mod exec;
mod fmt;
mod funcs;
mod lex;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub use value::{Method, NilKind, Record, Value};

/// A parsed template.
#[derive(Debug)]
pub struct Template {
    name: String,
    parsed: parse::Parsed,
}

/// How functions and missing keys behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// A missing key of a map is an error instead of `<no value>`.
    pub strict_keys: bool,
    /// Docker's own functions return their argument; used when the headers of a table are printed.
    pub header: bool,
}

impl Template {
    /// Parses a template; the error is Go's line without any prefix of Docker's.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let parsed = parse::parse(text)
            .map_err(|(line, words)| format!("template: {name}:{line}: {words}"))?;
        Ok(Self {
            name: name.to_owned(),
            parsed,
        })
    }

    /// Executes the template; on failure the text written so far is lost, as Docker throws it away too.
    pub fn execute(&self, data: &Value, mode: Mode) -> Result<String, String> {
        exec::execute(&self.name, &self.parsed, data, mode)
    }
}
