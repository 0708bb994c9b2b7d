//! Replies, and how both versions of the protocol write them.

/// What a command answers. Version 2 has no maps, sets, doubles, booleans or pushes and writes them as what it has.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Simple(&'static str),
    /// A simple string that clients received rather than made.
    Status(String),
    Error(String),
    Int(i64),
    Bulk(Vec<u8>),
    Array(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
    /// Out of band in version 3.
    Push(Vec<Reply>),
    Double(f64),
    Bool(bool),
    /// Text for people.
    Verbatim(String),
    Null,
    /// Version 2 tells a missing array from a missing string.
    NullArray,
    /// Several replies to one command.
    Several(Vec<Reply>),
    /// Nothing now: the client waits, or has been answered.
    Nothing,
}

impl Reply {
    pub const OK: Reply = Reply::Simple("OK");

    pub fn bulk(bytes: impl AsRef<[u8]>) -> Reply {
        Reply::Bulk(bytes.as_ref().to_vec())
    }

    pub fn option(bytes: Option<impl AsRef<[u8]>>) -> Reply {
        bytes.map_or(Reply::Null, Reply::bulk)
    }

    pub fn array<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Reply {
        Reply::Array(items.into_iter().map(Reply::bulk).collect())
    }

    pub fn count(count: usize) -> Reply {
        Reply::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    pub fn yes(yes: bool) -> Reply {
        Reply::Int(yes.into())
    }

    /// Writes it for a version of the protocol.
    pub fn write(&self, version: u8, out: &mut Vec<u8>) {
        let three = version >= 3;
        match self {
            Reply::Simple(text) => line(out, b'+', text.as_bytes()),
            Reply::Status(text) => line(out, b'+', text.as_bytes()),
            Reply::Error(text) => line(out, b'-', text.as_bytes()),
            Reply::Int(number) => head(out, b':', *number),
            Reply::Bulk(bytes) => bulk(out, b'$', &[bytes]),
            Reply::Array(items) => list(out, b'*', items, version),
            Reply::Set(items) => list(out, if three { b'~' } else { b'*' }, items, version),
            Reply::Push(items) => list(out, if three { b'>' } else { b'*' }, items, version),
            Reply::Map(pairs) => {
                let (kind, count) = if three {
                    (b'%', pairs.len())
                } else {
                    (b'*', pairs.len() * 2)
                };
                head(out, kind, count as i64);
                for (key, value) in pairs {
                    key.write(version, out);
                    value.write(version, out);
                }
            }
            Reply::Double(number) if three => line(out, b',', double(*number).as_bytes()),
            Reply::Double(number) => bulk(out, b'$', &[double(*number).as_bytes()]),
            Reply::Bool(value) if three => line(out, b'#', if *value { b"t" } else { b"f" }),
            Reply::Bool(value) => head(out, b':', (*value).into()),
            Reply::Verbatim(text) if three => bulk(out, b'=', &[b"txt:", text.as_bytes()]),
            Reply::Verbatim(text) => bulk(out, b'$', &[text.as_bytes()]),
            Reply::Null | Reply::NullArray if three => out.extend_from_slice(b"_\r\n"),
            Reply::Null => out.extend_from_slice(b"$-1\r\n"),
            Reply::NullArray => out.extend_from_slice(b"*-1\r\n"),
            Reply::Several(replies) => replies.iter().for_each(|reply| reply.write(version, out)),
            Reply::Nothing => {}
        }
    }
}

fn line(out: &mut Vec<u8>, kind: u8, text: &[u8]) {
    out.push(kind);
    // A line break would be the end of the reply.
    out.extend(text.iter().map(|byte| {
        if matches!(byte, b'\r' | b'\n') {
            b' '
        } else {
            *byte
        }
    }));
    out.extend_from_slice(b"\r\n");
}

fn head(out: &mut Vec<u8>, kind: u8, number: i64) {
    out.push(kind);
    let (mut digits, mut at, mut left) = ([0; 20], 20, number.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}

fn bulk(out: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    head(
        out,
        kind,
        parts.iter().map(|part| part.len()).sum::<usize>() as i64,
    );
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(b"\r\n");
}

fn list(out: &mut Vec<u8>, kind: u8, items: &[Reply], version: u8) {
    head(out, kind, items.len() as i64);
    items.iter().for_each(|item| item.write(version, out));
}

/// A number in the fewest digits that read back the same, as Redis writes it since 7.2: `3`, `3.1`, `1e+20`, `1.5e-7`, `inf`.
pub fn double(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // Integers that are exact are plain.
    if number.abs() < (1i64 << 52) as f64 && number.fract() == 0.0 {
        let zero = number == 0.0 && number.is_sign_negative();
        return if zero {
            "-0".to_owned()
        } else {
            (number as i64).to_string()
        };
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = digits.bytes().filter(u8::is_ascii_digit).count() as i32;
    // The power of ten of the last digit.
    let last = exponent - (count - 1);
    let plain = match last >= 0 {
        true => exponent < count + 7,
        false => last > -7 || exponent.abs() < 4,
    };
    match (plain, exponent < 0) {
        (true, _) => number.to_string(),
        (false, true) => format!("{digits}e{exponent}"),
        (false, false) => format!("{digits}e+{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_like_c() {
        for (number, text) in [
            (3.0, "3"),
            (-0.5, "-0.5"),
            (1e20, "1e+20"),
            (1.5e-7, "1.5e-7"),
            (3.1, "3.1"),
            (f64::INFINITY, "inf"),
            (1234567.25, "1234567.25"),
        ] {
            assert_eq!(double(number), text);
        }
    }

    #[test]
    fn both_versions() {
        let write = |reply: Reply, version| {
            let mut out = Vec::new();
            reply.write(version, &mut out);
            String::from_utf8(out).unwrap()
        };
        let map = Reply::Map(vec![(Reply::bulk("a"), Reply::Double(1.5))]);
        assert_eq!(write(map.clone(), 2), "*2\r\n$1\r\na\r\n$3\r\n1.5\r\n");
        assert_eq!(write(map, 3), "%1\r\n$1\r\na\r\n,1.5\r\n");
        assert_eq!(write(Reply::NullArray, 2), "*-1\r\n");
        assert_eq!(write(Reply::Null, 3), "_\r\n");
        assert_eq!(write(Reply::Int(i64::MIN), 2), format!(":{}\r\n", i64::MIN));
    }
}
