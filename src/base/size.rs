//! Sizes: what people write (`300M`, `1.5g`) and what Docker prints (`2.06MB`, `328KiB`).
//!
//! Both follow the `go-units` library: written sizes are binary, printed ones decimal except where memory is meant.

/// A written size that is none; the words are Docker's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSize {
    #[error("invalid size: '{0}'")]
    Size(String),
    #[error("invalid suffix: '{0}'")]
    Suffix(String),
    #[error("strconv.ParseFloat: parsing \"{0}\": invalid syntax")]
    Number(String),
}

/// Reads a size in bytes; `k`, `kb` and `KiB` all mean 1024.
pub fn parse_binary(text: &str) -> Result<i64, BadSize> {
    parse(text, 1024.0)
}

/// Reads a size in bytes; `k` and `kB` mean 1000.
pub fn parse_decimal(text: &str) -> Result<i64, BadSize> {
    parse(text, 1000.0)
}

fn parse(text: &str, base: f64) -> Result<i64, BadSize> {
    let bad = || BadSize::Size(text.to_owned());
    let last = text
        .rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')
        .ok_or_else(bad)?;
    let suffix = &text[last + 1..];
    let number = if text.as_bytes()[last] == b' ' {
        &text[..last]
    } else {
        &text[..=last]
    };
    let value: f64 = number
        .parse()
        .map_err(|_| BadSize::Number(number.to_owned()))?;
    if value < 0.0 {
        return Err(bad());
    }
    let suffix = suffix.to_lowercase();
    let power = match suffix.as_str() {
        "" | "b" => return Ok(value as i64),
        s => {
            let known = "kmgtp".find(&s[..s.chars().next().map_or(0, char::len_utf8)]);
            let tail = s.get(1..).unwrap_or("?");
            match known {
                Some(at) if matches!(tail, "" | "b" | "ib") => at as i32 + 1,
                _ => return Err(BadSize::Suffix(suffix)),
            }
        }
    };
    // Beyond 8 EiB the number saturates, as a limit that large is none.
    Ok((value * base.powi(power)) as i64)
}

/// Prints a decimal size with four significant digits: `1.84kB`.
pub fn decimal(bytes: f64) -> String {
    custom(bytes, 1000.0, DECIMAL, 4)
}

/// Prints a decimal size with three significant digits, as image sizes are shown: `2.06MB`.
pub fn decimal_short(bytes: f64) -> String {
    custom(bytes, 1000.0, DECIMAL, 3)
}

/// Prints a binary size with four significant digits: `23.54GiB`.
pub fn binary(bytes: f64) -> String {
    custom(bytes, 1024.0, BINARY, 4)
}

const DECIMAL: &[&str] = &["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

fn custom(mut size: f64, base: f64, units: &[&str], digits: usize) -> String {
    let mut unit = 0;
    while size >= base && unit + 1 < units.len() {
        size /= base;
        unit += 1;
    }
    format!("{}{}", significant(size, digits), units[unit])
}

/// Prints a number as Go's `%.Ng` does: so many significant digits, no trailing zeros, an exponent where they do not suffice.
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else if value == 0.0 {
            "0".into()
        } else {
            (if value > 0.0 { "+Inf" } else { "-Inf" }).into()
        };
    }
    let digits = digits.max(1);
    let scientific = format!("{:.*e}", digits - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |s: &str| {
        if s.contains('.') {
            s.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            s.to_owned()
        }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    trim(&format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn written_sizes() {
        for (text, bytes) in [
            ("300M", 314_572_800),
            ("6m", 6_291_456),
            ("1.5g", 1_610_612_736),
            ("64", 64),
            ("10b", 10),
            ("10 kb", 10_240),
            ("2KiB", 2048),
            ("0", 0),
        ] {
            assert_eq!(parse_binary(text), Ok(bytes), "{text}");
        }
        assert_eq!(parse_decimal("2kB"), Ok(2000));
    }

    #[test]
    fn the_words_of_the_errors() {
        let words = |t: &str| parse_binary(t).map_err(|e| e.to_string());
        assert_eq!(words("abc"), Err("invalid size: 'abc'".into()));
        assert_eq!(words("-1m"), Err("invalid size: '-1m'".into()));
        assert_eq!(words("3q"), Err("invalid suffix: 'q'".into()));
        assert_eq!(words("3mbb"), Err("invalid suffix: 'mbb'".into()));
        assert_eq!(words("3é"), Err("invalid suffix: 'é'".into()));
        assert!(words("a3").is_err());
    }

    #[test]
    fn printed_sizes() {
        assert_eq!(decimal_short(2_063_000.0), "2.06MB");
        assert_eq!(decimal(2_063_000.0), "2.063MB");
        assert_eq!(decimal(1840.0), "1.84kB");
        assert_eq!(decimal(126.0), "126B");
        assert_eq!(decimal(0.0), "0B");
        assert_eq!(binary(335_872.0), "328KiB");
        assert_eq!(binary(25_276_000_000.0), "23.54GiB");
        assert_eq!(decimal_short(999_600.0), "1e+03kB");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,20}") {
            let _ = parse_binary(&text);
        }

        #[test]
        fn printing_never_panics(bytes in any::<f64>()) {
            let _ = decimal(bytes);
            let _ = significant(bytes, 3);
        }
    }
}
