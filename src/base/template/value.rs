//! What templates compute with: JSON and Go's finer distinctions (a nil list prints `[]`, a nil pointer `<nil>`).

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// A field that takes arguments, such as `.Label "key"`.
pub type Method = Rc<dyn Fn(&[Value]) -> Result<Value, String>>;

/// A value of a template.
#[derive(Clone)]
pub enum Value {
    /// Go's invalid value: a missing key. Prints `<no value>`.
    Missing,
    Nil(NilKind),
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    List(Rc<Vec<Value>>),
    Map(Rc<BTreeMap<String, Value>>),
    Struct(Rc<Record>),
    Method(Method),
}

/// What is nil decides how it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NilKind {
    Pointer,
    List,
    Map,
}

/// A Go struct: named fields in order.
#[derive(Debug, Default)]
pub struct Record {
    /// As Go names it in errors, such as `*formatter.ContainerContext`.
    pub type_name: String,
    pub fields: Vec<(String, Value)>,
    /// JSON with sorted keys and escaped `<`, `>` and `&`, as Docker's formatter contexts marshal themselves.
    pub context: bool,
    /// Fields that can be named but are left out of the JSON.
    pub hidden: Vec<(String, Value)>,
}

impl Record {
    /// A formatter context: what one row of a listing offers to `--format`.
    pub fn context(type_name: &str, fields: Vec<(&str, Value)>) -> Self {
        Self {
            type_name: type_name.to_owned(),
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            context: true,
            hidden: Vec::new(),
        }
    }

    /// Adds a field or method that JSON does not show.
    pub fn hide(mut self, name: &str, value: Value) -> Self {
        self.hidden.push((name.to_owned(), value));
        self
    }

    /// A field by the name that Go's struct has for it, or by the one in the JSON.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let find = |name: &str| {
            let mut all = self.fields.iter().chain(&self.hidden);
            all.find(|(n, _)| n == name).map(|(_, v)| v)
        };
        find(name).or_else(|| {
            let renamed = GO_NAMES.iter().find(|(go, _)| *go == name);
            renamed.and_then(|(_, json)| find(json))
        })
    }
}

/// Fields whose names in Go's structs differ from those in the JSON.
const GO_NAMES: &[(&str, &str)] = &[
    ("APIVersion", "ApiVersion"),
    ("CPUCfsPeriod", "CpuCfsPeriod"),
    ("CPUCfsQuota", "CpuCfsQuota"),
    ("CPUCount", "CpuCount"),
    ("CPUPercent", "CpuPercent"),
    ("CPUPeriod", "CpuPeriod"),
    ("CPUQuota", "CpuQuota"),
    ("CPURealtimePeriod", "CpuRealtimePeriod"),
    ("CPURealtimeRuntime", "CpuRealtimeRuntime"),
    ("CPUShares", "CpuShares"),
    ("DNS", "Dns"),
    ("DNSOptions", "DnsOptions"),
    ("DNSSearch", "DnsSearch"),
    ("HTTPProxy", "HttpProxy"),
    ("HTTPSProxy", "HttpsProxy"),
    ("HostIP", "HostIp"),
    ("ID", "Id"),
    ("NanoCPUs", "NanoCpus"),
];

