//! The `filters` parameter: `{"key": {"value": true}}` as the CLI sends it, or `{"key": ["value"]}` as docker-py does.

use super::{Error, Result, Timestamp};
use crate::base::{filter, time};
use std::collections::BTreeMap;

/// Values by key; sorted, so that answers do not depend on the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, Vec<String>>);

impl Filters {
    /// Reads the query parameter; empty means no filter.
    pub fn parse(text: &str) -> Result<Self> {
        let read = filter::Filters::from_json(text).map_err(|e| Error::invalid(e.to_string()))?;
        let values = |key: &str| read.values(key).map(str::to_owned).collect();
        Ok(Filters(
            read.keys()
                .map(|key| (key.to_owned(), values(key)))
                .collect(),
        ))
    }

    /// Builds filters in code.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0
            .entry(key.to_owned())
            .or_default()
            .push(value.to_owned());
        self
    }

    /// Refuses keys that the verb does not know.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(Error::invalid(format!("invalid filter '{key}'"))),
            None => Ok(()),
        }
    }

    /// The values of a key; empty when it was not given.
    pub fn get(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether the key was given.
    pub fn has(&self, key: &str) -> bool {
        !self.get(key).is_empty()
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Exactly one of the values, or no such filter.
    pub fn exact(&self, key: &str, value: &str) -> bool {
        let values = self.get(key);
        values.is_empty() || values.iter().any(|v| v == value)
    }

    /// The text of one of the values matches as a regular expression (or is the same), or there is no such filter.
    pub fn matches(&self, key: &str, text: &str) -> bool {
        let values = self.get(key);
        values.is_empty()
            || values.iter().any(|v| {
                v == text || regex::Regex::new(v).is_ok_and(|pattern| pattern.is_match(text))
            })
    }

    /// A boolean: `dangling=true`. The error is Docker's.
    pub fn boolean(&self, key: &str, default: bool) -> Result<bool> {
        let values = self.get(key);
        let word = |v: &str| match v {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        };
        match values {
            [] => Ok(default),
            [one] if word(one).is_some() => Ok(word(one).unwrap_or(default)),
            many => Err(Error::invalid(format!(
                "invalid filter '{key}=[{}]'",
                many.join(" ")
            ))),
        }
    }

    /// What `until` says: a moment, or how long before `now`. The error is Docker's.
    pub fn until(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        match self.get("until") {
            [] => Ok(None),
            [one] => moment(one, now).map(Some),
            _ => Err(Error::invalid("more than one until filter specified")),
        }
    }

    /// `label=key` and `label=key=value`: all of them must hold. `label!` none.
    pub fn labels<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let holds = |wanted: &String| match wanted.split_once('=') {
            Some((key, value)) => label(key) == Some(value),
            None => label(wanted).is_some(),
        };
        self.get("label").iter().all(holds) && !self.get("label!").iter().any(holds)
    }
}

/// A moment as filters write it: RFC 3339, seconds since the epoch, or an age such as `10m`.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    let seconds = time::to_api(text, now.0).map_err(|e| e.to_string());
    let moment = seconds.and_then(|seconds| Timestamp::parse_unix(&seconds));
    moment.map_err(|_| {
        Error::invalid(format!(
            "failed to parse value as time or duration: {text:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_say_the_same() {
        let cli = Filters::parse(r#"{"label":{"a":true,"b=c":true}}"#).unwrap();
        let py = Filters::parse(r#"{"label":["b=c","a"]}"#).unwrap();
        assert_eq!(cli, py);
        assert_eq!(cli.get("label"), ["a", "b=c"]);
    }

    #[test]
    fn unknown_keys_and_broken_json_are_refused() {
        let bogus = Filters::parse(r#"{"bogus":["a"]}"#).unwrap();
        assert_eq!(
            bogus.only(&["id"]).unwrap_err().message,
            "invalid filter 'bogus'"
        );
        assert_eq!(
            Filters::parse("bogus").unwrap_err().message,
            "invalid filter"
        );
    }

    #[test]
    fn labels_must_all_hold() {
        let label = |key: &str| (key == "a").then_some("b");
        assert!(Filters::default().with("label", "a").labels(label));
        assert!(Filters::default().with("label", "a=b").labels(label));
        assert!(
            !Filters::default()
                .with("label", "a=b")
                .with("label", "x")
                .labels(label)
        );
        assert!(!Filters::default().with("label!", "a").labels(label));
    }

    #[test]
    fn until_is_one_moment() {
        let until = |values: &[&str]| {
            let filters = Filters::default();
            let with = |f: Filters, v: &&str| f.with("until", v);
            values
                .iter()
                .fold(filters, with)
                .until(Timestamp(3_600_000_000_000))
        };
        assert_eq!(until(&[]).unwrap(), None);
        assert_eq!(until(&["1h"]).unwrap(), Some(Timestamp(0)));
        assert_eq!(until(&["7"]).unwrap(), Some(Timestamp(7_000_000_000)));
        assert_eq!(
            until(&["bogus"]).unwrap_err().message,
            "failed to parse value as time or duration: \"bogus\""
        );
        assert_eq!(
            until(&["1h", "2h"]).unwrap_err().message,
            "more than one until filter specified"
        );
    }

    #[test]
    fn booleans_are_strict() {
        assert!(
            Filters::default()
                .with("dangling", "1")
                .boolean("dangling", false)
                .unwrap()
        );
        let wrong = Filters::default()
            .with("is-task", "a")
            .boolean("is-task", false)
            .unwrap_err();
        assert_eq!(wrong.message, "invalid filter 'is-task=[a]'");
    }
}
