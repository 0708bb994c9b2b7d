//! The settings: what can be set, by whom, and what a value must look like. Files and `CONFIG` use the same words.

use crate::protocol::words;

#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Number(i64, i64),
    /// `100mb`, kept in bytes.
    Memory,
    Text,
    Choice(&'static [&'static str]),
    /// Pairs of seconds and changes.
    Save,
    /// Text that only the start can set.
    Fixed,
    FixedNumber(i64, i64),
}

use Kind::*;

const POLICIES: &[&str] = &[
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
];

/// Every setting: name, kind, and its value without a file.
const ALL: &[(&str, Kind, &str)] = &[
    ("appenddirname", Fixed, "appendonlydir"),
    ("appendfilename", Fixed, "appendonly.aof"),
    (
        "appendfsync",
        Choice(&["everysec", "always", "no"]),
        "everysec",
    ),
    ("appendonly", Flag, "no"),
    ("aof-load-truncated", Flag, "yes"),
    ("aof-use-rdb-preamble", Flag, "yes"),
    ("auto-aof-rewrite-min-size", Memory, "67108864"),
    (
        "auto-aof-rewrite-percentage",
        Number(0, i32::MAX as i64),
        "100",
    ),
    ("activerehashing", Flag, "yes"),
    ("bind", Fixed, "* -::*"),
    (
        "client-output-buffer-limit",
        Text,
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    ),
    ("daemonize", Fixed, "no"),
    ("databases", FixedNumber(1, 1024), "16"),
    ("dbfilename", Text, "dump.rdb"),
    ("dir", Text, "."),
    ("hash-max-listpack-entries", Number(0, i64::MAX), "128"),
    ("hash-max-listpack-value", Number(0, i64::MAX), "64"),
    ("hz", Number(1, 500), "10"),
    ("io-threads", FixedNumber(1, 128), "1"),
    ("lazyfree-lazy-eviction", Flag, "no"),
    ("lazyfree-lazy-expire", Flag, "no"),
    ("lazyfree-lazy-server-del", Flag, "no"),
    (
        "list-max-listpack-size",
        Number(i32::MIN as i64, i32::MAX as i64),
        "-2",
    ),
    ("logfile", Fixed, ""),
    (
        "loglevel",
        Choice(&["debug", "verbose", "notice", "warning", "nothing"]),
        "notice",
    ),
    ("lfu-decay-time", Number(0, i32::MAX as i64), "1"),
    ("lfu-log-factor", Number(0, i32::MAX as i64), "10"),
    ("maxclients", Number(1, u32::MAX as i64), "1000"),
    ("maxmemory", Memory, "0"),
    ("maxmemory-policy", Choice(POLICIES), "noeviction"),
    ("maxmemory-samples", Number(1, i32::MAX as i64), "5"),
    ("notify-keyspace-events", Text, ""),
    ("no-appendfsync-on-rewrite", Flag, "no"),
    ("pidfile", Fixed, ""),
    ("port", FixedNumber(0, 65535), "6379"),
    ("proto-max-bulk-len", Memory, "536870912"),
    ("protected-mode", Flag, "no"),
    ("rdbchecksum", Fixed, "yes"),
    ("rdbcompression", Flag, "yes"),
    ("requirepass", Text, ""),
    ("save", Save, "3600 1 300 100 60 10000"),
    ("set-max-intset-entries", Number(0, i64::MAX), "512"),
    ("set-max-listpack-entries", Number(0, i64::MAX), "128"),
    ("slowlog-log-slower-than", Number(-1, i64::MAX), "10000"),
    ("slowlog-max-len", Number(0, i64::MAX), "128"),
    ("stop-writes-on-bgsave-error", Flag, "yes"),
    ("supervised", Fixed, "no"),
    ("tcp-backlog", FixedNumber(0, i32::MAX as i64), "511"),
    ("tcp-keepalive", Number(0, i32::MAX as i64), "300"),
    ("timeout", Number(0, i32::MAX as i64), "0"),
    ("zset-max-listpack-entries", Number(0, i64::MAX), "128"),
    ("zset-max-listpack-value", Number(0, i64::MAX), "64"),
    ("always-show-logo", Fixed, "no"),
    ("loadmodule", Fixed, ""),
];