impl Value {
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Rc::from(text.as_ref()))
    }

    pub fn list(items: Vec<Value>) -> Self {
        Self::List(Rc::new(items))
    }

    pub fn record(record: Record) -> Self {
        Self::Struct(Rc::new(record))
    }

    /// Plain JSON: objects are maps, as after Go decoded into `interface{}`.
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Nil(NilKind::Pointer),
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => number(n),
            Json::String(s) => Self::text(s),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            Json::Object(map) => Self::Map(Rc::new(
                map.iter()
                    .map(|(k, v)| (k.clone(), Self::from_json(v)))
                    .collect(),
            )),
        }
    }

    /// JSON of a Go struct: objects are structs, except for the fields that `is_map` names, whose keys are data.
    pub fn typed(json: &serde_json::Value, type_name: &str, is_map: &dyn Fn(&str) -> bool) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Array(items) => Self::list(
                items
                    .iter()
                    .map(|v| Self::typed(v, type_name, is_map))
                    .collect(),
            ),
            Json::Object(map) => Self::record(Record {
                type_name: type_name.to_owned(),
                fields: map
                    .iter()
                    .map(|(k, v)| (k.clone(), Self::typed_field(k, v, type_name, is_map)))
                    .collect(),
                ..Record::default()
            }),
            other => Self::from_json(other),
        }
    }

    fn typed_field(
        name: &str,
        json: &serde_json::Value,
        outer: &str,
        is_map: &dyn Fn(&str) -> bool,
    ) -> Self {
        use serde_json::Value as Json;
        let inner = format!("{}.{name}", outer.trim_start_matches('*'));
        match json {
            Json::Null if is_map(name) => Self::Nil(NilKind::Map),
            Json::Null => Self::Nil(NilKind::List),
            Json::Object(map) if is_map(name) => Self::Map(Rc::new(
                map.iter()
                    .map(|(k, v)| (k.clone(), Self::typed(v, &inner, is_map)))
                    .collect(),
            )),
            other => Self::typed(other, &inner, is_map),
        }
    }

    /// Go's truth: not zero, not empty, not nil.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Nil(_) => false,
            Self::Bool(b) => *b,
            Self::Int(n) => *n != 0,
            Self::Float(f) => *f != 0.0,
            Self::Text(s) => !s.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) | Self::Method(_) => true,
        }
    }

    /// The type's name in error texts.
    pub fn type_name(&self) -> String {
        match self {
            Self::Missing => "<nil>".into(),
            Self::Nil(NilKind::Pointer) => "interface {}".into(),
            Self::Nil(NilKind::List) | Self::List(_) => "[]interface {}".into(),
            Self::Nil(NilKind::Map) | Self::Map(_) => "map[string]interface {}".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(_) => "int".into(),
            Self::Float(_) => "float64".into(),
            Self::Text(_) => "string".into(),
            Self::Struct(record) => record.type_name.clone(),
            Self::Method(_) => "func".into(),
        }
    }

    /// Writes JSON; `escape` replaces what HTML would read.
    pub fn to_json(&self, out: &mut String, escape: bool) {
        match self {
            Self::Missing | Self::Nil(_) | Self::Method(_) => out.push_str("null"),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Int(n) => out.push_str(&n.to_string()),
            Self::Float(f) => out.push_str(&super::fmt::float(*f)),
            Self::Text(s) => json_text(out, s, escape),
            Self::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    item.to_json(out, escape);
                }
                out.push(']');
            }
            Self::Map(map) => object(out, map.iter(), escape),
            Self::Struct(record) if record.context => {
                let sorted: BTreeMap<&String, &Value> =
                    record.fields.iter().map(|(k, v)| (k, v)).collect();
                object(out, sorted.into_iter(), true);
            }
            Self::Struct(record) => {
                object(out, record.fields.iter().map(|(k, v)| (k, v)), escape);
            }
        }
    }
}

fn object<'a>(
    out: &mut String,
    fields: impl Iterator<Item = (&'a String, &'a Value)>,
    escape: bool,
) {
    out.push('{');
    for (n, (name, value)) in fields.enumerate() {
        if n > 0 {
            out.push(',');
        }
        json_text(out, name, escape);
        out.push(':');
        value.to_json(out, escape);
    }
    out.push('}');
}

fn json_text(out: &mut String, text: &str, escape: bool) {
    let quoted = serde_json::Value::from(text).to_string();
    for c in quoted.chars() {
        match c {
            '<' | '>' | '&' if escape => out.push_str(&format!("\\u{:04x}", c as u32)),
            '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
}

fn number(n: &serde_json::Number) -> Value {
    match n.as_i64() {
        Some(int) => Value::Int(int),
        None => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::fmt::plain(self))
    }
}
