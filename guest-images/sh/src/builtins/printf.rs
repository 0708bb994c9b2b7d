//! `printf format [words]`.

use super::Output;
use super::echo::unescape;

pub fn main(words: &[String]) -> Output {
    let words = match words.first().map(String::as_str) {
        Some("--") => &words[1..],
        _ => words,
    };
    let Some((format, words)) = words.split_first() else {
        return Output::error(2, "printf: usage: printf FORMAT [ARG]...");
    };
    let mut state = State {
        words,
        at: 0,
        output: Output::default(),
    };
    loop {
        let before = state.at;
        // Again and again as long as words are left and the format takes some.
        if state.once(format) || state.at >= words.len() || state.at == before {
            return state.output;
        }
    }
}

struct State<'a> {
    words: &'a [String],
    at: usize,
    output: Output,
}

#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl State<'_> {
    fn next(&mut self) -> Option<String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn fail(&mut self, message: String) {
        self.output.errors.push(message);
        self.output.status = 1;
    }

    fn integer(&mut self) -> i128 {
        let Some(word) = self.next() else {
            return 0;
        };
        integer(&word).unwrap_or_else(|start| {
            self.fail(format!("invalid number '{word}'"));
            start
        })
    }

    fn float(&mut self) -> f64 {
        let Some(word) = self.next() else {
            return 0.0;
        };
        word.trim().parse().unwrap_or_else(|_| {
            self.fail(format!("invalid number '{word}'"));
            0.0
        })
    }

    /// Goes through the format once; gives true when the output is complete.
    fn once(&mut self, format: &str) -> bool {
        let mut literal = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\\' {
                literal.push(c);
                literal.extend(chars.next());
                continue;
            }
            if c != '%' {
                literal.push(c);
                continue;
            }
            if unescape(&std::mem::take(&mut literal), false, &mut self.output.out) {
                return true;
            }
            let mut spec = Spec::default();
            while let Some(&flag) = chars.peek() {
                match flag {
                    '-' => spec.left = true,
                    '0' => spec.zero = true,
                    '+' => spec.plus = true,
                    ' ' => spec.space = true,
                    '#' => spec.alternate = true,
                    _ => break,
                }
                chars.next();
            }
            if chars.next_if_eq(&'*').is_some() {
                let width = self.integer();
                spec.left |= width < 0;
                spec.width = width.unsigned_abs().min(100_000) as usize;
            }
            while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                spec.width = (spec.width * 10 + digit as usize).min(100_000);
                chars.next();
            }
            if chars.next_if_eq(&'.').is_some() {
                let mut precision = 0;
                if chars.next_if_eq(&'*').is_some() {
                    precision = self.integer().clamp(0, 10_000) as usize;
                }
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    precision = (precision * 10 + digit as usize).min(10_000);
                    chars.next();
                }
                spec.precision = Some(precision);
            }
            while chars
                .next_if(|c| matches!(c, 'l' | 'h' | 'j' | 'z' | 't' | 'L' | 'q') && *c != 'q')
                .is_some()
            {}
            let Some(kind) = chars.next() else {
                self.fail("%: invalid format".to_owned());
                return true;
            };
            if self.convert(kind, &spec) {
                return true;
            }
        }
        unescape(&literal, false, &mut self.output.out)
    }

    fn convert(&mut self, kind: char, spec: &Spec) -> bool {
        match kind {
            '%' => self.output.out.push(b'%'),
            's' | 'q' => {
                let mut text = self.next().unwrap_or_default();
                if kind == 'q' {
                    text = yash_quote::quote(&text).into_owned();
                }
                if let Some(precision) = spec.precision {
                    text = text.chars().take(precision).collect();
                }
                self.pad(spec, text.as_bytes(), text.chars().count());
            }
            'b' => {
                let mut bytes = Vec::new();
                let word = self.next().unwrap_or_default();
                let ended = unescape(&word, true, &mut bytes);
                let len = bytes.len();
                self.pad(spec, &bytes, len);
                return ended;
            }
            'c' => {
                let text: String = self.next().unwrap_or_default().chars().take(1).collect();
                self.pad(spec, text.as_bytes(), text.chars().count());
            }
            'd' | 'i' | 'u' => {
                let value = self.integer();
                let digits = if kind == 'u' && value < 0 {
                    (value as i64 as u64).to_string()
                } else {
                    value.unsigned_abs().to_string()
                };
                self.number(spec, value < 0 && kind != 'u', &digits, "");
            }
            'x' | 'X' | 'o' => {
                let value = self.integer() as i64 as u64;
                let (digits, prefix) = match kind {
                    'x' => (format!("{value:x}"), "0x"),
                    'X' => (format!("{value:X}"), "0X"),
                    _ => (format!("{value:o}"), "0"),
                };
                self.number(
                    spec,
                    false,
                    &digits,
                    if spec.alternate && value != 0 {
                        prefix
                    } else {
                        ""
                    },
                );
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let value = self.float();
                let digits = float(value.abs(), kind, spec);
                let spec = Spec {
                    precision: None,
                    ..Spec { ..*spec }
                };
                self.number(&spec, value.is_sign_negative(), &digits, "");
            }
            other => {
                self.fail(format!("%{other}: invalid format"));
                return true;
            }
        }
        false
    }

    fn number(&mut self, spec: &Spec, negative: bool, digits: &str, prefix: &str) {
        let sign = match () {
            () if negative => "-",
            () if spec.plus => "+",
            () if spec.space => " ",
            () => "",
        };
        let mut digits = digits.to_owned();
        if let Some(precision) = spec.precision {
            digits = format!(
                "{}{digits}",
                "0".repeat(precision.saturating_sub(digits.len()))
            );
        } else if spec.zero && !spec.left {
            let used = digits.len() + sign.len() + prefix.len();
            digits = format!("{}{digits}", "0".repeat(spec.width.saturating_sub(used)));
        }
        let text = format!("{sign}{prefix}{digits}");
        self.pad(spec, text.as_bytes(), text.len());
    }

    fn pad(&mut self, spec: &Spec, bytes: &[u8], len: usize) {
        let fill = vec![b' '; spec.width.saturating_sub(len)];
        if spec.left {
            self.output.out.extend_from_slice(bytes);
            self.output.out.extend_from_slice(&fill);
        } else {
            self.output.out.extend_from_slice(&fill);
            self.output.out.extend_from_slice(bytes);
        }
    }
}

