//! `printf`.

use applet::format::{float, unescape};
use applet::{flush, out, warn};

/// `printf`.
pub fn main(argv: &[String]) -> i32 {
    let mut argv = argv[1..].to_vec();
    if argv.first().is_some_and(|word| word == "--") {
        argv.remove(0);
    }
    let Some(format) = argv.first().cloned() else {
        eprintln!("printf: usage: printf FORMAT [ARG]...");
        return 2;
    };
    let mut rest = argv[1..].iter();
    let mut code = 0;
    loop {
        let before = rest.len();
        match once(&format, &mut rest, &mut code) {
            Some(consumes) if consumes && rest.len() > 0 && rest.len() < before => {}
            _ => break,
        }
    }
    flush();
    code
}

fn number(text: &str, code: &mut i32) -> i64 {
    let trimmed = text.trim_start();
    if let Some(c) = trimmed.strip_prefix(['\'', '"']) {
        return c.chars().next().map_or(0, |c| c as i64);
    }
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let parsed = if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        u64::from_str_radix(hex, 16).ok()
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits, 8).ok()
    } else if digits.is_empty() && text.is_empty() {
        Some(0)
    } else {
        digits.parse().ok()
    };
    match parsed {
        Some(value) if negative => (value as i64).wrapping_neg(),
        Some(value) => value as i64,
        None => {
            warn(format_args!(
                "{}",
                if applet::busybox() {
                    format!("invalid number '{text}'")
                } else {
                    format!("'{text}': expected a numeric value")
                }
            ));
            *code = 1;
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            let value: i64 = digits[..end].parse().unwrap_or(0);
            if negative { -value } else { value }
        }
    }
}

/// One pass over the format. `None` when `\c` ended everything; otherwise whether it used arguments.
fn once<'a>(
    format: &str,
    rest: &mut impl Iterator<Item = &'a String>,
    code: &mut i32,
) -> Option<bool> {
    let mut o = out();
    let mut uses = false;
    let mut pieces = format;
    while let Some(at) = pieces.find('%') {
        let (bytes, stop) = unescape(&pieces[..at], false);
        o.bytes(&bytes);
        if stop {
            return None;
        }
        pieces = &pieces[at + 1..];
        if let Some(after) = pieces.strip_prefix('%') {
            o.text("%");
            pieces = after;
            continue;
        }
        let flags_end = pieces
            .find(|c| !"-+ #0'".contains(c))
            .unwrap_or(pieces.len());
        let mut flags = pieces[..flags_end].to_string();
        pieces = &pieces[flags_end..];
        let mut take = |pieces: &mut &str| -> Option<i64> {
            if let Some(after) = pieces.strip_prefix('*') {
                *pieces = after;
                uses = true;
                return Some(rest.next().map_or(0, |text| number(text, code)));
            }
            let end = pieces
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(pieces.len());
            let value = pieces[..end].parse().ok();
            *pieces = &pieces[end..];
            value
        };
        let mut width = take(&mut pieces).unwrap_or(0);
        if width < 0 {
            flags.push('-');
            width = -width;
        }
        let precision = match pieces.strip_prefix('.') {
            Some(after) => {
                pieces = after;
                Some(take(&mut pieces).unwrap_or(0).max(0) as usize)
            }
            None => None,
        };
        pieces = pieces.trim_start_matches(['l', 'h', 'L', 'q', 'j', 'z']);
        let Some(letter) = pieces.chars().next() else {
            warn("missing format character");
            *code = 1;
            return Some(false);
        };
        pieces = &pieces[letter.len_utf8()..];
        uses = true;
        let argument = rest.next();
        let text = argument.map_or("", String::as_str);
        let mut stop = false;
        let body: Vec<u8> = match letter {
            's' => clip(text, precision).into_bytes(),
            'b' => {
                let (bytes, end) = unescape(text, true);
                stop = end;
                bytes
            }
            'q' => format!("'{}'", text.replace('\'', "'\\''")).into_bytes(),
            'c' => text
                .chars()
                .next()
                .map(|c| c.to_string())
                .unwrap_or_default()
                .into_bytes(),
            'd' | 'i' => {
                let value = number(text, code);
                let sign = if value < 0 { "-" } else { plus(&flags) };
                padded(
                    sign,
                    value.unsigned_abs().to_string(),
                    &flags,
                    width as usize,
                    precision,
                )
            }
            'u' => padded(
                "",
                (number(text, code) as u64).to_string(),
                &flags,
                width as usize,
                precision,
            ),
            'o' => padded(
                if flags.contains('#') { "0" } else { "" },
                format!("{:o}", number(text, code)),
                &flags,
                width as usize,
                precision,
            ),
            'x' => padded(
                if flags.contains('#') { "0x" } else { "" },
                format!("{:x}", number(text, code)),
                &flags,
                width as usize,
                precision,
            ),
            'X' => padded(
                if flags.contains('#') { "0X" } else { "" },
                format!("{:X}", number(text, code)),
                &flags,
                width as usize,
                precision,
            ),
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let value: f64 = text
                    .trim()
                    .parse()
                    .unwrap_or_else(|_| number(text, code) as f64);
                let sign = if value.is_sign_negative() {
                    "-"
                } else {
                    plus(&flags)
                };
                padded(
                    sign,
                    float(value.abs(), letter, precision),
                    &flags,
                    width as usize,
                    None,
                )
            }
            other => {
                warn(format_args!("%{other}: invalid directive"));
                *code = 1;
                return None;
            }
        };
        let pad = (width as usize).saturating_sub(String::from_utf8_lossy(&body).chars().count());
        if flags.contains('-') {
            o.bytes(&body);
            write!(o, "{:pad$}", "");
        } else {
            write!(o, "{:pad$}", "");
            o.bytes(&body);
        }
        if stop {
            return None;
        }
    }
    let (bytes, stop) = unescape(pieces, false);
    o.bytes(&bytes);
    (!stop).then_some(uses)
}

fn plus(flags: &str) -> &'static str {
    if flags.contains('+') {
        "+"
    } else if flags.contains(' ') {
        " "
    } else {
        ""
    }
}

fn clip(text: &str, precision: Option<usize>) -> String {
    precision.map_or_else(
        || text.to_string(),
        |most| text.chars().take(most).collect(),
    )
}

fn padded(
    sign: &str,
    digits: String,
    flags: &str,
    width: usize,
    precision: Option<usize>,
) -> Vec<u8> {
    let digits = match precision {
        Some(least) => format!("{digits:0>least$}"),
        None if flags.contains('0') && !flags.contains('-') => {
            let least = width.saturating_sub(sign.len());
            format!("{digits:0>least$}")
        }
        None => digits,
    };
    format!("{sign}{digits}").into_bytes()
}
