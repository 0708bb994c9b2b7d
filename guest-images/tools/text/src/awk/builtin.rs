//! The functions of the language that need no variables, and `sprintf`.

use super::value::Value;
use applet::format::float;
use applet::regex::Regex;

/// `printf` with awk's values.
pub fn sprintf(format: &str, values: &[Value], convfmt: &str) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let end = rest.find(|c| !"-+ #0".contains(c)).unwrap_or(rest.len());
        let mut flags = rest[..end].to_string();
        rest = &rest[end..];
        let mut size = |rest: &mut &str| -> Option<i64> {
            if let Some(after) = rest.strip_prefix('*') {
                *rest = after;
                return Some(values.next().map_or(0.0, Value::number) as i64);
            }
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let value = rest[..end].parse().ok();
            *rest = &rest[end..];
            value
        };
        let mut width = size(&mut rest).unwrap_or(0);
        if width < 0 {
            flags.push('-');
            width = -width;
        }
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            precision = Some(size(&mut rest).unwrap_or(0).max(0) as usize);
        }
        rest = rest.trim_start_matches(['l', 'h', 'L', 'q']);
        let Some(letter) = rest.chars().next() else {
            text.push('%');
            break;
        };
        rest = &rest[letter.len_utf8()..];
        let width = width as usize;
        let value = values.next().cloned().unwrap_or(Value::Unset);
        let sign = |negative: bool| {
            if negative {
                "-"
            } else if flags.contains('+') {
                "+"
            } else if flags.contains(' ') {
                " "
            } else {
                ""
            }
        };
        let number = value.number();
        let (prefix, body) = match letter {
            'd' | 'i' => {
                let digits = if number.abs() < 1e18 {
                    format!("{}", number.trunc().abs() as u64)
                } else {
                    format!("{:.0}", number.abs())
                };
                let digits = precision.map_or(digits.clone(), |least| format!("{digits:0>least$}"));
                (sign(number.trunc() < 0.0), digits)
            }
            'u' => ("", format!("{}", number as u64)),
            'o' => (
                if flags.contains('#') { "0" } else { "" },
                format!("{:o}", number as i64),
            ),
            'x' => (
                if flags.contains('#') { "0x" } else { "" },
                format!("{:x}", number as i64),
            ),
            'X' => (
                if flags.contains('#') { "0X" } else { "" },
                format!("{:X}", number as i64),
            ),
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => (
                sign(number.is_sign_negative() && !number.is_nan()),
                float(number.abs(), letter, precision),
            ),
            'c' => {
                let c = match &value {
                    Value::Number(code) => char::from_u32(*code as u32)
                        .map(String::from)
                        .unwrap_or_default(),
                    other => other
                        .string(convfmt)
                        .chars()
                        .next()
                        .map(String::from)
                        .unwrap_or_default(),
                };
                ("", c)
            }
            's' => {
                let full = value.string(convfmt);
                (
                    "",
                    precision.map_or_else(
                        || full.to_string(),
                        |most| full.chars().take(most).collect(),
                    ),
                )
            }
            other => ("%", other.to_string()),
        };
        let length = prefix.len() + body.chars().count();
        let pad = width.saturating_sub(length);
        let zeros = flags.contains('0')
            && !flags.contains('-')
            && !matches!(letter, 's' | 'c')
            && !(precision.is_some() && "diuoxX".contains(letter));
        if flags.contains('-') {
            text.push_str(prefix);
            text.push_str(&body);
            text.extend(std::iter::repeat_n(' ', pad));
        } else if zeros {
            text.push_str(prefix);
            text.extend(std::iter::repeat_n('0', pad));
            text.push_str(&body);
        } else {
            text.extend(std::iter::repeat_n(' ', pad));
            text.push_str(prefix);
            text.push_str(&body);
        }
    }
    text.push_str(rest);
    text
}

/// `substr`, counted in characters from one, rounded as awk does.
pub fn substr(text: &str, from: f64, length: Option<f64>) -> String {
    let begin = from.round();
    let end = length.map_or(f64::INFINITY, |length| begin + length.round());
    text.chars()
        .enumerate()
        .filter(|(at, _)| (*at as f64 + 1.0) >= begin && (*at as f64 + 1.0) < end)
        .map(|(_, c)| c)
        .collect()
}

