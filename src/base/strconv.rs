//! Numbers and truth as Go's `strconv` reads them, with its words for what it cannot read; and its quotes.

/// Go's spelling of truth.
pub fn parse_bool(value: &str) -> Result<bool, String> {
    match value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(syntax("ParseBool", value)),
    }
}

/// A whole number in decimal.
pub fn atoi(value: &str) -> Result<i64, String> {
    decimal("Atoi", value, value)
}

/// A whole number, with Go's prefixes for other bases.
pub fn parse_int(value: &str) -> Result<i64, String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    let radix = match digits.get(..2).map(str::to_lowercase).as_deref() {
        Some("0x") => 16,
        Some("0b") => 2,
        Some("0o") => 8,
        _ => return decimal("ParseInt", value, value),
    };
    let body = &digits[2..];
    if body.is_empty() || body.starts_with(['+', '-']) {
        return Err(syntax("ParseInt", value));
    }
    i64::from_str_radix(&format!("{sign}{body}"), radix).map_err(|e| failed("ParseInt", value, &e))
}

fn decimal(function: &str, value: &str, digits: &str) -> Result<i64, String> {
    digits
        .parse()
        .map_err(|e: std::num::ParseIntError| failed(function, value, &e))
}

fn failed(function: &str, value: &str, error: &std::num::ParseIntError) -> String {
    match error.kind() {
        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
            range(function, value)
        }
        _ => syntax(function, value),
    }
}

/// It is no number, or no truth.
pub fn syntax(function: &str, value: &str) -> String {
    format!("strconv.{function}: parsing {value:?}: invalid syntax")
}

/// It is a number, but too large or too small.
pub fn range(function: &str, value: &str) -> String {
    format!("strconv.{function}: parsing {value:?}: value out of range")
}

/// A text in Go's quotes, as `%q` prints it.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\u{b}' => out.push_str("\\v"),
            c if c.is_control() && (c as u32) < 0x80 => {
                out.push_str(&format!("\\x{:02x}", c as u32));
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_reads_is_read() {
        assert_eq!(parse_bool("T"), Ok(true));
        assert_eq!(
            parse_bool("maybe").unwrap_err(),
            "strconv.ParseBool: parsing \"maybe\": invalid syntax"
        );
        assert_eq!((atoi("+7"), atoi("-3")), (Ok(7), Ok(-3)));
        for (text, words) in [
            ("", "parsing \"\": invalid syntax"),
            ("0x1", "parsing \"0x1\": invalid syntax"),
            ("99999999999999999999", "value out of range"),
        ] {
            assert!(atoi(text).unwrap_err().ends_with(words), "{text}");
        }
        assert_eq!((parse_int("0x10"), parse_int("-0b11")), (Ok(16), Ok(-3)));
        assert!(parse_int("0x-1").is_err());
    }
}
