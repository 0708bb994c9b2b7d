//! `--format` of a verb that prints one document: `version` and `info`.

use crate::cli::app::out;
use crate::cli::error::{Error, Result};
use crate::cli::template::{Mode, Template, Value};

/// Reads the flag; `json` stands for the whole document, an empty text for no template. Go names the template in errors.
pub fn template(name: &str, format: &str) -> Result<Option<Template>> {
    let text = match format {
        "" => return Ok(None),
        "json" => "{{json .}}",
        other => other,
    };
    let parsed = Template::parse(name, text);
    let parsed = parsed.map_err(|e| Error::template(format!("template parsing error: {e}")))?;
    Ok(Some(parsed))
}

/// Prints the document; a line feed comes even where the template fails.
pub fn print(template: &Template, value: &Value) -> Result<()> {
    let text = template.execute(value, Mode::default()).map_err(|e| {
        out("\n");
        Error::plain(e)
    })?;
    out(&format!("{text}\n"));
    Ok(())
}
