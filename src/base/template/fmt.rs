//! Go's `fmt`: how `%v` shows a value, and `printf` with its verbs, flags and complaints (`%!d(string=x)`).

use super::value::{NilKind, Value};
use crate::base::strconv::quote;

/// A value as `%v` shows it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Missing => "<no value>".into(),
        Value::Nil(NilKind::Pointer) => "<nil>".into(),
        Value::Nil(NilKind::List) => "[]".into(),
        Value::Nil(NilKind::Map) => "map[]".into(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(f) => float(*f),
        Value::Text(s) => s.to_string(),
        Value::List(items) => {
            let shown: Vec<String> = items.iter().map(plain).collect();
            format!("[{}]", shown.join(" "))
        }
        Value::Map(map) => {
            let shown: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{k}:{}", plain(v)))
                .collect();
            format!("map[{}]", shown.join(" "))
        }
        Value::Struct(record) => {
            // A nil pointer that the JSON leaves out is still a field of the struct.
            let nils = record.hidden.iter();
            let nils = nils.filter(|(_, v)| matches!(v, Value::Nil(NilKind::Pointer)));
            let shown: Vec<String> = record
                .fields
                .iter()
                .chain(nils)
                .map(|(_, v)| plain(v))
                .collect();
            format!("{{{}}}", shown.join(" "))
        }
        Value::Method(_) => "<func>".into(),
    }
}

/// A float as `%v` shows it: the shortest digits, an exponent from 1e+21 on.
pub fn float(value: f64) -> String {
    if !value.is_finite() {
        return crate::base::size::significant(value, 1);
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..21).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{value}")
}

/// Go's `Sprint`: spaces between operands that are both no strings.
pub fn sprint(args: &[Value]) -> String {
    let mut out = String::new();
    for (n, arg) in args.iter().enumerate() {
        let text = |v: &Value| matches!(v, Value::Text(_));
        if n > 0 && !text(arg) && !text(&args[n - 1]) {
            out.push(' ');
        }
        out.push_str(&operand(arg));
    }
    out
}

/// Go's `Sprintln`.
pub fn sprintln(args: &[Value]) -> String {
    let shown: Vec<String> = args.iter().map(operand).collect();
    format!("{}\n", shown.join(" "))
}

/// A missing value is nil by the time it is an operand.
fn operand(value: &Value) -> String {
    match value {
        Value::Missing => "<nil>".into(),
        other => plain(other),
    }
}

/// The widest field that is honoured; wider ones are a mistake.
const WIDEST: usize = 10_000;

#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    zero: bool,
    sharp: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Go's `Sprintf`.
pub fn sprintf(format: &str, args: &[Value]) -> String {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    let mut next = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut spec = Spec::default();
        while let Some(flag) = chars.peek().copied() {
            match flag {
                '-' => spec.minus = true,
                '+' => spec.plus = true,
                '0' => spec.zero = true,
                '#' => spec.sharp = true,
                ' ' => spec.space = true,
                _ => break,
            }
            chars.next();
        }
        spec.width = count(&mut chars, args, &mut next);
        if chars.peek() == Some(&'.') {
            chars.next();
            spec.precision = Some(count(&mut chars, args, &mut next).unwrap_or(0));
        }
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match args.get(next) {
                None => out.push_str(&format!("%!{verb}(MISSING)")),
                Some(arg) => {
                    next += 1;
                    out.push_str(&one(verb, &spec, arg));
                }
            },
        }
    }
    if next < args.len() {
        let extra: Vec<String> = args[next..]
            .iter()
            .map(|a| format!("{}={}", a.type_name(), operand(a)))
            .collect();
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    out
}

fn count(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    args: &[Value],
    next: &mut usize,
) -> Option<usize> {
    if chars.peek() == Some(&'*') {
        chars.next();
        let given = args.get(*next)?;
        *next += 1;
        return match given {
            Value::Int(n) => usize::try_from(*n).ok().map(|n| n.min(WIDEST)),
            _ => None,
        };
    }
    let mut found = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        found = Some((found.unwrap_or(0) * 10 + digit as usize).min(WIDEST));
    }
    found
}

fn one(verb: char, spec: &Spec, arg: &Value) -> String {
    let body = match (verb, arg) {
        ('v', Value::Text(s)) if spec.sharp => quote(s),
        ('v', v) => operand(v),
        ('s', Value::Text(s)) => cut(s, spec),
        ('s', Value::List(_) | Value::Map(_) | Value::Struct(_) | Value::Nil(_)) => {
            cut(&operand(arg), spec)
        }
        ('q', Value::Text(s)) => quote(s),
        ('q', Value::List(items)) => {
            let shown: Vec<String> = items.iter().map(|v| one('q', spec, v)).collect();
            format!("[{}]", shown.join(" "))
        }
        ('q', Value::Int(n)) => format!("'{}'", character(*n)),
        ('d', Value::Int(n)) => signed(n.to_string(), spec),
        ('d', Value::List(items)) => {
            let shown: Vec<String> = items.iter().map(|v| one('d', spec, v)).collect();
            format!("[{}]", shown.join(" "))
        }
        ('x', Value::Int(n)) => format!("{}{n:x}", if spec.sharp { "0x" } else { "" }),
        ('X', Value::Int(n)) => format!("{n:X}"),
        ('o', Value::Int(n)) => format!("{n:o}"),
        ('b', Value::Int(n)) => format!("{n:b}"),
        ('c', Value::Int(n)) => character(*n).to_string(),
        ('U', Value::Int(n)) => format!("U+{n:04X}"),
        ('x', Value::Text(s)) => s.bytes().map(|b| format!("{b:02x}")).collect(),
        ('X', Value::Text(s)) => s.bytes().map(|b| format!("{b:02X}")).collect(),
        ('t', Value::Bool(b)) => b.to_string(),
        ('f' | 'F', Value::Float(f)) => {
            signed(format!("{f:.*}", spec.precision.unwrap_or(6)), spec)
        }
        ('e', Value::Float(f)) => {
            let text = format!("{f:.*e}", spec.precision.unwrap_or(6));
            let (m, e) = text.split_once('e').unwrap_or((&text, "0"));
            let e: i32 = e.parse().unwrap_or(0);
            format!("{m}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
        }
        ('g', Value::Float(f)) => match spec.precision {
            Some(digits) => crate::base::size::significant(*f, digits),
            None => float(*f),
        },
        ('T', v) => v.type_name(),
        (verb, Value::Missing) => return format!("%!{verb}(<nil>)"),
        (verb, v) => return format!("%!{verb}({}={})", v.type_name(), plain(v)),
    };
    pad(body, spec)
}

fn character(n: i64) -> char {
    u32::try_from(n)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or('\u{fffd}')
}

fn cut(text: &str, spec: &Spec) -> String {
    match spec.precision {
        Some(n) => text.chars().take(n).collect(),
        None => text.to_owned(),
    }
}

fn signed(digits: String, spec: &Spec) -> String {
    match digits.starts_with('-') {
        true => digits,
        false if spec.plus => format!("+{digits}"),
        false if spec.space => format!(" {digits}"),
        false => digits,
    }
}

fn pad(body: String, spec: &Spec) -> String {
    let missing = spec.width.unwrap_or(0).saturating_sub(body.chars().count());
    if missing == 0 {
        return body;
    }
    if spec.minus {
        return body + &" ".repeat(missing);
    }
    if spec.zero {
        let (sign, digits) = match body.strip_prefix(['-', '+']) {
            Some(digits) => (&body[..1], digits),
            None => ("", body.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + &body
}
