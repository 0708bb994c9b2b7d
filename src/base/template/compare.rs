//! `eq ne lt le gt ge` over Go's basic kinds.

use super::value::Value;
use std::cmp::Ordering;

const KINDS: &str = "incompatible types for comparison";
const TYPE: &str = "invalid type for comparison";
const NONE: &str = "missing argument for comparison";

/// Whether the first argument equals any of the others.
pub fn eq(args: &[Value]) -> Result<bool, String> {
    let (first, rest) = args.split_first().ok_or(NONE)?;
    if rest.is_empty() {
        return Err(NONE.into());
    }
    for other in rest {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub fn ne(args: &[Value]) -> Result<bool, String> {
    let [a, b] = args else {
        return Err(NONE.into());
    };
    Ok(!equal(a, b)?)
}

/// Whether the order of the two arguments satisfies `wanted`.
pub fn ordered(args: &[Value], wanted: impl Fn(Ordering) -> bool) -> Result<bool, String> {
    let [a, b] = args else {
        return Err(NONE.into());
    };
    let order = match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Greater),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(_), Value::Bool(_)) => return Err(TYPE.into()),
        _ if basic(a) && basic(b) => return Err(KINDS.into()),
        _ => return Err(TYPE.into()),
    };
    Ok(wanted(order))
}

fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Missing | Value::Nil(_), Value::Missing | Value::Nil(_)) => true,
        (Value::Missing | Value::Nil(_), _) | (_, Value::Missing | Value::Nil(_)) => false,
        _ if basic(a) && basic(b) => return Err(KINDS.into()),
        _ => {
            let odd = if basic(a) { b } else { a };
            return Err(format!("non-comparable type {odd:?}: {}", odd.type_name()));
        }
    })
}

fn basic(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_)
    )
}
