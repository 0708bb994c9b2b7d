//! The functions a template may call: Go's built-in ones and Docker's `json split join title lower upper pad truncate`.
//!
//! `and`, `or` and `not` live with the execution, because they do not evaluate all of their arguments.

use super::value::{NilKind, Value};
use super::{compare, escape, fmt};
use crate::base::strconv::quote;

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug)]
pub enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

/// What a function wants of each argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Any,
    Text,
    Int,
    Texts,
}

/// The signature of a function; `None` when there is no such function.
pub fn signature(name: &str) -> Option<(Arity, &'static [Want])> {
    use Want::{Any, Int, Text, Texts};
    Some(match name {
        "and" | "or" | "index" | "slice" | "call" => (Arity::AtLeast(1), &[Any]),
        "eq" => (Arity::AtLeast(1), &[Any]),
        "html" | "js" | "urlquery" | "print" | "println" => (Arity::AtLeast(0), &[Any]),
        "printf" => (Arity::AtLeast(1), &[Text, Any]),
        "len" | "not" | "json" => (Arity::Exactly(1), &[Any]),
        "ne" | "lt" | "le" | "gt" | "ge" => (Arity::Exactly(2), &[Any]),
        "split" => (Arity::Exactly(2), &[Text, Text]),
        "join" => (Arity::Exactly(2), &[Texts, Text]),
        "title" | "lower" | "upper" => (Arity::Exactly(1), &[Text]),
        "pad" => (Arity::Exactly(3), &[Text, Int, Int]),
        "truncate" => (Arity::Exactly(2), &[Text, Int]),
        _ => return None,
    })
}

/// Whether Docker added the function; in a table's header these return their first argument.
pub fn is_dockers(name: &str) -> bool {
    matches!(
        name,
        "json" | "split" | "join" | "title" | "lower" | "upper" | "pad" | "truncate"
    )
}

/// Calls a function whose arguments were checked against its signature.
pub fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    let text = |n: usize| match args.get(n) {
        Some(Value::Text(s)) => s.to_string(),
        _ => String::new(),
    };
    let int = |n: usize| match args.get(n) {
        Some(Value::Int(i)) => *i,
        _ => 0,
    };
    // Nobody pads beyond what a screen shows; a huge number must not reserve memory.
    let count = |n: usize| usize::try_from(int(n).clamp(0, 100_000)).unwrap_or(0);
    Ok(match name {
        "index" => return index(args),
        "slice" => return slice(args),
        "len" => return len(&args[0]),
        "eq" => compare::eq(args)?.into(),
        "ne" => compare::ne(args)?.into(),
        "lt" => compare::ordered(args, std::cmp::Ordering::is_lt)?.into(),
        "le" => compare::ordered(args, std::cmp::Ordering::is_le)?.into(),
        "gt" => compare::ordered(args, std::cmp::Ordering::is_gt)?.into(),
        "ge" => compare::ordered(args, std::cmp::Ordering::is_ge)?.into(),
        "html" => escape::html(&fmt::sprint(args)).into(),
        "js" => escape::js(&fmt::sprint(args)).into(),
        "urlquery" => escape::urlquery(&fmt::sprint(args)).into(),
        "print" => fmt::sprint(args).into(),
        "println" => fmt::sprintln(args).into(),
        "printf" => fmt::sprintf(&text(0), &args[1..]).into(),
        "json" => {
            let mut out = String::new();
            args[0].to_json(&mut out, false);
            out.into()
        }
        "split" => {
            let (source, by) = (text(0), text(1));
            let parts: Vec<Value> = match by.is_empty() {
                true => source.chars().map(|c| c.to_string().into()).collect(),
                false => source.split(by.as_str()).map(Value::from).collect(),
            };
            Value::list(parts)
        }
        "join" => match &args[0] {
            Value::List(items) => {
                let parts: Vec<String> = items.iter().map(fmt::plain).collect();
                parts.join(&text(1)).into()
            }
            _ => "".into(),
        },
        "title" => title(&text(0)).into(),
        "lower" => text(0).to_lowercase().into(),
        "upper" => text(0).to_uppercase().into(),
        "pad" if text(0).is_empty() => "".into(),
        "pad" => format!(
            "{}{}{}",
            " ".repeat(count(1)),
            text(0),
            " ".repeat(count(2))
        )
        .into(),
        "truncate" => truncate(&text(0), count(1)).into(),
        other => return Err(format!("function {} not defined", quote(other))),
    })
}

