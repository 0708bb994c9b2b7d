//! What a flag's value may be.

use super::Candidate;
use super::objects::{containers, images, networks, volumes};
use crate::cli::app::App;
use crate::cli::grammar::{Flag, Verb};

const SIGNALS: &[&str] = &["HUP", "INT", "KILL", "QUIT", "TERM", "USR1", "USR2"];
const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_ADMIN",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_TIME",
];
const PS_FILTERS: &[&str] = &[
    "ancestor=",
    "before=",
    "exited=",
    "expose=",
    "health=",
    "id=",
    "is-task=",
    "label=",
    "name=",
    "network=",
    "publish=",
    "since=",
    "status=",
    "volume=",
];
const EVENT_FILTERS: &[&str] = &[
    "container=",
    "daemon=",
    "event=",
    "image=",
    "label=",
    "network=",
    "scope=",
    "type=",
    "volume=",
];

/// The values of a flag; `None` where a file may stand.
pub async fn of(app: Option<App>, verb: &Verb, flag: &Flag) -> Option<Vec<Candidate>> {
    let path = verb.paths.last().copied().unwrap_or_default();
    let words: &[&str] = match (path, flag.long) {
        (_, "restart") => &["always", "no", "on-failure", "unless-stopped"],
        (_, "pull") => &["always", "missing", "never"],
        (_, "signal" | "stop-signal") => SIGNALS,
        (_, "cap-add" | "cap-drop") => CAPABILITIES,
        (_, "log-driver") => &["json-file", "local", "none", "syslog"],
        (_, "attach") if flag.short == Some('a') => &["stderr", "stdin", "stdout"],
        (_, "platform") => &["linux/amd64", "linux/arm64", "wasi/wasm"],
        (_, "type") => &["container", "image", "network", "volume"],
        (_, "log-level") => &["debug", "error", "fatal", "info", "warn"],
        (_, "format") => &["json"],
        ("ps", "filter") => PS_FILTERS,
        ("events", "filter") => EVENT_FILTERS,
        (_, "network") => return Some(networks(app).await),
        (_, "volumes-from" | "link") => return Some(containers(app, |_| true).await),
        (_, "volume") => {
            // A volume, or a folder of this machine.
            let named = volumes(app).await.into_iter();
            let named: Vec<Candidate> = named.map(|(name, about)| (name + ":", about)).collect();
            return Some(named).filter(|n| !n.is_empty());
        }
        ("events", "since" | "until") => return Some(Vec::new()),
        (_, "cache-from") => return Some(images(app).await),
        (
            _,
            "cidfile" | "config" | "env-file" | "file" | "iidfile" | "input" | "label-file"
            | "output",
        ) => {
            return None;
        }
        _ => return Some(Vec::new()),
    };
    Some(
        words
            .iter()
            .map(|w| ((*w).to_owned(), String::new()))
            .collect(),
    )
}