/// Cuts a record into fields: blanks, one character, or a pattern.
pub fn split(text: &str, separator: &str, regex: Option<&Regex>) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    if separator == " " {
        return text
            .split([' ', '\t', '\n'])
            .filter(|field| !field.is_empty())
            .map(str::to_string)
            .collect();
    }
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    let Some(regex) = regex else {
        return text.split(separator).map(str::to_string).collect();
    };
    let bytes = text.as_bytes();
    let (mut fields, mut at, mut from) = (Vec::new(), 0, 0);
    while let Some((start, end)) = regex.bounds(bytes, from) {
        if end == start {
            from = end + 1;
            if from > bytes.len() {
                break;
            }
            continue;
        }
        fields.push(String::from_utf8_lossy(&bytes[at..start]).into_owned());
        at = end;
        from = end;
    }
    fields.push(String::from_utf8_lossy(&bytes[at..]).into_owned());
    fields
}

/// `sub`, `gsub`, `gensub`: the new text and how many were replaced. `which` 0 replaces all, otherwise that one. `groups` allows `\1`.
pub fn substitute(
    regex: &Regex,
    replacement: &str,
    text: &str,
    which: usize,
    groups: bool,
) -> (String, usize) {
    let bytes = text.as_bytes();
    let mut result: Vec<u8> = Vec::new();
    let (mut at, mut seen, mut count, mut last_end) = (0, 0, 0, usize::MAX);
    while at <= bytes.len() {
        let Some(found) = regex.find_at(bytes, at) else {
            break;
        };
        let Some((start, end)) = found[0] else { break };
        if start == end && start == last_end {
            if start >= bytes.len() {
                break;
            }
            result.push(bytes[start]);
            at = start + 1;
            last_end = usize::MAX;
            continue;
        }
        result.extend_from_slice(&bytes[at..start]);
        seen += 1;
        if which == 0 || seen == which {
            count += 1;
            let mut chars = replacement.chars().peekable();
            while let Some(c) = chars.next() {
                match c {
                    '\\' => match chars.peek() {
                        Some('&') => {
                            chars.next();
                            result.push(b'&');
                        }
                        Some('\\') => {
                            chars.next();
                            result.push(b'\\');
                        }
                        Some(digit @ '0'..='9') if groups => {
                            let number = *digit as usize - '0' as usize;
                            chars.next();
                            if let Some(Some((from, to))) = found.get(number) {
                                result.extend_from_slice(&bytes[*from..*to]);
                            }
                        }
                        _ => result.push(b'\\'),
                    },
                    '&' => result.extend_from_slice(&bytes[start..end]),
                    c => result.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
        } else {
            result.extend_from_slice(&bytes[start..end]);
        }
        last_end = end;
        at = end;
        if start == end {
            if start >= bytes.len() {
                at = bytes.len() + 1;
                break;
            }
            // The whole character, so that none is cut.
            let len = text[start..].chars().next().map_or(1, char::len_utf8);
            result.extend_from_slice(&bytes[start..start + len]);
            at = start + len;
        }
        if which != 0 && seen == which {
            break;
        }
    }
    if at < bytes.len() {
        result.extend_from_slice(&bytes[at..]);
    }
    (String::from_utf8_lossy(&result).into_owned(), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use applet::regex::Syntax;

    #[test]
    fn formats() {
        let values = [
            Value::Number(3.7),
            Value::text("ab"),
            Value::Number(255.0),
            Value::Number(65.0),
        ];
        assert_eq!(sprintf("%d|%5s|%x|%c", &values, "%.6g"), "3|   ab|ff|A");
        assert_eq!(
            sprintf(
                "%05d %-4s|%.2f",
                &[Value::Number(-42.0), Value::text("x"), Value::Number(1.005)],
                "%.6g"
            ),
            "-0042 x   |1.00"
        );
    }

    #[test]
    fn replaces() {
        let regex = Regex::new("b*", Syntax::Extended, false).unwrap();
        assert_eq!(
            substitute(&regex, "X", "abc", 0, false),
            ("XaXcX".into(), 3)
        );
        let regex = Regex::new("(a)(b)", Syntax::Extended, false).unwrap();
        assert_eq!(
            substitute(&regex, "\\2\\1", "abab", 0, true),
            ("baba".into(), 2)
        );
        assert_eq!(substr("hello", 2.0, Some(3.0)), "ell");
        assert_eq!(substr("hello", 0.0, Some(2.0)), "h");
    }
}