/// A number in C's notation, or a character after a quote; in case of an error what could be read.
fn integer(word: &str) -> Result<i128, i128> {
    let text = word.trim_start();
    if let Some(quoted) = text.strip_prefix(['\'', '"']) {
        return Ok(quoted.chars().next().map_or(0, |c| c as i128));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    let end = digits
        .find(|c: char| !c.is_digit(base))
        .unwrap_or(digits.len());
    let value = i128::from_str_radix(&digits[..end], base).unwrap_or(0);
    let value = if negative { -value } else { value };
    if end == digits.len() && end > 0 {
        Ok(value)
    } else {
        Err(value)
    }
}

fn float(value: f64, kind: char, spec: &Spec) -> String {
    let precision = spec.precision.unwrap_or(6);
    let scientific = |precision: usize| {
        let text = format!("{value:.precision$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        (format!("{mantissa}e{sign}{:02}", exponent.abs()), exponent)
    };
    let text = match kind.to_ascii_lowercase() {
        _ if !value.is_finite() => if value.is_nan() { "nan" } else { "inf" }.to_owned(),
        'f' => format!("{value:.precision$}"),
        'e' => scientific(precision).0,
        _ => {
            let precision = precision.max(1);
            let (text, exponent) = scientific(precision - 1);
            let trim = |text: &str| match text.contains('.') && !spec.alternate {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text.to_owned(),
            };
            if exponent < -4 || exponent >= precision as i32 {
                let (mantissa, tail) = text.split_once('e').unwrap_or((&text, "+00"));
                format!("{}e{tail}", trim(mantissa))
            } else {
                let digits = (precision as i32 - 1 - exponent).max(0) as usize;
                trim(&format!("{value:.digits$}"))
            }
        }
    };
    if kind.is_ascii_uppercase() {
        text.to_uppercase()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printf(words: &[&str]) -> (String, i32) {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let output = main(&words);
        (String::from_utf8(output.out).unwrap(), output.status)
    }

    #[test]
    fn conversions() {
        for (words, expected) in [
            (&["%s\\n", "a", "b"][..], "a\nb\n"),
            (&["%d %s|", "1", "a", "2"], "1 a|2 |"),
            (&["%5d|%-5d|%05d", "42", "42", "42"], "   42|42   |00042"),
            (&["%x %X %o %#x", "255", "255", "8", "255"], "ff FF 10 0xff"),
            (
                &["%.2f %e %g %g", "3.14159", "1234.5", "0.0001", "1e10"],
                "3.14 1.234500e+03 0.0001 1e+10",
            ),
            (&["%c%c", "abc", "x"], "ax"),
            (&["%b", "a\\tb"], "a\tb"),
            (&["%%"], "%"),
            (&["%*d", "4", "7"], "   7"),
            (&["%.2s|", "abc"], "ab|"),
            (&["\\101\\n"], "A\n"),
            (&["%d", "'A"], "65"),
            (&["%d", "0x1f"], "31"),
            (&["no newline"], "no newline"),
        ] {
            assert_eq!(printf(words), (expected.to_owned(), 0), "{words:?}");
        }
        assert_eq!(printf(&["%d", "abc"]), ("0".to_owned(), 1));
    }
}
