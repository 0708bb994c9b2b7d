//! `RUN --mount=type=cache,target=/c`: what one says. Pure.
//!
//! Variables may stand in every value but `from`'s, so only that one is looked at when the file is read; the rest is understood
//! when the step is done.

use super::suggest;
use crate::base::{csv, size};

/// What is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the context, a stage or an image.
    #[default]
    Bind,
    /// A folder that stays between builds.
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

/// What happens when two steps want the same cache at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Both get it.
    #[default]
    Shared,
    /// The second one gets another.
    Private,
    /// The second one waits.
    Locked,
}

/// One mount of a `RUN`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    pub kind: MountKind,
    /// A stage or an image; empty is the context.
    pub from: String,
    pub source: String,
    pub target: String,
    pub read_only: bool,
    /// Bytes; 0 is no limit of its own.
    pub size: u64,
    /// Of a cache, a secret or an agent.
    pub id: String,
    pub sharing: Option<Sharing>,
    pub required: bool,
    /// The variable that gets a secret.
    pub env: Option<String>,
    pub mode: Option<u16>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

const KINDS: [(&str, MountKind); 5] = [
    ("bind", MountKind::Bind),
    ("cache", MountKind::Cache),
    ("tmpfs", MountKind::Tmpfs),
    ("secret", MountKind::Secret),
    ("ssh", MountKind::Ssh),
];
const SHARINGS: [(&str, Sharing); 3] = [
    ("shared", Sharing::Shared),
    ("private", Sharing::Private),
    ("locked", Sharing::Locked),
];
const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

impl MountKind {
    pub fn name(self) -> &'static str {
        KINDS[self as usize].0
    }
}

impl Mount {
    /// What can be said before variables have values. Errors are BuildKit's.
    pub fn check(text: &str) -> Result<(), String> {
        for field in fields(text)? {
            let (key, value) = field.split_once('=').unwrap_or((&field, ""));
            let variable = value.find('$').is_some_and(|at| at + 1 < value.len());
            if key.eq_ignore_ascii_case("from") && variable {
                return Err(format!(
                    "'{}' doesn't support variable expansion, define alias stage instead",
                    key.to_lowercase()
                ));
            }
        }
        Ok(())
    }

    /// Reads a mount; values go through `expand`. Errors are BuildKit's.
    pub fn parse(
        text: &str,
        expand: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Mount, String> {
        let mut mount = Mount::default();
        let mut read_only = None;
        for field in fields(text)? {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key.to_lowercase(), Some(expand(value)?)),
                None => (field.to_lowercase(), None),
            };
            match (key.as_str(), value) {
                ("readonly" | "ro", None) => read_only = Some(true),
                ("readwrite" | "rw", None) => read_only = Some(false),
                ("required", None) => mount.require(&key, true)?,
                (_, None) => {
                    return Err(format!("invalid field '{field}' must be a key=value pair"));
                }
                (key @ ("readonly" | "ro"), Some(value)) => read_only = Some(truth(key, &value)?),
                (key @ ("readwrite" | "rw"), Some(value)) => {
                    read_only = Some(!truth(key, &value)?);
                }
                ("required", Some(value)) => {
                    mount.require(&key, true)?;
                    mount.required = truth(&key, &value)?;
                }
                (key, Some(value)) => mount.set(key, value, &field)?,
            }
        }
        mount.read_only =
            read_only.unwrap_or(!matches!(mount.kind, MountKind::Cache | MountKind::Tmpfs));
        mount.consistent()?;
        Ok(mount)
    }

    fn set(&mut self, key: &str, value: String, field: &str) -> Result<(), String> {
        match key {
            "type" => self.kind = one_of(&KINDS, &value, "mount type")?,
            "from" => self.from = value,
            "source" | "src" => self.source = value,
            "target" | "dst" | "destination" => self.target = value,
            "size" if self.kind == MountKind::Tmpfs => {
                let bytes = size::parse_binary(&value).ok();
                let bytes = bytes.and_then(|n| u64::try_from(n).ok());
                self.size = bytes.ok_or_else(|| format!("invalid value for size: {value}"))?;
            }
            "size" => return Err(self.unexpected(key)),
            "id" => self.id = value,
            "sharing" => self.sharing = Some(one_of(&SHARINGS, &value, "sharing value")?),
            "mode" => {
                let mode = u16::from_str_radix(&value, 8);
                self.mode = Some(mode.map_err(|_| format!("invalid value {value} for mode"))?);
            }
            "uid" => self.uid = Some(number(key, &value)?),
            "gid" => self.gid = Some(number(key, &value)?),
            "env" => self.env = Some(value),
            _ => {
                let line = format!("unexpected key '{key}' in '{field}'");
                return Err(suggest::hint(line, key, &KEYS));
            }
        }
        Ok(())
    }

    fn require(&mut self, key: &str, required: bool) -> Result<(), String> {
        match self.kind {
            MountKind::Secret | MountKind::Ssh => {
                self.required = required;
                Ok(())
            }
            _ => Err(self.unexpected(key)),
        }
    }

    fn unexpected(&self, key: &str) -> String {
        format!(
            "unexpected key '{key}' for mount type '{}'",
            self.kind.name()
        )
    }

    /// What must not stand together.
    fn consistent(&self) -> Result<(), String> {
        if matches!(self.kind, MountKind::Bind | MountKind::Tmpfs) {
            let given = [
                ("mode", self.mode.is_some()),
                ("uid", self.uid.is_some()),
                ("gid", self.gid.is_some()),
            ];
            if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
                let kind = self.kind.name();
                return Err(format!("{name} not allowed for {kind:?} type mounts"));
            }
        }
        if self.sharing.is_some() && self.kind != MountKind::Cache {
            let kind = self.kind.name();
            return Err(format!("invalid cache sharing set for {kind} mount"));
        }
        if self.kind != MountKind::Secret {
            return Ok(());
        }
        if !self.from.is_empty() {
            return Err("secret mount should not have a from".to_owned());
        }
        if self.source.is_empty() && self.target.is_empty() && self.id.is_empty() {
            return Err("invalid secret mount. one of source, target required".to_owned());
        }
        match self.source.is_empty() || self.id.is_empty() {
            true => Ok(()),
            false => Err("both source and id can't be set".to_owned()),
        }
    }
}

