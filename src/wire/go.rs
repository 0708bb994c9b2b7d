//! Decodes request bodies by the rules of Go's `encoding/json`, which every Docker client relies on.
//!
//! Field names match without regard to case, unknown fields are ignored, the last of two equal fields wins, and `null`
//! leaves the zero value. Errors use Go's words. The input is hostile: `serde_json` bounds its depth at 128, the server its length.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::Value;
use std::fmt;

/// Why a body was refused; prints as Go does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(String);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError(format!("json: {message}"))
    }
}

/// Decodes one JSON document.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    from_value(parse(bytes)?)
}

/// Parses the text without giving it a type yet.
pub fn parse(bytes: &[u8]) -> Result<Value, DecodeError> {
    serde_json::from_slice(bytes).map_err(|e| {
        DecodeError(if e.is_eof() {
            if bytes.iter().all(u8::is_ascii_whitespace) {
                "EOF".into()
            } else {
                "unexpected EOF".into()
            }
        } else {
            format!("invalid character in JSON: {e}")
        })
    })
}

/// Gives a parsed document its type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(Go {
        value,
        path: String::new(),
    })
}

/// Escapes what Go's JSON encoder escapes and serde's does not. Outside strings these characters do not occur.
pub fn escaped(text: String) -> String {
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A value and the names that led to it.
struct Go {
    value: Value,
    path: String,
}

impl Go {
    fn mismatch(&self, expected: &str) -> DecodeError {
        let found = match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if self.path.is_empty() {
            return DecodeError(format!(
                "json: cannot unmarshal {found} into Go value of type {expected}"
            ));
        }
        DecodeError(format!(
            "json: cannot unmarshal {found} into Go struct field {} of type {expected}",
            self.path
        ))
    }

    fn items(self) -> Items {
        let path = self.path;
        match self.value {
            Value::Array(values) => Items {
                values: values.into_iter(),
                path,
            },
            _ => Items {
                values: Vec::new().into_iter(),
                path,
            },
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $as:ident $zero:literal $name:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match &self.value {
                Value::Null => visitor.$visit($zero),
                Value::Number(n) => match n.$as() {
                    Some(n) => visitor.$visit(n),
                    None => Err(self.mismatch($name)),
                },
                _ => Err(self.mismatch($name)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Go {
    type Error = DecodeError;

    integers! {
        deserialize_i8 visit_i64 as_i64 0 "int8";
        deserialize_i16 visit_i64 as_i64 0 "int16";
        deserialize_i32 visit_i64 as_i64 0 "int";
        deserialize_i64 visit_i64 as_i64 0 "int64";
        deserialize_u8 visit_u64 as_u64 0 "uint8";
        deserialize_u16 visit_u64 as_u64 0 "uint16";
        deserialize_u32 visit_u64 as_u64 0 "uint";
        deserialize_u64 visit_u64 as_u64 0 "uint64";
        deserialize_f32 visit_f64 as_f64 0.0 "float32";
        deserialize_f64 visit_f64 as_f64 0.0 "float64";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(b),
            Value::String(s) => visitor.visit_string(s),
            Value::Array(_) => visitor.visit_seq(self.items()),
            // Free-form values (`serde_json::Value` fields) keep the names as they came.
            Value::Number(_) | Value::Object(_) => self
                .value
                .deserialize_any(visitor)
                .map_err(de::Error::custom),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_bool(false),
            Value::Bool(b) => visitor.visit_bool(b),
            _ => Err(self.mismatch("bool")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_string(String::new()),
            Value::String(s) => visitor.visit_string(s),
            _ => Err(self.mismatch("string")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Null | Value::Array(_) => visitor.visit_seq(self.items()),
            _ => Err(self.mismatch("[]string")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let pairs = match self.value {
            Value::Null => Vec::new(),
            Value::Object(map) => map.into_iter().collect(),
            _ => return Err(self.mismatch("map[string]string")),
        };
        visitor.visit_map(Fields {
            pairs: pairs.into_iter(),
            next: None,
            path: self.path,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let map = match self.value {
            Value::Null => serde_json::Map::new(),
            Value::Object(map) => map,
            _ => return Err(self.mismatch(name)),
        };
        let mut pairs: Vec<(String, Value)> = Vec::with_capacity(map.len());
        for (key, value) in map {
            let known = fields
                .iter()
                .find(|f| **f == key)
                .or_else(|| fields.iter().find(|f| f.eq_ignore_ascii_case(&key)));
            let Some(field) = known else { continue };
            match pairs.iter_mut().find(|(name, _)| name == field) {
                Some(pair) => pair.1 = value,
                None => pairs.push(((*field).to_owned(), value)),
            }
        }
        visitor.visit_map(Fields {
            pairs: pairs.into_iter(),
            next: None,
            path: self.path,
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple_struct enum identifier ignored_any }
}

struct Items {
    values: std::vec::IntoIter<Value>,
    path: String,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(value) = self.values.next() else {
            return Ok(None);
        };
        seed.deserialize(Go {
            value,
            path: self.path.clone(),
        })
        .map(Some)
    }
}

struct Fields {
    pairs: std::vec::IntoIter<(String, Value)>,
    next: Option<(String, Value)>,
    path: String,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        self.next = self.pairs.next();
        let Some((key, _)) = &self.next else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, DecodeError> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        let (key, value) = self.next.take().unwrap_or_default();
        seed.deserialize(Go {
            value,
            path: format!("{}.{key}", self.path),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::CreateBody;

    #[test]
    fn json_is_escaped_as_go_does() {
        assert_eq!(
            escaped("{\"a\":\"<b>&\"}".into()),
            "{\"a\":\"\\u003cb\\u003e\\u0026\"}"
        );
        assert_eq!(escaped("{\"a\":1}".into()), "{\"a\":1}");
    }

    #[test]
    fn names_are_matched_without_case_and_unknown_ones_ignored() {
        let body: CreateBody = from_slice(
            br#"{"image":"busybox","CMD":"echo","entryPoint":["a","b"],"nosuch":1,"hostconfig":{"autoremove":true,"memory":7}}"#,
        )
        .unwrap();
        assert_eq!(body.config.image, "busybox");
        assert_eq!(body.config.cmd, Some(vec!["echo".to_owned()]));
        assert_eq!(
            body.config.entrypoint,
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        let host = body.host_config.unwrap();
        assert!(host.auto_remove);
        assert_eq!(host.memory, 7);
    }

    #[test]
    fn null_is_the_zero_value() {
        let body: CreateBody =
            from_slice(br#"{"Image":null,"Tty":null,"Env":null,"Labels":null,"HostConfig":null,"StopTimeout":null}"#).unwrap();
        assert_eq!(body, CreateBody::default());
    }

    #[test]
    fn the_last_of_two_spellings_wins() {
        let body: CreateBody = from_slice(br#"{"Image":"a","image":"b"}"#).unwrap();
        assert_eq!(body.config.image, "b");
    }

    #[test]
    fn errors_use_gos_words() {
        let wrong = from_slice::<CreateBody>(br#"{"image":"busybox","tty":"x"}"#).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "json: cannot unmarshal string into Go struct field .Tty of type bool"
        );
        assert_eq!(
            from_slice::<CreateBody>(br#"{"image":"#)
                .unwrap_err()
                .to_string(),
            "unexpected EOF"
        );
        assert_eq!(
            from_slice::<CreateBody>(b"").unwrap_err().to_string(),
            "EOF"
        );
    }
}
