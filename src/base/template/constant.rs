//! Constants in a template: numbers, characters, quoted texts.

use super::value::Value;

/// A constant; a float without a fraction is an integer too, as in Go.
pub fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = |prefix: &str, base| {
        let body = digits.to_lowercase();
        let body = body.strip_prefix(prefix)?.to_owned();
        i64::from_str_radix(&body, base).ok()
    };
    let whole = radix("0x", 16)
        .or_else(|| radix("0b", 2))
        .or_else(|| radix("0o", 8))
        .or_else(|| digits.parse().ok());
    if let Some(whole) = whole {
        return Some(Value::Int(sign * whole));
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let float: f64 = plain.parse().ok()?;
    let small = float.fract() == 0.0 && float.abs() < 9e15;
    Some(if small {
        Value::Int(float as i64)
    } else {
        Value::Float(float)
    })
}

/// The only character of a text.
pub fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// What a quoted text means; `None` for a bad escape.
pub fn unquote(text: &str) -> Option<String> {
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    if text.starts_with('`') {
        return Some(inner.replace('\r', ""));
    }
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = match chars.next()? {
            'n' => u32::from('\n'),
            't' => u32::from('\t'),
            'r' => u32::from('\r'),
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'v' => 11,
            'x' => take_hex(&mut chars, 2)?,
            'u' => take_hex(&mut chars, 4)?,
            'U' => take_hex(&mut chars, 8)?,
            c @ ('\\' | '"' | '\'') => u32::from(c),
            d @ '0'..='7' => {
                let rest: String = chars.by_ref().take(2).collect();
                u32::from_str_radix(&format!("{d}{rest}"), 8).ok()?
            }
            _ => return None,
        };
        out.push(char::from_u32(code)?);
    }
    Some(out)
}

fn take_hex(chars: &mut std::str::Chars<'_>, n: usize) -> Option<u32> {
    let digits: String = chars.by_ref().take(n).collect();
    if digits.len() != n {
        return None;
    }
    u32::from_str_radix(&digits, 16).ok()
}
