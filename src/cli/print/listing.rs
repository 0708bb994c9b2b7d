//! `--format` of the commands that list: tables, JSON by the line, raw, templates.

use super::table;
use crate::cli::error::{Error, Result};
use crate::cli::template::{Mode, Record, Template, Value};
use crate::wire::StringMap;
use std::rc::Rc;

/// How a command lists.
pub struct Listing {
    /// The columns of the default table.
    pub table: &'static str,
    /// What `raw` prints.
    pub raw: &'static str,
    /// The headers by field.
    pub headers: &'static [(&'static str, &'static str)],
    /// What stands in front of a template's error while parsing.
    pub parse_error: &'static str,
    /// And while executing.
    pub execute_error: &'static str,
}

impl Listing {
    /// Prints the rows in the chosen format.
    pub fn render(&self, format: &str, rows: Vec<Record>) -> Result<String> {
        let rows: Vec<Value> = rows.into_iter().map(Value::record).collect();
        let (is_table, template) = match format {
            "" | "table" => (true, self.table.to_owned()),
            "raw" => (false, self.raw.to_owned()),
            "json" => (false, "{{json .}}".to_owned()),
            other => match other.strip_prefix("table") {
                Some(rest) => (true, unescape(rest.trim())),
                None => (false, unescape(other)),
            },
        };
        let parsed = Template::parse("", &template).map_err(|e| {
            Error::plain(format!("{}: {}", self.parse_error, self.shift(e, format)))
        })?;
        let execute = |value: &Value, mode| {
            parsed.execute(value, mode).map_err(|e| {
                Error::plain(format!("{}: {}", self.execute_error, self.shift(e, format)))
            })
        };
        // The rows first, since a field that does not exist is to be reported with their type.
        let mut body = String::new();
        for row in &rows {
            body.push_str(&execute(row, Mode::default())?);
            body.push('\n');
        }
        let mut out = String::new();
        if is_table {
            let mode = Mode {
                header: true,
                ..Mode::default()
            };
            out.push_str(&execute(&self.header(), mode)?);
            out.push('\n');
        }
        out.push_str(&body);
        Ok(if is_table { table::align(&out) } else { out })
    }

    /// Docker's own template still has the word `table ` in front when it reports a place.
    fn shift(&self, error: String, format: &str) -> String {
        let Some(rest) = format.strip_prefix("table ") else {
            return error;
        };
        let skipped = format.len() - rest.trim_start().len();
        let Some(at) = error.strip_prefix("template: :1:") else {
            return error;
        };
        match at.split_once(':') {
            Some((column, tail)) => match column.parse::<usize>() {
                Ok(n) => format!("template: :1:{}:{tail}", n + skipped),
                Err(_) => error,
            },
            None => error,
        }
    }

    fn header(&self) -> Value {
        let fields = self
            .headers
            .iter()
            .map(|(name, header)| (*name, Value::from(*header)))
            .collect();
        // The header of `.Label "a.b"` is the last part of the label's name.
        let label = Value::Method(Rc::new(|args: &[Value]| {
            Ok(match args.first() {
                Some(Value::Text(name)) => name.rsplit('.').next().unwrap_or_default().into(),
                _ => "".into(),
            })
        }));
        Value::record(Record::context("formatter.SubHeaderContext", fields).hide("Label", label))
    }
}

/// A row's `.Label NAME`: what one of its labels says, or nothing.
pub fn label_of(labels: StringMap) -> Value {
    Value::Method(Rc::new(move |args: &[Value]| {
        Ok(match args.first() {
            Some(Value::Text(name)) => labels.get(&**name).cloned().unwrap_or_default().into(),
            _ => "".into(),
        })
    }))
}

/// `\t` and `\n` as users type them in a shell's quotes.
pub fn unescape(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}
