//! How a container's log is kept: its limits, and what each entry carries. Read at each start, where Docker finds wrong values.

use super::Driver;
use super::info;
use crate::base::{size, strconv};
use crate::engine::record::Record;
use crate::wire::StringMap;

/// Bytes of one file and the number of files where nothing was asked for. Docker keeps everything; here a flood must not fill a
/// laptop.
const DEFAULT: (u64, u32) = (10_000_000, 3);
/// What Docker's `local` keeps.
const LOCAL: (u64, u32) = (20 * 1024 * 1024, 5);

/// The form of a log's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of one file.
    pub size: u64,
    /// Files, the current one included.
    pub files: u32,
    /// Old files are kept as gzip.
    pub compress: bool,
    /// JSON of the labels, environment and tag that were asked for.
    pub attrs: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            size: DEFAULT.0,
            files: DEFAULT.1,
            compress: false,
            attrs: None,
        }
    }
}

impl Settings {
    /// The settings of a container; the error is the log driver's own words.
    pub fn of(record: &Record) -> Result<Self, String> {
        let empty = StringMap::new();
        let options = record.host_config.log_config.config.as_ref();
        let options = options.unwrap_or(&empty);
        match Driver::of(record) {
            Driver::JsonFile => json_file(record, options),
            Driver::Local => local(options),
            Driver::Journald => {
                // Journald's entries are read back from our copy, with what they carry.
                let attrs = as_json(&info::extra(record, options)?);
                Ok(Settings {
                    attrs,
                    ..cache(options)
                })
            }
            Driver::Syslog | Driver::None => Ok(cache(options)),
        }
    }
}

fn json_file(record: &Record, options: &StringMap) -> Result<Settings, String> {
    let size = match options.get("max-size") {
        None => None,
        Some(text) => match bytes(text)? {
            0 => return Err("max-size must be a positive number".to_owned()),
            size => Some(size),
        },
    };
    let files = options
        .get("max-file")
        .map(|t| strconv::atoi(t))
        .transpose()?;
    if files.is_some_and(|files| files < 1) {
        return Err("max-file cannot be less than 1".to_owned());
    }
    let compress = match options.get("compress") {
        Some(text) => strconv::parse_bool(text)?,
        None => false,
    };
    if compress && (size.is_none() || files.is_none_or(|files| files < 2)) {
        return Err(
            "compress cannot be true when max-file is less than 2 or max-size is not set"
                .to_owned(),
        );
    }
    let mut attrs = info::extra(record, options)?;
    let tag = info::tag(record, options, "")?;
    if !tag.is_empty() {
        attrs.insert("tag".to_owned(), tag);
    }
    Ok(Settings {
        size: size.unwrap_or(DEFAULT.0),
        files: match files {
            Some(files) => u32::try_from(files).unwrap_or(u32::MAX),
            None if size.is_some() => 1,
            None => DEFAULT.1,
        },
        compress,
        attrs: as_json(&attrs),
    })
}

fn local(options: &StringMap) -> Result<Settings, String> {
    let size = match options.get("max-size") {
        None => LOCAL.0,
        Some(text) => match bytes(text) {
            Ok(0) => LOCAL.0,
            Ok(size) => size,
            Err(e) => return Err(format!("invalid value for max-size: {text}: {e}")),
        },
    };
    let files = match options.get("max-file") {
        None => i64::from(LOCAL.1),
        Some(text) => {
            strconv::atoi(text).map_err(|e| format!("invalid value for max-file: {text}: {e}"))?
        }
    };
    let compress = match options.get("compress") {
        None => true,
        Some(text) => strconv::parse_bool(text)
            .map_err(|e| format!("error reading compress log option: {e}"))?,
    };
    if files < 0 {
        return Err("max file count cannot be less than 0".to_owned());
    }
    if compress && files <= 1 {
        return Err("compression cannot be enabled when max file count is 1".to_owned());
    }
    Ok(Settings {
        size,
        files: u32::try_from(files).unwrap_or(u32::MAX).max(1),
        compress,
        attrs: None,
    })
}

