//! What every verb shares: the program's name, where the engine is, a connection to it, what may be printed.

use super::config::{self, ConfigFile, HUB};
use super::error::{Error, Result};
use super::grammar::Given;
use crate::base::filter::Filters;
use crate::base::home;
use crate::base::reference::DEFAULT_DOMAIN;
use crate::client::autostart::{self, Launch};
use crate::client::{self, Client, Endpoint};
use crate::wire::{API_VERSION, AuthConfig, MIN_API_VERSION};
use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// The world of one command.
#[derive(Clone, Debug)]
pub struct App {
    /// `docker` when we were called by that name, else `schooner`.
    pub program: &'static str,
    /// An address that the user chose; without one the user's own engine is meant, and started if need be.
    pub host: Option<String>,
    /// The folder of the client's configuration that the user named.
    pub config: String,
    /// No progress bars.
    pub plain: bool,
    hints: bool,
    pub debug: bool,
}

impl App {
    /// Reads the flags before the command.
    pub fn new(program: &'static str, global: &Given) -> Result<Self> {
        let level = global.text("log-level");
        if ![
            "debug", "info", "warn", "warning", "error", "fatal", "panic", "trace",
        ]
        .contains(&level)
        {
            return Err(Error::plain(format!(
                "Unable to parse logging level: {level}"
            )));
        }
        let context = global.text("context");
        if !matches!(context, "" | "default") {
            return Err(Error::plain(format!(
                "Failed to initialize: unable to resolve docker endpoint: context {context:?}: context not found"
            )));
        }
        let hosts = global.list("host");
        if hosts.len() > 1 {
            return Err(Error::plain("specify only one -H"));
        }
        // A machine may have a Docker of its own, whose DOCKER_HOST must not catch `schooner`.
        let variable = if program == "docker" {
            "DOCKER_HOST"
        } else {
            "SCHOONER_HOST"
        };
        let from_env = || std::env::var(variable).ok().filter(|h| !h.is_empty());
        let plain = global.on("plain");
        Ok(Self {
            program,
            host: hosts.into_iter().next().or_else(from_env),
            config: global.text("config").to_owned(),
            plain,
            hints: !plain
                && !global.on("no-hints")
                && std::env::var_os("SCHOONER_HINTS").is_none_or(|on| on != "0"),
            debug: global.on("debug"),
        })
    }

    /// The state folder of the user's own engine.
    pub fn state() -> Result<PathBuf> {
        home::state_dir().ok_or_else(|| {
            Error::plain(format!(
                "cannot find your home folder; set {}",
                home::HOME_VARIABLE
            ))
        })
    }

    /// The address in use.
    pub fn address(&self) -> Result<String> {
        match &self.host {
            Some(host) => Ok(host.clone()),
            None => Ok(home::endpoint(&Self::state()?)),
        }
    }

    /// A client that has not talked to anybody yet.
    pub fn unconnected(&self) -> Result<Client> {
        let version = chosen_version().unwrap_or_else(|| API_VERSION.into());
        let endpoint = Endpoint::parse(&self.address()?)?;
        Ok(Client::new(endpoint, version))
    }

    /// How the user's own engine is started.
    pub fn launch() -> Result<Launch> {
        Ok(Launch {
            args: vec!["engine".into(), "serve".into()],
            log: Self::state()?.join("engine.log"),
        })
    }

