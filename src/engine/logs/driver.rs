//! The log drivers and their options, as far as they are checked when a container is created.
//!
//! Docker looks at the names of the options then, and at the values of few; the others are found by `settings` at the start.

use super::syslog;
use crate::base::size;
use crate::engine::record::Record;
use crate::wire::{LogConfig, StringMap};

/// Where a container's output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    JsonFile,
    Local,
    None,
    Syslog,
    Journald,
}

/// The options that every driver takes, whatever it is.
const COMMON: &[&str] = &[
    "mode",
    "max-buffer-size",
    "cache-disabled",
    "cache-max-file",
    "cache-max-size",
    "cache-compress",
];

/// The names of the drivers of this machine, sorted, for `info`.
pub fn known() -> Vec<String> {
    let mut names = vec!["json-file", "local", "syslog"];
    if cfg!(target_os = "linux") {
        names.insert(0, "journald");
    }
    names.into_iter().map(str::to_owned).collect()
}

impl Driver {
    /// The driver of a container; unknown names cannot have been created and log nothing.
    pub fn of(record: &Record) -> Self {
        Self::named(&record.host_config.log_config.kind).unwrap_or(Driver::None)
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "" | "json-file" => Driver::JsonFile,
            "local" => Driver::Local,
            "none" => Driver::None,
            "syslog" => Driver::Syslog,
            "journald" if cfg!(target_os = "linux") => Driver::Journald,
            _ => return None,
        })
    }

    /// Whether `logs` can read what was written.
    pub fn is_readable(self, record: &Record) -> bool {
        let options = record.host_config.log_config.config.as_ref();
        let uncached = options
            .and_then(|o| o.get("cache-disabled"))
            .and_then(|text| crate::base::strconv::parse_bool(text).ok())
            .unwrap_or(false);
        match self {
            Driver::JsonFile | Driver::Local | Driver::Journald => true,
            Driver::Syslog => !uncached,
            Driver::None => false,
        }
    }

    /// The options of this driver alone.
    fn options(self) -> &'static [&'static str] {
        match self {
            Driver::JsonFile => &[
                "max-file",
                "max-size",
                "compress",
                "labels",
                "labels-regex",
                "env",
                "env-regex",
                "tag",
            ],
            Driver::Local => &["max-file", "max-size", "compress"],
            Driver::Syslog => &[
                "env",
                "env-regex",
                "labels",
                "labels-regex",
                "syslog-address",
                "syslog-facility",
                "syslog-tls-ca-cert",
                "syslog-tls-cert",
                "syslog-tls-key",
                "syslog-tls-skip-verify",
                "tag",
                "syslog-format",
            ],
            Driver::Journald => &["labels", "labels-regex", "env", "env-regex", "tag"],
            Driver::None => &[],
        }
    }
}

/// Refuses a log configuration in Docker's words.
pub fn check(config: &LogConfig) -> Result<(), String> {
    let name = match config.kind.as_str() {
        "" => "json-file",
        name => name,
    };
    let Some(driver) = Driver::named(name) else {
        return Err(format!(
            "error looking up logging plugin {name}: plugin \"{name}\" not found"
        ));
    };
    // Docker takes any option for `none`; its client does not.
    if driver == Driver::None {
        return Ok(());
    }
    let empty = StringMap::new();
    let options = config.config.as_ref().unwrap_or(&empty);
    buffering(options)?;
    let own = driver.options();
    let strange = options
        .keys()
        .find(|key| !COMMON.contains(&key.as_str()) && !own.contains(&key.as_str()));
    match strange {
        Some(key) if driver == Driver::Local => {
            Err(format!("unknown log opt '{key}' for log driver local"))
        }
        Some(key) => Err(format!("unknown log opt '{key}' for {name} log driver")),
        None if driver == Driver::Syslog => syslog::check(options),
        None => Ok(()),
    }
}

/// The options about how output is handed on.
fn buffering(options: &StringMap) -> Result<(), String> {
    let mode = options.get("mode").map_or("", String::as_str);
    if !matches!(mode, "" | "blocking" | "non-blocking") {
        return Err(format!("logger: logging mode not supported: {mode}"));
    }
    if let Some(text) = options.get("max-buffer-size") {
        if mode != "non-blocking" {
            return Err(
                "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
                    .to_owned(),
            );
        }
        size::parse_binary(text)
            .map_err(|e| format!("error parsing option max-buffer-size: {e}"))?;
    }
    match options.get("cache-disabled") {
        Some(text) if crate::base::strconv::parse_bool(text).is_err() => {
            Err(format!("invalid value for option cache-disabled: {text}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: &str, options: &[(&str, &str)]) -> Option<String> {
        let pairs = options.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let config = LogConfig {
            kind: kind.to_owned(),
            config: Some(pairs.collect()),
        };
        check(&config).err()
    }

    #[test]
    fn the_refusals_are_dockers() {
        for (kind, options, words) in [
            (
                "bogus",
                &[][..],
                "error looking up logging plugin bogus: plugin \"bogus\" not found",
            ),
            (
                "json-file",
                &[("bogus", "1")],
                "unknown log opt 'bogus' for json-file log driver",
            ),
            (
                "local",
                &[("labels", "a")],
                "unknown log opt 'labels' for log driver local",
            ),
            (
                "json-file",
                &[("mode", "blah")],
                "logger: logging mode not supported: blah",
            ),
            (
                "json-file",
                &[("max-buffer-size", "1m")],
                "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
            ),
            (
                "syslog",
                &[("mode", "non-blocking"), ("max-buffer-size", "x")],
                "error parsing option max-buffer-size: invalid size: 'x'",
            ),
            (
                "json-file",
                &[("cache-disabled", "maybe")],
                "invalid value for option cache-disabled: maybe",
            ),
        ] {
            assert_eq!(refusal(kind, options).as_deref(), Some(words));
        }
    }

    #[test]
    fn values_that_docker_finds_at_the_start_pass() {
        for (kind, options) in [
            ("", &[("max-size", "abc"), ("max-file", "x")][..]),
            ("json-file", &[("tag", "{{"), ("labels-regex", "(")]),
            ("none", &[("max-size", "1")]),
            ("syslog", &[("cache-max-size", "abc"), ("tag", "{{")]),
        ] {
            assert_eq!(refusal(kind, options), None);
        }
    }
}
