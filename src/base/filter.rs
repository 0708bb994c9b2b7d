//! Filters: `-f key=value` of the command line, and the `filters` parameter of the API in both of its JSON forms.
//!
//! Which keys exist is decided by whoever lists; this is only the bag of keys and values.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Keys with their values; several values of one key are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    fields: BTreeMap<String, BTreeSet<String>>,
}

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    #[error("bad format of filter (expected name=value)")]
    Form,
    #[error("invalid filter")]
    Json,
}

impl Filters {
    /// Adds one `key=value` of the command line; keys are case-insensitive.
    pub fn add_argument(&mut self, text: &str) -> Result<(), BadFilter> {
        if text.is_empty() {
            return Ok(());
        }
        let (key, value) = text.split_once('=').ok_or(BadFilter::Form)?;
        self.add(key.trim().to_lowercase(), value.trim());
        Ok(())
    }

    /// Adds one value.
    pub fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.fields
            .entry(key.into())
            .or_default()
            .insert(value.into());
    }

    /// Reads the API's parameter: `{"key":{"value":true}}` or `{"key":["value"]}`; the empty text is no filter.
    pub fn from_json(text: &str) -> Result<Self, BadFilter> {
        let mut filters = Self::default();
        if text.is_empty() {
            return Ok(filters);
        }
        let map: Map<String, Value> = serde_json::from_str(text).map_err(|_| BadFilter::Json)?;
        for (key, values) in map {
            let values: Vec<String> = match values {
                Value::Object(set) => set
                    .into_iter()
                    .map(|(value, on)| on.is_boolean().then_some(value))
                    .collect::<Option<_>>()
                    .ok_or(BadFilter::Json)?,
                Value::Array(list) => list
                    .into_iter()
                    .map(|v| v.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or(BadFilter::Json)?,
                Value::Null => Vec::new(),
                _ => return Err(BadFilter::Json),
            };
            filters.fields.entry(key).or_default().extend(values);
        }
        Ok(filters)
    }

    /// Writes the API's parameter in the form that Docker's client uses.
    pub fn to_json(&self) -> String {
        let set = |values: &BTreeSet<String>| {
            let map: Map<String, Value> = values.iter().map(|v| (v.clone(), true.into())).collect();
            Value::Object(map)
        };
        let map: Map<String, Value> = self
            .fields
            .iter()
            .map(|(key, values)| (key.clone(), set(values)))
            .collect();
        Value::Object(map).to_string()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The keys that were given, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether the key was given at all.
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The values of a key, sorted; none when it was not given.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.fields
            .get(key)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// Whether one of the key's values equals `value`, or the key was not given.
    pub fn exact(&self, key: &str, value: &str) -> bool {
        self.fields.get(key).is_none_or(|set| set.contains(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_mean_the_same() {
        let map = Filters::from_json(r#"{"status":{"running":true},"label":{"a=b":true}}"#);
        let list = Filters::from_json(r#"{"status":["running"],"label":["a=b"]}"#);
        assert_eq!(map, list);
        let filters = map.unwrap();
        assert_eq!(
            filters.to_json(),
            r#"{"label":{"a=b":true},"status":{"running":true}}"#
        );
        assert!(filters.exact("status", "running"));
        assert!(!filters.exact("status", "exited"));
        assert!(filters.exact("name", "anything"), "not given");
    }

    #[test]
    fn arguments() {
        let mut filters = Filters::default();
        assert_eq!(filters.add_argument(" Status = exited "), Ok(()));
        assert_eq!(filters.add_argument("label=a=b"), Ok(()));
        assert_eq!(filters.add_argument(""), Ok(()));
        assert_eq!(filters.add_argument("x"), Err(BadFilter::Form));
        assert_eq!(filters.values("label").collect::<Vec<_>>(), ["a=b"]);
        assert_eq!(filters.keys().collect::<Vec<_>>(), ["label", "status"]);
    }

    #[test]
    fn other_json_is_refused() {
        for bad in ["[]", "{", r#"{"a":1}"#, r#"{"a":[1]}"#, r#"{"a":{"b":1}}"#] {
            assert_eq!(Filters::from_json(bad), Err(BadFilter::Json), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = Filters::from_json(&text);
        }
    }
}
