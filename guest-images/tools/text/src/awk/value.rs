//! Values: strings, numbers, and strings from input that look like numbers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A scalar.
#[derive(Clone, Debug)]
pub enum Value {
    Unset,
    Number(f64),
    Text(Rc<str>),
    /// From input: compares as a number when it looks like one.
    Input(Rc<str>),
}

/// An array that remembers the order in which its keys came.
#[derive(Default, Debug)]
pub struct Array {
    index: HashMap<Rc<str>, usize>,
    slots: Vec<Option<(Rc<str>, Value)>>,
}

/// A shared array.
pub type Shared = Rc<RefCell<Array>>;

impl Array {
    pub fn get(&mut self, key: &str) -> Value {
        match self.index.get(key).and_then(|at| self.slots[*at].as_ref()) {
            Some((_, value)) => value.clone(),
            None => {
                // To look is to create, as awk has it.
                self.set(key, Value::Unset);
                Value::Unset
            }
        }
    }

    pub fn set(&mut self, key: &str, value: Value) {
        match self.index.get(key) {
            Some(at) => {
                if let Some(slot) = &mut self.slots[*at] {
                    slot.1 = value;
                }
            }
            None => {
                let key: Rc<str> = key.into();
                self.index.insert(key.clone(), self.slots.len());
                self.slots.push(Some((key, value)));
            }
        }
    }

    pub fn has(&self, key: &str) -> bool {
        self.index.contains_key(key)
    }

    pub fn remove(&mut self, key: &str) {
        if let Some(at) = self.index.remove(key) {
            self.slots[at] = None;
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn keys(&self) -> Vec<Rc<str>> {
        self.slots
            .iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect()
    }

    pub fn values(&self) -> Vec<Value> {
        self.slots
            .iter()
            .flatten()
            .map(|(_, value)| value.clone())
            .collect()
    }
}

/// The number at the start of a text, and how much of the text it is.
pub fn leading(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let mut at = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let start = at;
    if matches!(bytes.get(at), Some(b'+' | b'-')) {
        at += 1;
    }
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        if whole + fraction > 0 {
            at += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return (0.0, 0);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let power = digits((at + 1 + sign).min(bytes.len()));
        if power > 0 {
            at += 1 + sign + power;
        }
    }
    (text[start..at].parse().unwrap_or(0.0), at)
}

/// A number as awk prints it: integers as such, others by the format.
pub fn number_text(value: f64, format: &str) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        }
        .into();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.into();
    }
    if value == value.trunc() && value.abs() < 1e16 {
        return format!("{}", value as i64);
    }
    super::builtin::sprintf(format, &[Value::Number(value)], "%.6g")
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub fn number(&self) -> f64 {
        match self {
            Self::Unset => 0.0,
            Self::Number(value) => *value,
            Self::Text(text) | Self::Input(text) => leading(text).0,
        }
    }

    pub fn string(&self, format: &str) -> Rc<str> {
        match self {
            Self::Unset => "".into(),
            Self::Number(value) => number_text(*value, format).into(),
            Self::Text(text) | Self::Input(text) => text.clone(),
        }
    }

    fn looks_numeric(&self) -> bool {
        match self {
            Self::Unset | Self::Number(_) => true,
            Self::Text(_) => false,
            Self::Input(text) => {
                let (_, used) = leading(text);
                used > 0 && text[used..].trim().is_empty()
            }
        }
    }

    pub fn truth(&self) -> bool {
        match self {
            Self::Unset => false,
            Self::Number(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) if self.looks_numeric() => leading(text).0 != 0.0,
            Self::Input(text) => !text.is_empty(),
        }
    }

    /// Numbers by value when both are numbers, else as strings.
    pub fn compare(&self, other: &Self, format: &str) -> std::cmp::Ordering {
        if self.looks_numeric() && other.looks_numeric() {
            return self
                .number()
                .partial_cmp(&other.number())
                .unwrap_or(std::cmp::Ordering::Equal);
        }
        self.string(format).cmp(&other.string(format))
    }
}
