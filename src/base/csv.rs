//! One line of comma-separated fields, where a field may stand in quotes, with the errors of Go's reader.

/// Splits a line. `EOF` for an empty one.
pub fn fields(line: &str) -> Result<Vec<String>, String> {
    if line.is_empty() {
        return Err("EOF".into());
    }
    let mut all = Vec::new();
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let length = match rest.starts_with('"') {
            true => quoted(rest, at, &mut all)?,
            false => plain(rest, at, &mut all)?,
        };
        at += length;
        if at >= line.len() {
            return Ok(all);
        }
        // The comma; what follows it is a field, even if it is empty.
        at += 1;
        if at == line.len() {
            all.push(String::new());
            return Ok(all);
        }
    }
}

fn plain(rest: &str, at: usize, all: &mut Vec<String>) -> Result<usize, String> {
    let field = rest.split(',').next().unwrap_or_default();
    if let Some(quote) = field.find('"') {
        return Err(wrong(at + quote + 1, "bare \" in non-quoted-field"));
    }
    all.push(field.to_owned());
    Ok(field.len())
}

/// A field in quotes, with two quotes for each inside.
fn quoted(rest: &str, at: usize, all: &mut Vec<String>) -> Result<usize, String> {
    let mut field = String::new();
    let mut from = 1;
    loop {
        let Some(quote) = rest[from..].find('"').map(|n| from + n) else {
            return Err(wrong(
                at + rest.len() + 1,
                "extraneous or missing \" in quoted-field",
            ));
        };
        field.push_str(&rest[from..quote]);
        match rest.as_bytes().get(quote + 1) {
            Some(b'"') => {
                field.push('"');
                from = quote + 2;
            }
            None | Some(b',') => {
                all.push(field);
                return Ok(quote + 1);
            }
            Some(_) => {
                return Err(wrong(
                    at + quote + 1,
                    "extraneous or missing \" in quoted-field",
                ));
            }
        }
    }
}

fn wrong(column: usize, what: &str) -> String {
    format!("parse error on line 1, column {column}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_gos() {
        for (line, expected) in [
            ("a,b=c", &["a", "b=c"][..]),
            ("a,", &["a", ""]),
            (",a", &["", "a"]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"a\"\"b\"", &["a\"b"]),
            ("ü, x", &["ü", " x"]),
        ] {
            assert_eq!(fields(line).unwrap(), expected, "{line}");
        }
        for (line, words) in [
            ("", "EOF"),
            (
                "type=bind,src=/tmp/bf/\"h,dst=/x",
                "parse error on line 1, column 23: bare \" in non-quoted-field",
            ),
            (
                "\"a\"b",
                "parse error on line 1, column 3: extraneous or missing \" in quoted-field",
            ),
            (
                "\"a",
                "parse error on line 1, column 3: extraneous or missing \" in quoted-field",
            ),
        ] {
            assert_eq!(fields(line).unwrap_err(), words, "{line}");
        }
    }
}