fn fields(text: &str) -> Result<Vec<String>, String> {
    csv::fields(text).map_err(|e| format!("failed to parse csv mounts: {e}"))
}

fn one_of<T: Copy>(known: &[(&str, T)], value: &str, what: &str) -> Result<T, String> {
    let lower = value.to_lowercase();
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let line = || format!("unsupported {what} {value:?}");
    known
        .iter()
        .find(|(name, _)| *name == lower)
        .map(|(_, found)| *found)
        .ok_or_else(|| suggest::hint(line(), value, &names))
}

fn number(key: &str, value: &str) -> Result<u32, String> {
    value
        .parse()
        .map_err(|_| format!("invalid value {value} for {key}"))
}

/// Go's `strconv.ParseBool`.
fn truth(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("invalid value for {key}: {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Mount, String> {
        Mount::parse(text, |value| Ok(value.replace("$x", "X")))
    }

    #[test]
    fn mounts_are_buildkits() {
        let cache = parse("type=cache,target=/$x,id=a,sharing=LOCKED,mode=0700,uid=5").unwrap();
        assert_eq!(
            cache,
            Mount {
                kind: MountKind::Cache,
                target: "/X".to_owned(),
                id: "a".to_owned(),
                sharing: Some(Sharing::Locked),
                mode: Some(0o700),
                uid: Some(5),
                ..Mount::default()
            }
        );
        let bind = parse("src=a,dst=/b").unwrap();
        assert!(bind.read_only && bind.kind == MountKind::Bind);
        assert!(!parse("target=/b,rw").unwrap().read_only);
        assert!(!parse("target=/b,ro=false").unwrap().read_only);
        assert!(parse("type=secret,id=a,required").unwrap().required);
        assert_eq!(parse("type=tmpfs,target=/b,size=1m").unwrap().size, 1 << 20);
    }

    #[test]
    fn what_is_wrong_is_said_in_buildkits_words() {
        for (text, words) in [
            ("type=foo", "unsupported mount type \"foo\""),
            (
                "type=bin",
                "unsupported mount type \"bin\" (did you mean bind?)",
            ),
            ("foo", "invalid field 'foo' must be a key=value pair"),
            (
                "foo=bar",
                "unexpected key 'foo' in 'foo=bar' (did you mean from?)",
            ),
            (
                "target=/x,mode=0755",
                "mode not allowed for \"bind\" type mounts",
            ),
            ("type=tmpfs,size=foo", "invalid value for size: foo"),
            (
                "type=cache,size=1m",
                "unexpected key 'size' for mount type 'cache'",
            ),
            (
                "type=cache,sharing=foo",
                "unsupported sharing value \"foo\"",
            ),
            (
                "type=bind,sharing=locked",
                "invalid cache sharing set for bind mount",
            ),
            (
                "type=secret",
                "invalid secret mount. one of source, target required",
            ),
            (
                "type=secret,id=a,source=b",
                "both source and id can't be set",
            ),
            (
                "type=secret,id=a,required=x",
                "invalid value for required: x",
            ),
            (
                "type=bind,required",
                "unexpected key 'required' for mount type 'bind'",
            ),
            ("type=bind,ro=foo", "invalid value for ro: foo"),
            ("type=cache,mode=9", "invalid value 9 for mode"),
            ("type=cache,uid=q", "invalid value q for uid"),
            (
                "tarhet=/y",
                "unexpected key 'tarhet' in 'tarhet=/y' (did you mean target?)",
            ),
        ] {
            assert_eq!(parse(text), Err(words.to_owned()), "{text}");
        }
        let words = "'from' doesn't support variable expansion, define alias stage instead";
        assert_eq!(Mount::check("from=$x"), Err(words.to_owned()));
        assert_eq!(Mount::check("target=$x,from=$"), Ok(()));
    }
}
