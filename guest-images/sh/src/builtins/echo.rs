//! `echo [-neE] words`, as in ash: escapes only after `-e`.

use super::Output;

pub fn main(words: &[String]) -> Output {
    let (mut newline, mut escapes) = (true, false);
    let mut rest = words;
    while let Some((word, tail)) = rest.split_first() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            break;
        };
        if !letters.chars().all(|letter| "neE".contains(letter)) {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = tail;
    }
    let text = rest.join(" ");
    let mut out = Vec::new();
    if !escapes {
        out.extend_from_slice(text.as_bytes());
    } else if unescape(&text, true, &mut out) {
        newline = false;
    }
    if newline {
        out.push(b'\n');
    }
    Output::text(out)
}

/// Replaces backslash escapes; gives true when `\c` ended the output. `zero`: octal numbers begin with `\0`.
pub fn unescape(text: &str, zero: bool, out: &mut Vec<u8>) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if byte != b'\\' || at == bytes.len() {
            out.push(byte);
            continue;
        }
        let escape = bytes[at];
        at += 1;
        match escape {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'c' => return true,
            b'e' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'x' => {
                let (value, used) = number(&bytes[at..], 16, 2);
                if used == 0 {
                    out.extend_from_slice(b"\\x");
                } else {
                    out.push(value as u8);
                }
                at += used;
            }
            b'0'..=b'7' => {
                at -= usize::from(!zero || escape != b'0');
                let (value, used) = number(&bytes[at..], 8, 3);
                out.push(value as u8);
                at += used;
            }
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    false
}

fn number(bytes: &[u8], base: u32, most: usize) -> (u32, usize) {
    let digits = bytes
        .iter()
        .take(most)
        .map_while(|byte| char::from(*byte).to_digit(base));
    digits.fold((0, 0), |(value, used), digit| {
        (value * base + digit, used + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        String::from_utf8(main(&words).out).unwrap()
    }

    #[test]
    fn options_and_escapes() {
        assert_eq!(echo(&["a", "b"]), "a b\n");
        assert_eq!(echo(&["-n", "a"]), "a");
        assert_eq!(echo(&["a\\nb"]), "a\\nb\n");
        assert_eq!(echo(&["-e", "a\\nb\\0101\\x41"]), "a\nbAA\n");
        assert_eq!(echo(&["-ne", "a\\cb"]), "a");
        assert_eq!(echo(&["-x", "-n"]), "-x -n\n");
        assert_eq!(echo(&["-"]), "-\n");
    }
}
