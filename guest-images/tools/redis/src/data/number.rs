//! Numbers in strings: Redis takes no sign, zero or space that it would not write itself.

/// An integer exactly as it would be printed.
pub fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let canonical = match digits {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    if !canonical {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number with a fraction or an exponent, `inf` included, never `nan`.
pub fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    if text.is_empty() || text.starts_with(char::is_whitespace) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // Rust reads what is too large as infinite; only the word may be.
    let infinite = number.is_infinite() && !text.to_ascii_lowercase().contains("inf");
    (!number.is_nan() && !infinite).then_some(number)
}

/// Digits behind the point that `INCRBYFLOAT` keeps.
const DIGITS: u32 = 17;

/// The sum of two numbers in decimal, where C uses a type that Rust lacks; `None` when it is not finite.
pub fn add(left: &[u8], right: &[u8]) -> Option<String> {
    if let (Some(left), Some(right)) = (fixed(left), fixed(right))
        && let Some(sum) = left.checked_add(right)
    {
        let scale = 10u128.pow(DIGITS);
        let (whole, part) = (sum.unsigned_abs() / scale, sum.unsigned_abs() % scale);
        let text = format!("{whole}.{part:017}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        let sign = if sum < 0 { "-" } else { "" };
        return Some(format!("{sign}{text}"));
    }
    let sum = float(left)? + float(right)?;
    sum.is_finite().then(|| sum.to_string())
}

/// A plain decimal in units of 10⁻¹⁷; `None` when it has an exponent or does not fit.
fn fixed(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0
        || whole.len() > 20
        || part.len() > DIGITS as usize
        || !plain(whole)
        || !plain(part)
    {
        return None;
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let part: i128 = format!("{part:0<17}").parse().ok()?;
    let value = whole * 10i128.pow(DIGITS) + part;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_integers() {
        assert_eq!(integer(b"-12"), Some(-12));
        for bad in [
            "",
            "-",
            "-0",
            "012",
            "+1",
            " 1",
            "1 ",
            "9223372036854775808",
        ] {
            assert_eq!(integer(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn decimal_sums() {
        assert_eq!(add(b"0.1", b"0.2").as_deref(), Some("0.3"));
        assert_eq!(add(b"10.50", b"0.1").as_deref(), Some("10.6"));
        assert_eq!(add(b"5.0e3", b"200").as_deref(), Some("5200"));
        assert_eq!(add(b"-1", b"0.5").as_deref(), Some("-0.5"));
    }
}