#[derive(Clone)]
pub struct Config {
    values: Vec<String>,
    path: String,
    /// `save` was given in this file, so that more of it adds up.
    saves: bool,
}

impl Config {
    pub fn new() -> Config {
        Config {
            values: ALL.iter().map(|(.., value)| (*value).to_owned()).collect(),
            path: String::new(),
            saves: false,
        }
    }

    fn place(name: &str) -> Option<usize> {
        ALL.iter().position(|(known, ..)| *known == name)
    }

    /// The value of a setting as it is written.
    pub fn text(&self, name: &str) -> &str {
        Config::place(name).map_or("", |at| &self.values[at])
    }

    pub fn number(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or(0)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "yes"
    }

    /// `maxmemory-policy`.
    pub fn policy(&self) -> &str {
        self.text("maxmemory-policy")
    }

    /// The configuration file; empty when there is none.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ALL.iter()
            .zip(&self.values)
            .map(|((name, ..), value)| (*name, value.as_str()))
    }

    /// Snapshots: after so many seconds if there were so many changes.
    pub fn saves(&self) -> Vec<(u64, u64)> {
        let numbers: Vec<u64> = self
            .text("save")
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        numbers
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect()
    }

    /// Output limits of a kind of client: hard bytes, soft bytes, seconds of the soft one; 0 is none.
    pub fn output_limit(&self, kind: &str) -> (usize, usize, u64) {
        let words: Vec<&str> = self
            .text("client-output-buffer-limit")
            .split_whitespace()
            .collect();
        let found = words.chunks_exact(4).find(|words| words[0] == kind);
        found.map_or((0, 0, 0), |words| {
            let size = |at: usize| memory(words[at]).unwrap_or(0) as usize;
            (size(1), size(2), words[3].parse().unwrap_or(0))
        })
    }

    /// Sets one; the complaint is empty for a name that nobody knows. `later`: the server runs already.
    pub fn set(&mut self, name: &str, value: &str, later: bool) -> Result<(), String> {
        let Some(at) = Config::place(name) else {
            return Err(String::new());
        };
        let value = match ALL[at].1 {
            Fixed | FixedNumber(..) if later => return Err("can't set immutable config".into()),
            Flag => match value.to_ascii_lowercase().as_str() {
                word @ ("yes" | "no") => word.to_owned(),
                _ => return Err("argument must be 'yes' or 'no'".into()),
            },
            Number(low, high) | FixedNumber(low, high) => match value.parse::<i64>() {
                Ok(number) if (low..=high).contains(&number) => number.to_string(),
                Ok(_) => {
                    return Err(format!(
                        "argument must be between {low} and {high} inclusive"
                    ));
                }
                Err(_) => return Err("argument couldn't be parsed into an integer".into()),
            },
            Memory => memory(value)
                .ok_or("argument must be a memory value")?
                .to_string(),
            Choice(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                Some(word) => (*word).to_owned(),
                None => {
                    return Err(format!(
                        "argument(s) must be one of the following: {}",
                        words.join(", ")
                    ));
                }
            },
            Save => {
                let words: Vec<&str> = value.split_whitespace().collect();
                if words.len() % 2 == 1 || words.iter().any(|word| word.parse::<u32>().is_err()) {
                    return Err("Invalid save parameters".into());
                }
                words.join(" ")
            }
            Text if name == "client-output-buffer-limit" => self.limits(value)?,
            Text | Fixed => value.to_owned(),
        };
        self.values[at] = value;
        Ok(())
    }

    /// Output limits with some of the kinds replaced.
    fn limits(&self, value: &str) -> Result<String, String> {
        let given: Vec<&str> = value.split_whitespace().collect();
        if !given.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".into());
        }
        let mut words: Vec<String> = self
            .text("client-output-buffer-limit")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        for part in given.chunks_exact(4) {
            let kind = if part[0] == "replica" {
                "slave"
            } else {
                part[0]
            };
            let Some(at) = words.iter().position(|word| word == kind) else {
                return Err("Invalid client class specified in buffer limit configuration.".into());
            };
            let (hard, soft, seconds) = (
                memory(part[1]),
                memory(part[2]),
                part[3].parse::<u64>().ok(),
            );
            let (Some(hard), Some(soft), Some(seconds)) = (hard, soft, seconds) else {
                return Err(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration."
                        .into(),
                );
            };
            words[at + 1] = hard.to_string();
            words[at + 2] = soft.to_string();
            words[at + 3] = seconds.to_string();
        }
        Ok(words.join(" "))
    }

    /// One directive of a file or of the command line. `save` adds up; several words are one value.
    pub fn directive(&mut self, given: &[String]) -> Result<(), String> {
        let Some((name, values)) = given.split_first() else {
            return Ok(());
        };
        let name = name.to_ascii_lowercase();
        let value = values.join(" ");
        if values.is_empty() {
            return Err("wrong number of arguments".into());
        }
        let value = match (name.as_str(), self.saves) {
            ("save", true) if !value.is_empty() => format!("{} {value}", self.text("save")),
            _ => value,
        };
        self.saves |= name == "save";
        self.set(&name, &value, false)
            .map_err(|words| match words.is_empty() {
                true => "Bad directive or wrong number of arguments".into(),
                false => words,
            })
    }

    /// Reads a file. An error names the line as Redis does.
    pub fn read(&mut self, path: &str) -> Result<(), String> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!(
                "Fatal error, can't open config file '{path}': {}",
                applet::words(&error)
            )
        })?;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let complain = |words: &str| {
                format!(
                    "\n*** FATAL CONFIG FILE ERROR (Redis {}) ***\nReading the configuration file, at line {}\n>>> '{line}'\n{words}",
                    crate::commands::VERSION,
                    number + 1
                )
            };
            let Some(given) = words::split(line.as_bytes()) else {
                return Err(complain("Unbalanced quotes in configuration line"));
            };
            let given: Vec<String> = given
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect();
            match given
                .first()
                .map(|name| name.to_ascii_lowercase())
                .as_deref()
            {
                Some("include") if given.len() == 2 => self.read(&given[1])?,
                _ => self.directive(&given).map_err(|words| complain(&words))?,
            }
        }
        self.path = path.to_owned();
        Ok(())
    }

    /// Writes what differs from the defaults back to the file, behind the lines that it does not concern.
    pub fn rewrite(&self) -> Result<(), String> {
        if self.path.is_empty() {
            return Err("The server is running without a config file".into());
        }
        let failed =
            |error: std::io::Error| format!("Rewriting config file: {}", applet::words(&error));
        let text = std::fs::read_to_string(&self.path).map_err(failed)?;
        let known = |line: &&str| {
            let name = line
                .split_whitespace()
                .next()
                .unwrap_or("")
                .to_ascii_lowercase();
            Config::place(&name).is_none()
        };
        let mut lines: Vec<String> = text.lines().filter(known).map(str::to_owned).collect();
        for ((name, _, default), value) in ALL.iter().zip(&self.values) {
            if value != default {
                let plain = matches!(*name, "save" | "bind" | "client-output-buffer-limit")
                    && !value.is_empty();
                let value = if plain {
                    value.clone()
                } else {
                    words::quoted(value.as_bytes())
                };
                lines.push(format!("{name} {value}"));
            }
        }
        std::fs::write(&self.path, lines.join("\n") + "\n").map_err(failed)
    }
}

/// `100mb` in bytes.
fn memory(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_looked_at() {
        let mut config = Config::new();
        assert!(config.set("maxmemory", "100mb", true).is_ok());
        assert_eq!(config.number("maxmemory"), 104_857_600);
        assert!(config.set("port", "1", true).is_err());
        assert_eq!(config.set("nosuch", "1", true), Err(String::new()));
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        config.directive(&words("save 60 1")).unwrap();
        config.directive(&words("save 10 5")).unwrap();
        assert_eq!(config.saves(), [(60, 1), (10, 5)]);
        config
            .set("client-output-buffer-limit", "pubsub 1mb 0 0", true)
            .unwrap();
        assert_eq!(config.output_limit("pubsub"), (1 << 20, 0, 0));
    }
}
