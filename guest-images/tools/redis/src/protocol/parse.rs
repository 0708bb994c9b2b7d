//! Replies out of the bytes that a server sent.

use super::Reply;

/// Nested lists that are followed.
const DEEPEST: usize = 64;

/// The first reply of the input and its length; `None` when it is not all there. An error says what is no reply.
pub fn parse(input: &[u8]) -> Result<Option<(Reply, usize)>, String> {
    let mut at = 0;
    Ok(one(input, &mut at, 0)?.map(|reply| (reply, at)))
}

fn one(input: &[u8], at: &mut usize, depth: usize) -> Result<Option<Reply>, String> {
    let Some(end) = input[*at..].windows(2).position(|two| two == b"\r\n") else {
        return Ok(None);
    };
    let line = &input[*at..*at + end];
    let (kind, text) = match line.split_first() {
        Some((kind, text)) => (*kind, String::from_utf8_lossy(text).into_owned()),
        None => return Err("empty line".into()),
    };
    let next = *at + end + 2;
    let number = || {
        text.parse::<i64>()
            .map_err(|_| format!("bad number {text:?}"))
    };
    let reply = match kind {
        b'+' => Reply::Status(text),
        b'-' => Reply::Error(text),
        b':' => Reply::Int(number()?),
        b'(' => Reply::Bulk(text.into_bytes()),
        b',' => Reply::Double(text.parse().map_err(|_| format!("bad number {text:?}"))?),
        b'#' => Reply::Bool(text == "t"),
        b'_' => Reply::Null,
        b'$' | b'=' => match usize::try_from(number()?) {
            Err(_) => Reply::Null,
            Ok(length) => {
                let Some(bytes) = input.get(next..next + length + 2) else {
                    return Ok(None);
                };
                *at = next + length + 2;
                let bytes = &bytes[..length];
                return Ok(Some(match kind {
                    b'=' => {
                        let text = String::from_utf8_lossy(bytes.get(4..).unwrap_or(b""));
                        Reply::Verbatim(text.into_owned())
                    }
                    _ => Reply::bulk(bytes),
                }));
            }
        },
        b'*' | b'~' | b'>' | b'%' => match usize::try_from(number()?) {
            Err(_) => Reply::NullArray,
            Ok(_) if depth >= DEEPEST => return Err("nested too deeply".into()),
            Ok(count) => {
                let mut place = next;
                let mut item = || one(input, &mut place, depth + 1);
                let mut items = Vec::new();
                let mut pairs = Vec::new();
                for _ in 0..count {
                    let Some(first) = item()? else {
                        return Ok(None);
                    };
                    if kind == b'%' {
                        let Some(value) = item()? else {
                            return Ok(None);
                        };
                        pairs.push((first, value));
                    } else {
                        items.push(first);
                    }
                }
                *at = place;
                return Ok(Some(match kind {
                    b'%' => Reply::Map(pairs),
                    b'~' => Reply::Set(items),
                    b'>' => Reply::Push(items),
                    _ => Reply::Array(items),
                }));
            }
        },
        other => return Err(format!("unknown kind '{}'", char::from(other))),
    };
    *at = next;
    Ok(Some(reply))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let reply = Reply::Map(vec![
            (
                Reply::bulk("a"),
                Reply::Set(vec![Reply::Int(-1), Reply::Null]),
            ),
            (Reply::Bool(true), Reply::Verbatim("hi\r\n".into())),
        ]);
        let mut out = Vec::new();
        reply.write(3, &mut out);
        for end in 0..out.len() {
            assert_eq!(parse(&out[..end]), Ok(None));
        }
        assert_eq!(parse(&out), Ok(Some((reply, out.len()))));
    }
}