/// The copy that is kept beside a remote driver; Docker forgives what it cannot read here.
fn cache(options: &StringMap) -> Settings {
    let option = |key: &str| options.get(key);
    let files = option("cache-max-file").and_then(|t| t.parse().ok());
    let size = option("cache-max-size").and_then(|t| bytes(t).ok());
    Settings {
        size: size.filter(|size| *size > 0).unwrap_or(LOCAL.0),
        files: files.filter(|files| *files > 0).unwrap_or(LOCAL.1),
        compress: option("cache-compress").is_none_or(|t| strconv::parse_bool(t) != Ok(false)),
        attrs: None,
    }
}

/// A size as these options mean it: `k` is 1000.
fn bytes(text: &str) -> Result<u64, String> {
    let size = size::parse_decimal(text).map_err(|e| e.to_string())?;
    Ok(u64::try_from(size).unwrap_or(0))
}

fn as_json(attrs: &StringMap) -> Option<String> {
    if attrs.is_empty() {
        return None;
    }
    // Go's JSON writes these three as numbers, because a browser might read them.
    let json = serde_json::to_string(attrs).ok()?;
    Some(
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::LogConfig;

    fn read(kind: &str, options: &[(&str, &str)]) -> Result<Settings, String> {
        let pairs = options.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        let mut record = Record {
            id: "0123456789abcdef".to_owned(),
            name: "web".to_owned(),
            ..Record::default()
        };
        record.config.labels = Some(StringMap::from([
            ("a".to_owned(), "1".to_owned()),
            ("ab".to_owned(), "2".to_owned()),
        ]));
        record.config.env = Some(vec!["E=x".to_owned(), "EE=y".to_owned()]);
        record.host_config.log_config = LogConfig {
            kind: kind.to_owned(),
            config: Some(pairs.collect()),
        };
        Settings::of(&record)
    }

    #[test]
    fn wrong_values_of_json_file_are_named_as_docker_names_them() {
        for (options, words) in [
            (&[("max-size", "abc")][..], "invalid size: 'abc'"),
            (&[("max-size", "-1")], "invalid size: '-1'"),
            (&[("max-size", "")], "invalid size: ''"),
            (&[("max-size", "0")], "max-size must be a positive number"),
            (&[("max-file", "0")], "max-file cannot be less than 1"),
            (
                &[("max-file", "x")],
                "strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            (
                &[("compress", "maybe")],
                "strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            (
                &[("compress", "true"), ("max-file", "3")],
                "compress cannot be true when max-file is less than 2 or max-size is not set",
            ),
            (
                &[("env-regex", "(")],
                "error parsing regexp: missing closing ): `(`",
            ),
            (&[("tag", "{{")], "template: log-tag:1: unclosed action"),
        ] {
            assert_eq!(read("json-file", options).unwrap_err(), words);
        }
    }

    #[test]
    fn wrong_values_of_local_too() {
        for (option, words) in [
            (
                ("max-size", "abc"),
                "invalid value for max-size: abc: invalid size: 'abc'",
            ),
            (
                ("max-file", "0"),
                "compression cannot be enabled when max file count is 1",
            ),
            (("max-file", "-3"), "max file count cannot be less than 0"),
            (
                ("max-file", "x"),
                "invalid value for max-file: x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            (
                ("compress", "maybe"),
                "error reading compress log option: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
        ] {
            assert_eq!(read("local", &[option]).unwrap_err(), words);
        }
    }

    #[test]
    fn limits_and_attributes_are_read() {
        let asked = [
            ("max-size", "10k"),
            ("max-file", "3"),
            ("compress", "true"),
            ("labels", "a,nope"),
            ("labels-regex", "^ab"),
            ("env", "E"),
            ("tag", "{{.Name}} x&y"),
        ];
        let settings = read("json-file", &asked).unwrap();
        assert_eq!(
            (settings.size, settings.files, settings.compress),
            (10_000, 3, true)
        );
        assert_eq!(
            settings.attrs.as_deref(),
            Some(r#"{"E":"x","a":"1","ab":"2","tag":"web x\u0026y"}"#)
        );
        assert_eq!(read("json-file", &[("max-size", "1k")]).unwrap().files, 1);
        assert_eq!(read("json-file", &[]).unwrap(), Settings::default());
        assert_eq!(read("local", &[]).unwrap().files, 5);
        assert_eq!(
            read("syslog", &[("cache-max-size", "abc")]).unwrap().files,
            5
        );
    }
}
