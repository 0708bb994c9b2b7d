//! One entry of a `json-file` log: `{"log":"hi\n","stream":"stdout","attrs":{…},"time":"…"}`.
//!
//! Written by hand for Docker's escapes (`<` as `\u003c`, bytes that are no UTF-8 as `\ufffd`); read with serde.

use crate::engine::Timestamp;
use crate::wire::{StringMap, frame::Stream};
use serde::Deserialize;

/// An entry as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub stream: Stream,
    pub text: String,
    pub time: Timestamp,
    pub attrs: StringMap,
}

/// Appends one entry and its line feed.
pub fn write(out: &mut Vec<u8>, stream: Stream, text: &[u8], attrs: Option<&str>, time: Timestamp) {
    out.extend_from_slice(b"{\"log\":\"");
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(out, c);
        }
        // Go replaces each byte that belongs to no character.
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.extend_from_slice(b"\",\"stream\":\"");
    out.extend_from_slice(if stream == Stream::Stderr {
        b"stderr"
    } else {
        b"stdout"
    });
    out.push(b'"');
    if let Some(attrs) = attrs {
        out.extend_from_slice(b",\"attrs\":");
        out.extend_from_slice(attrs.as_bytes());
    }
    out.extend_from_slice(b",\"time\":\"");
    out.extend_from_slice(time.rfc3339().as_bytes());
    out.extend_from_slice(b"\"}\n");
}

fn escape(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        }
        other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    log: String,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    attrs: StringMap,
    time: String,
}

/// Reads one entry; `None` for a line that a crash cut.
pub fn read(line: &[u8]) -> Option<Entry> {
    let line: Line = serde_json::from_slice(line).ok()?;
    Some(Entry {
        stream: if line.stream == "stderr" {
            Stream::Stderr
        } else {
            Stream::Stdout
        },
        text: line.log,
        time: Timestamp::parse_rfc3339(&line.time)?,
        attrs: line.attrs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Timestamp = Timestamp(1_795_486_493_894_928_508);

    fn written(text: &[u8]) -> String {
        let mut out = Vec::new();
        write(&mut out, Stream::Stdout, text, None, TIME);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_entry_is_what_docker_writes() {
        assert_eq!(
            written(b"hi\n"),
            "{\"log\":\"hi\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-24T02:14:53.894928508Z\"}\n"
        );
        assert!(
            written(b"<a>\x1b[0m\t\"\\").starts_with(r#"{"log":"\u003ca\u003e\u001b[0m\t\"\\","#)
        );
        assert!(written(b"\xff\xfe").starts_with(r#"{"log":"\ufffd\ufffd","#));
    }

    #[test]
    fn an_entry_cannot_be_forged_from_inside() {
        let forged = b"\",\"stream\":\"stderr\",\"time\":\"x\"}\n{\"log\":\"";
        let line = written(forged);
        assert_eq!(line.matches('\n').count(), 1);
        let entry = read(line.as_bytes()).unwrap();
        assert_eq!(
            (entry.stream, entry.text.as_bytes()),
            (Stream::Stdout, &forged[..])
        );
    }

    #[test]
    fn a_cut_line_is_no_entry() {
        assert_eq!(read(b"{\"log\":\"hi"), None);
    }
}
