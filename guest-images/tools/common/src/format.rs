//! What `printf`, `echo -e` and `awk` share: backslash escapes, and numbers as C writes them.

/// Replaces backslash escapes; `true` when `\c` ended the output. `octal_zero`: `\0NNN` as `echo` and `%b` have it.
pub fn unescape(text: &str, octal_zero: bool) -> (Vec<u8>, bool) {
    let source = text.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while at < source.len() {
        let byte = source[at];
        at += 1;
        if byte != b'\\' || at == source.len() {
            bytes.push(byte);
            continue;
        }
        let c = source[at];
        at += 1;
        let digits = |from: usize, most: usize, radix: u32| -> (u32, usize) {
            let len = source[from..]
                .iter()
                .take(most)
                .take_while(|b| (**b as char).is_digit(radix))
                .count();
            (
                u32::from_str_radix(&String::from_utf8_lossy(&source[from..from + len]), radix)
                    .unwrap_or(0),
                len,
            )
        };
        match c {
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b'c' => return (bytes, true),
            b'e' | b'E' => bytes.push(27),
            b'f' => bytes.push(12),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'v' => bytes.push(11),
            b'\\' => bytes.push(b'\\'),
            b'"' if !octal_zero => bytes.push(b'"'),
            b'x' => {
                let (value, len) = digits(at, 2, 16);
                if len == 0 {
                    bytes.extend(b"\\x");
                } else {
                    bytes.push(value as u8);
                }
                at += len;
            }
            b'u' | b'U' => {
                let (value, len) = digits(at, if c == b'u' { 4 } else { 8 }, 16);
                at += len;
                bytes.extend(char::from_u32(value).unwrap_or('?').to_string().bytes());
            }
            b'0' if octal_zero => {
                let (value, len) = digits(at, 3, 8);
                bytes.push(value as u8);
                at += len;
            }
            b'0'..=b'7' => {
                let (value, len) = digits(at - 1, 3, 8);
                bytes.push(value as u8);
                at += len - 1;
            }
            other => bytes.extend([b'\\', other]),
        }
    }
    (bytes, false)
}

/// A number as C writes it for `%f`, `%e` and `%g`.
pub fn float(value: f64, letter: char, precision: Option<usize>) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan".into()
        } else {
            "inf".into()
        };
    }
    let most = precision.unwrap_or(6);
    let exponent = |text: String| match text.split_once('e') {
        Some((mantissa, power)) => {
            let power: i32 = power.parse().unwrap_or(0);
            format!(
                "{mantissa}e{}{:02}",
                if power < 0 { '-' } else { '+' },
                power.abs()
            )
        }
        None => text,
    };
    let text = match letter.to_ascii_lowercase() {
        'f' => format!("{value:.most$}"),
        'e' => exponent(format!("{value:.most$e}")),
        _ => {
            let most = most.max(1);
            let power: i32 = format!("{value:.*e}", most - 1)
                .split_once('e')
                .and_then(|(_, p)| p.parse().ok())
                .unwrap_or(0);
            let strip = |text: String| {
                if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.').to_string()
                } else {
                    text
                }
            };
            if power < -4 || power >= most as i32 {
                let text = format!("{value:.*e}", most - 1);
                let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
                exponent(format!("{}e{power}", strip(mantissa.to_string())))
            } else {
                strip(format!(
                    "{value:.*}",
                    (most as i32 - 1 - power).max(0) as usize
                ))
            }
        }
    };
    if letter.is_ascii_uppercase() {
        text.to_uppercase()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(
            unescape("a\\tb\\n\\x41\\0101", true),
            (b"a\tb\nAA".to_vec(), false)
        );
        assert_eq!(unescape("a\\cb", true), (b"a".to_vec(), true));
    }

    #[test]
    fn floats() {
        assert_eq!(float(3.14159, 'f', Some(2)), "3.14");
        assert_eq!(float(100000.0, 'g', None), "100000");
        assert_eq!(float(1e6, 'g', None), "1e+06");
        assert_eq!(float(0.0001, 'g', None), "0.0001");
        assert_eq!(float(1234.5, 'e', Some(1)), "1.2e+03");
    }
}
