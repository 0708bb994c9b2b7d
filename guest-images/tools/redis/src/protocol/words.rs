//! Words of a line with Redis's quoting: inline commands, configuration files and what is typed into `redis-cli`.

/// Splits a line; `None` when a quote is not closed or something follows it directly.
pub fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        while line.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if at >= line.len() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some(byte) = line.get(at).filter(|byte| !byte.is_ascii_whitespace()) {
            match byte {
                b'"' => at = double(line, at + 1, &mut word)?,
                b'\'' => at = single(line, at + 1, &mut word)?,
                byte => {
                    word.push(*byte);
                    at += 1;
                    continue;
                }
            }
            if line.get(at).is_some_and(|next| !next.is_ascii_whitespace()) {
                return None;
            }
        }
        words.push(word);
    }
}

/// Reads to the closing `"`; gives the place behind it.
fn double(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Option<usize> {
    loop {
        match *line.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => {
                let hex = line
                    .get(at + 2..at + 4)
                    .filter(|_| line[at + 1] == b'x')
                    .and_then(|hex| std::str::from_utf8(hex).ok())
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let Some(byte) = hex {
                    word.push(byte);
                    at += 4;
                    continue;
                }
                word.push(match *line.get(at + 1)? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => other,
                });
                at += 2;
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

fn single(line: &[u8], mut at: usize, word: &mut Vec<u8>) -> Option<usize> {
    loop {
        match *line.get(at)? {
            b'\'' => return Some(at + 1),
            b'\\' if line.get(at + 1) == Some(&b'\'') => {
                word.push(b'\'');
                at += 2;
            }
            byte => {
                word.push(byte);
                at += 1;
            }
        }
    }
}

/// Bytes in double quotes, as `redis-cli` and `MONITOR` show them.
pub fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in bytes {
        match byte {
            b'\\' | b'"' => {
                out.push('\\');
                out.push(char::from(*byte));
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            7 => out.push_str("\\a"),
            8 => out.push_str("\\b"),
            0x20..=0x7e => out.push(char::from(*byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes() {
        let words = split(br#" set "a b" 'it\'s' "\x41\n" plain "#).unwrap();
        let expected: [&[u8]; 5] = [b"set", b"a b", b"it's", b"A\n", b"plain"];
        assert_eq!(words, expected);
        assert_eq!(split(b"\"open"), None);
        assert_eq!(split(b"\"a\"b"), None);
        assert_eq!(quoted(b"a\"\x01\n"), r#""a\"\x01\n""#);
    }
}
