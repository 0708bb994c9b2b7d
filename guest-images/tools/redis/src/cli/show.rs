//! What a reply looks like: for people, for scripts, as comma-separated values.

use crate::protocol::{Reply, double, words};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// `(integer) 1`, `"text"`, numbered lists.
    Standard,
    /// The text alone.
    Raw,
    Csv,
}

/// A reply as it is printed, its last line feed included.
pub fn text(reply: &Reply, form: Form, delimiter: &str) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        Form::Standard => standard(&mut out, reply, ""),
        Form::Raw => {
            raw(&mut out, reply, delimiter);
            out.push(b'\n');
        }
        Form::Csv => {
            csv(&mut out, reply);
            out.push(b'\n');
        }
    }
    out
}

/// Writes it out at once: replies may come over a long time.
pub fn print(bytes: &[u8]) {
    applet::out().bytes(bytes);
    applet::flush();
}

fn standard(out: &mut Vec<u8>, reply: &Reply, indent: &str) {
    let mut line = |text: &str| {
        out.extend_from_slice(text.as_bytes());
        out.push(b'\n');
    };
    match reply {
        Reply::Simple(text) => line(text),
        Reply::Status(text) => line(text),
        Reply::Error(text) => line(&format!("(error) {text}")),
        Reply::Int(number) => line(&format!("(integer) {number}")),
        Reply::Bulk(bytes) => line(&words::quoted(bytes)),
        Reply::Double(number) => line(&format!("(double) {}", double(*number))),
        Reply::Bool(value) => line(if *value { "(true)" } else { "(false)" }),
        Reply::Verbatim(text) => out.extend_from_slice(text.as_bytes()),
        Reply::Null | Reply::NullArray => line("(nil)"),
        Reply::Array(items) if items.is_empty() => line("(empty array)"),
        Reply::Set(items) if items.is_empty() => line("(empty set)"),
        Reply::Map(pairs) if pairs.is_empty() => line("(empty hash)"),
        Reply::Push(items) if items.is_empty() => line("(empty push)"),
        Reply::Array(items) | Reply::Push(items) => {
            list(out, items.iter().map(|item| (None, item)), ')', indent)
        }
        Reply::Set(items) => list(out, items.iter().map(|item| (None, item)), '~', indent),
        Reply::Map(pairs) => list(
            out,
            pairs.iter().map(|(key, value)| (Some(key), value)),
            '#',
            indent,
        ),
        Reply::Several(replies) => replies
            .iter()
            .for_each(|reply| standard(out, reply, indent)),
        Reply::Nothing => {}
    }
}

/// Numbered lines; those after the first stand below it.
fn list<'a>(
    out: &mut Vec<u8>,
    items: impl ExactSizeIterator<Item = (Option<&'a Reply>, &'a Reply)>,
    sign: char,
    indent: &str,
) {
    let width = items.len().to_string().len();
    let deeper = format!("{indent}{}", " ".repeat(width + 2));
    for (place, (key, value)) in items.enumerate() {
        if place > 0 {
            out.extend_from_slice(indent.as_bytes());
        }
        out.extend_from_slice(format!("{:>width$}{sign} ", place + 1).as_bytes());
        if let Some(key) = key {
            let mut shown = Vec::new();
            standard(&mut shown, key, &deeper);
            out.extend_from_slice(shown.strip_suffix(b"\n").unwrap_or(&shown));
            out.extend_from_slice(b" => ");
        }
        standard(out, value, &deeper);
    }
}

fn raw(out: &mut Vec<u8>, reply: &Reply, delimiter: &str) {
    let mut join = |items: &mut dyn Iterator<Item = &Reply>, between: &str| {
        for (place, item) in items.enumerate() {
            if place > 0 {
                out.extend_from_slice(between.as_bytes());
            }
            raw(out, item, delimiter);
        }
    };
    match reply {
        Reply::Simple(text) => out.extend_from_slice(text.as_bytes()),
        Reply::Status(text) | Reply::Verbatim(text) => out.extend_from_slice(text.as_bytes()),
        Reply::Error(text) => {
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        Reply::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Reply::Bulk(bytes) => out.extend_from_slice(bytes),
        Reply::Double(number) => out.extend_from_slice(double(*number).as_bytes()),
        Reply::Bool(value) => out.extend_from_slice(if *value { b"(true)" } else { b"(false)" }),
        Reply::Null | Reply::NullArray | Reply::Nothing => {}
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) | Reply::Several(items) => {
            join(&mut items.iter(), delimiter)
        }
        Reply::Map(pairs) => join(
            &mut pairs.iter().flat_map(|(key, value)| [key, value]),
            delimiter,
        ),
    }
}

fn csv(out: &mut Vec<u8>, reply: &Reply) {
    let mut join = |items: &mut dyn Iterator<Item = &Reply>| {
        for (place, item) in items.enumerate() {
            if place > 0 {
                out.push(b',');
            }
            csv(out, item);
        }
    };
    let shown = match reply {
        Reply::Simple(text) => words::quoted(text.as_bytes()),
        Reply::Status(text) | Reply::Verbatim(text) => words::quoted(text.as_bytes()),
        Reply::Error(text) => format!("ERROR,{}", words::quoted(text.as_bytes())),
        Reply::Bulk(bytes) => words::quoted(bytes),
        Reply::Int(number) => number.to_string(),
        Reply::Double(number) => double(*number),
        Reply::Bool(value) => value.to_string(),
        Reply::Null | Reply::NullArray => "NULL".into(),
        Reply::Nothing => String::new(),
        Reply::Array(items) | Reply::Set(items) | Reply::Push(items) | Reply::Several(items) => {
            return join(&mut items.iter());
        }
        Reply::Map(pairs) => return join(&mut pairs.iter().flat_map(|(key, value)| [key, value])),
    };
    out.extend_from_slice(shown.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_lists() {
        let inner = Reply::Array(vec![Reply::bulk("a"), Reply::Null]);
        let reply = Reply::Array(vec![inner, Reply::Int(7)]);
        let show = |form| String::from_utf8(text(&reply, form, "\n")).unwrap();
        assert_eq!(
            show(Form::Standard),
            "1) 1) \"a\"\n   2) (nil)\n2) (integer) 7\n"
        );
        assert_eq!(show(Form::Raw), "a\n\n7\n");
        assert_eq!(show(Form::Csv), "\"a\",NULL,7\n");
    }
}