    /// A client of a running engine that speaks a version both know, or the one that the user chose. The user's own engine
    /// is started if none answers.
    pub async fn client(&self) -> Result<Client> {
        let client = self.unconnected()?;
        if self.host.is_none() {
            // It is of our own kind, so there is nothing to agree on.
            return match client.open().await {
                Ok(()) => Ok(client),
                Err(client::Error::NotRunning { .. }) => {
                    autostart::start(&client, &Self::launch()?).await?;
                    Ok(client)
                }
                Err(error) => Err(error.into()),
            };
        }
        match client.ping().await {
            Ok(answer) => Ok(match answer.header("api-version") {
                Some(version) if chosen_version().is_none() && older(version, client.version()) => {
                    let version = version.to_owned();
                    client.with_version(version)
                }
                _ => client,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Who we are at the registry of a reference, as the engine is told. A file that cannot be read is nobody's.
    pub fn registry_auth(&self, domain: &str) -> Result<String> {
        let key = if domain == DEFAULT_DOMAIN {
            HUB
        } else {
            domain
        };
        match ConfigFile::load(&self.config) {
            Ok(file) => config::header(&file.get(key)?),
            Err(error) => {
                err(&format!("WARNING: Error {}\n", error.message));
                config::header(&AuthConfig::default())
            }
        }
    }

    /// Teaches: one line on standard error, on a terminal only.
    pub fn hint(&self, words: &str) {
        if self.hints && self.program != "docker" && std::io::stderr().is_terminal() {
            err(&format!("\nhint: {words}\n"));
        }
    }
}

/// Whether a version of the API is below another and still one that we speak.
fn older(version: &str, than: &str) -> bool {
    let number = |v: &str| -> Option<(u32, u32)> {
        let (major, minor) = v.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let (version, than, least) = (number(version), number(than), number(MIN_API_VERSION));
    version.is_some() && version < than && version >= least
}

/// Writes to standard output: to the byte into a pipe, and made harmless on a terminal.
/// A reader that went away ends the program, as SIGPIPE would.
pub fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let text = harmless(text, stdout.is_terminal());
    if stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .is_err()
    {
        std::process::exit(141);
    }
}

/// Writes to standard error likewise; nothing can be said about a failure.
pub fn err(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let text = harmless(text, stderr.is_terminal());
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// Builds a path with a query whose keys are sorted, as Docker's client sends it.
pub fn path(base: &str, query: &[(&str, &str)]) -> String {
    let mut pairs: Vec<String> = query
        .iter()
        .map(|(key, value)| format!("{key}={}", escape(value)))
        .collect();
    pairs.sort_unstable();
    match pairs.is_empty() {
        true => base.to_owned(),
        false => format!("{base}?{}", pairs.join("&")),
    }
}

/// The same with filters alone, where there are any.
pub fn filtered(base: &str, filters: &Filters) -> String {
    match filters.is_empty() {
        true => base.to_owned(),
        false => path(base, &[("filters", &filters.to_json())]),
    }
}

/// The version of the API that the user wants spoken, whatever the engine says.
fn chosen_version() -> Option<String> {
    let version = std::env::var("DOCKER_API_VERSION").ok();
    version.filter(|version| !version.is_empty())
}

/// Escapes one value of a query or one segment of a path.
pub fn escape(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEEP: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(text, KEEP).to_string()
}

/// The path of a container's resource; an empty name would be another resource.
pub fn container(name: &str, verb: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::plain("invalid container name or ID: value is empty"));
    }
    // Slashes are the name's own: inspect shows `/web`, and links are called `web/db`.
    let parts: Vec<String> = name.split('/').map(escape).collect();
    Ok(format!("/containers/{}{verb}", parts.join("/")))
}

/// The path of an image's resource. Slashes and colons belong to the name and stay.
pub fn image(name: &str, verb: &str) -> String {
    let segments: Vec<String> = name
        .split('/')
        .map(|s| escape(s).replace("%3A", ":").replace("%40", "@"))
        .collect();
    format!("/images/{}{verb}", segments.join("/"))
}

/// Names, labels and messages come from others: on a terminal their control characters are shown, not obeyed.
fn harmless(text: &str, terminal: bool) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !terminal || !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| match c {
        c if steers(c) => c.escape_default().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_shown_on_a_terminal_and_kept_in_a_pipe() {
        let evil = "a\u{1b}[31m\tb\r\n\u{9b}2J";
        assert_eq!(harmless(evil, true), "a\\u{1b}[31m\tb\\r\n\\u{9b}2J");
        assert_eq!(harmless(evil, false), evil);
    }
}