/// Cuts at bytes as Docker does, but never inside a character.
fn truncate(text: &str, length: usize) -> String {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

fn title(text: &str) -> String {
    let mut fresh = true;
    let mut out = String::new();
    for c in text.chars() {
        if fresh && c.is_alphabetic() {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        fresh = !(c.is_alphanumeric() || c == '_' || c == '\'');
    }
    out
}

fn len(value: &Value) -> Result<Value, String> {
    let n = match value {
        Value::Text(s) => s.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        Value::Nil(NilKind::List | NilKind::Map) => 0,
        Value::Missing | Value::Nil(NilKind::Pointer) => return Err("len of nil pointer".into()),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(i64::try_from(n).unwrap_or(i64::MAX)))
}

fn index(args: &[Value]) -> Result<Value, String> {
    let mut value = args[0].clone();
    if matches!(value, Value::Missing) {
        return Err("index of untyped nil".into());
    }
    for key in &args[1..] {
        value = match (&value, key) {
            (Value::List(items), Value::Int(n)) => {
                let at = usize::try_from(*n).ok();
                at.and_then(|at| items.get(at))
                    .cloned()
                    .ok_or_else(|| format!("index out of range: {n}"))?
            }
            (Value::Text(s), Value::Int(n)) => {
                let at = usize::try_from(*n).ok();
                let byte = at.and_then(|at| s.as_bytes().get(at));
                Value::Int(i64::from(
                    *byte.ok_or_else(|| format!("index out of range: {n}"))?,
                ))
            }
            (Value::Nil(NilKind::List), Value::Int(n)) => {
                return Err(format!("index out of range: {n}"));
            }
            (Value::List(_) | Value::Text(_) | Value::Nil(NilKind::List), other) => {
                return Err(match other {
                    Value::Missing => "cannot index slice/array with nil".into(),
                    _ => format!("cannot index slice/array with type {}", other.type_name()),
                });
            }
            (Value::Map(map), Value::Text(key)) => {
                map.get(key.as_ref()).cloned().unwrap_or(Value::Missing)
            }
            (Value::Nil(NilKind::Map), Value::Text(_)) => Value::Missing,
            (Value::Map(_), other) => {
                return Err(format!(
                    "value has type {}; should be string",
                    other.type_name()
                ));
            }
            (Value::Missing | Value::Nil(_), _) => return Err("index of nil pointer".into()),
            (other, _) => return Err(format!("can't index item of type {}", other.type_name())),
        };
    }
    Ok(value)
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let length = match &args[0] {
        Value::Text(s) => s.len(),
        Value::List(items) => items.len(),
        Value::Missing => return Err("slice of untyped nil".into()),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    if args.len() > 4 {
        return Err(format!("too many slice indexes: {}", args.len() - 1));
    }
    let mut bounds = [0, length];
    for (bound, arg) in bounds.iter_mut().zip(&args[1..]) {
        let Value::Int(n) = arg else {
            return Err(format!(
                "cannot index slice/array with type {}",
                arg.type_name()
            ));
        };
        let at = usize::try_from(*n).ok().filter(|at| *at <= length);
        *bound = at.ok_or_else(|| format!("index out of range: {n}"))?;
    }
    let [from, to] = bounds;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(match &args[0] {
        Value::Text(s) => String::from_utf8_lossy(&s.as_bytes()[from..to])
            .into_owned()
            .into(),
        Value::List(items) => Value::list(items[from..to].to_vec()),
        _ => Value::Missing,
    })
}
