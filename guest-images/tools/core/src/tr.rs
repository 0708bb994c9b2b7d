//! `tr`.

use applet::{flush, getopt, opts, out};
use std::io::Read;

/// Expands a set: ranges, escapes, `[:classes:]`, `[x*n]`.
fn expand(text: &str, fill: usize) -> Option<Vec<u8>> {
    let (source, _) = (text.as_bytes(), ());
    let mut set = Vec::new();
    let mut at = 0;
    let byte = |at: &mut usize| -> Option<u8> {
        let first = *source.get(*at)?;
        *at += 1;
        if first != b'\\' || *at == source.len() {
            return Some(first);
        }
        let c = source[*at];
        *at += 1;
        Some(match c {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'0'..=b'7' => {
                let mut value = u32::from(c - b'0');
                for _ in 0..2 {
                    match source.get(*at) {
                        Some(digit @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(digit - b'0');
                            *at += 1;
                        }
                        _ => break,
                    }
                }
                value as u8
            }
            other => other,
        })
    };
    while at < source.len() {
        if source[at..].starts_with(b"[:") {
            if let Some(len) = source[at..].windows(2).position(|pair| pair == b":]") {
                let name = std::str::from_utf8(&source[at + 2..at + len]).ok()?;
                let test: fn(&u8) -> bool = match name {
                    "alpha" => u8::is_ascii_alphabetic,
                    "digit" => u8::is_ascii_digit,
                    "alnum" => u8::is_ascii_alphanumeric,
                    "upper" => u8::is_ascii_uppercase,
                    "lower" => u8::is_ascii_lowercase,
                    "space" => |b| b.is_ascii_whitespace() || *b == 11,
                    "blank" => |b| matches!(b, b' ' | b'\t'),
                    "punct" => u8::is_ascii_punctuation,
                    "cntrl" => u8::is_ascii_control,
                    "graph" => u8::is_ascii_graphic,
                    "print" => |b| b.is_ascii_graphic() || *b == b' ',
                    "xdigit" => u8::is_ascii_hexdigit,
                    _ => return None,
                };
                set.extend((0..=255).filter(|b| test(b)));
                at += len + 2;
                continue;
            }
        }
        if source[at] == b'[' && source.get(at + 2) == Some(&b'*') {
            if let Some(len) = source[at..].iter().position(|b| *b == b']') {
                let digits = std::str::from_utf8(&source[at + 3..at + len]).ok()?;
                let count = if digits.is_empty() {
                    fill.saturating_sub(set.len())
                } else {
                    digits.parse().ok()?
                };
                set.extend(std::iter::repeat_n(source[at + 1], count));
                at += len + 1;
                continue;
            }
        }
        let low = byte(&mut at)?;
        if source.get(at) == Some(&b'-') && at + 1 < source.len() {
            at += 1;
            let high = byte(&mut at)?;
            if high < low {
                return None;
            }
            set.extend(low..=high);
        } else {
            set.push(low);
        }
    }
    Some(set)
}

/// `tr`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "tr [-cds] STRING1 [STRING2]";
    let args = getopt(
        argv,
        "+cCdst",
        &[
            ("complement", 'c'),
            ("delete", 'd'),
            ("squeeze-repeats", 's'),
            ("truncate-set1", 't'),
        ],
        usage,
    );
    let delete = args.has('d');
    let squeeze = args.has('s');
    let Some(first) = args.rest.first() else {
        opts::complain("missing operand", usage)
    };
    if args.rest.len() < 2 && !delete && !squeeze {
        opts::complain(&format!("missing operand after '{first}'"), usage);
    }
    let Some(mut one) = expand(first, 0) else {
        opts::complain(
            "range-endpoints are in reverse collating sequence order, or a bad class",
            usage,
        )
    };
    if args.has('c') || args.has('C') {
        one = (0..=255).filter(|byte| !one.contains(byte)).collect();
    }
    let two = match args.rest.get(1) {
        Some(text) => match expand(text, one.len()) {
            Some(set) => set,
            None => opts::complain("bad set", usage),
        },
        None => Vec::new(),
    };
    let mut map: Vec<u8> = (0..=255).collect();
    let mut remove = [false; 256];
    let mut squash = [false; 256];
    if delete {
        one.iter().for_each(|byte| remove[*byte as usize] = true);
        if squeeze {
            two.iter().for_each(|byte| squash[*byte as usize] = true);
        }
    } else {
        if let Some(last) = two.last() {
            for (at, byte) in one.iter().enumerate() {
                if at < two.len() || !args.has('t') {
                    map[*byte as usize] = *two.get(at).unwrap_or(last);
                }
            }
        }
        if squeeze {
            let set = if two.is_empty() { &one } else { &two };
            set.iter().for_each(|byte| squash[*byte as usize] = true);
        }
    }
    let mut stdin = std::io::stdin();
    let mut buffer = vec![0; 32 * 1024];
    let mut last = None;
    loop {
        let count = match stdin.read(&mut buffer) {
            Ok(0) => return 0,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return 1,
        };
        let mut result = Vec::with_capacity(count);
        for byte in &buffer[..count] {
            if remove[*byte as usize] {
                continue;
            }
            let mapped = map[*byte as usize];
            if squash[mapped as usize] && last == Some(mapped) {
                continue;
            }
            last = Some(mapped);
            result.push(mapped);
        }
        out().bytes(&result);
        if applet::os::is_terminal(0) {
            flush();
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sets() {
        assert_eq!(super::expand("a-cx\\n", 0).unwrap(), b"abcx\n");
        assert_eq!(super::expand("[:digit:]", 0).unwrap(), b"0123456789");
        assert_eq!(super::expand("[x*]", 3).unwrap(), b"xxx");
    }
}
