//! Instructions that change nothing but the config of an image. Pure: `--change` of commit and import uses it too.

use super::dockerfile::{CommandLine, Instruction};
use super::expand::{Lexer, Variables};
use crate::base::strconv::quote;
use crate::base::{duration, host_path};
use crate::engine::{Error, Result, signal};
use crate::wire::{ContainerConfig, Empty, HealthConfig};

/// What an image gets by default.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// A config under change.
#[derive(Clone, Debug, Default)]
pub struct Changing {
    pub config: ContainerConfig,
    pub author: String,
    /// `CMD` stood in this stage: a later `ENTRYPOINT` leaves it.
    pub has_cmd: bool,
}

impl Changing {
    /// The shell of the shell forms.
    pub fn shell(&self) -> Vec<String> {
        match self.config.shell.as_deref() {
            Some(shell) if !shell.is_empty() => shell.to_vec(),
            _ => SHELL.map(str::to_owned).to_vec(),
        }
    }

    /// The whole command, with the shell in front where the form asks for it.
    pub fn command(&self, line: &CommandLine) -> Vec<String> {
        let mut words = if line.shell { self.shell() } else { Vec::new() };
        words.extend(line.words.iter().cloned());
        words
    }

    /// The environment as variables.
    pub fn variables(&self) -> Vec<(String, String)> {
        let env = self.config.env.iter().flatten();
        env.map(|e| e.split_once('=').unwrap_or((e, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Applies an instruction whose variables are expanded already. Comes back with the words that stand for it in the
    /// history, or `None` when it is not one of these.
    pub fn apply(&mut self, what: &Instruction) -> Result<Option<String>> {
        let config = &mut self.config;
        Ok(Some(match what {
            Instruction::Env(pairs) => {
                let mut words = "ENV".to_owned();
                for pair in pairs {
                    let entry = format!("{}={}", pair.name, pair.value);
                    words.push(' ');
                    words.push_str(&entry);
                    let env = config.env.get_or_insert_default();
                    let known = |e: &&mut String| e.split('=').next() == Some(&pair.name);
                    match env.iter_mut().find(known) {
                        Some(old) => *old = entry,
                        None => env.push(entry),
                    }
                }
                words
            }
            Instruction::Label { pairs, .. } => {
                let mut words = "LABEL".to_owned();
                for pair in pairs {
                    words.push_str(&format!(" {}={}", pair.name, pair.value));
                    let labels = config.labels.get_or_insert_default();
                    labels.insert(pair.name.clone(), pair.value.clone());
                }
                words
            }
            Instruction::Maintainer(name) => {
                self.author.clone_from(name);
                format!("MAINTAINER {name}")
            }
            Instruction::Onbuild(trigger) => {
                config
                    .on_build
                    .get_or_insert_default()
                    .push(trigger.clone());
                format!("ONBUILD {trigger}")
            }
            Instruction::Cmd(line) => {
                let command = self.command(line);
                let words = format!("CMD {}", quoted(&command));
                self.config.cmd = Some(command);
                self.has_cmd |= !line.words.is_empty();
                words
            }
            Instruction::Entrypoint(line) => {
                let command = match line.words.is_empty() {
                    true => Vec::new(),
                    false => self.command(line),
                };
                let words = format!("ENTRYPOINT {}", quoted(&command));
                self.config.entrypoint = Some(command).filter(|c| !c.is_empty());
                if !self.has_cmd {
                    self.config.cmd = None;
                }
                words
            }
            Instruction::Healthcheck(health) => {
                config.healthcheck = Some(health.clone());
                format!("HEALTHCHECK {}", health_words(health))
            }
            Instruction::Expose(ports) => {
                for port in ports {
                    for found in exposed(port)? {
                        config
                            .exposed_ports
                            .get_or_insert_default()
                            .insert(found, Empty {});
                    }
                }
                format!("EXPOSE {}", ports.join(" "))
            }
            Instruction::User(user) => {
                config.user.clone_from(user);
                format!("USER {user}")
            }
            Instruction::Volume(volumes) => {
                let all = config.volumes.get_or_insert_default();
                all.extend(volumes.iter().map(|v| (v.clone(), Empty {})));
                format!("VOLUME [{}]", volumes.join(" "))
            }
            Instruction::Stopsignal(name) => {
                signal::parse(name)?;
                config.stop_signal.clone_from(name);
                format!("STOPSIGNAL {name}")
            }
            Instruction::Shell(words) => {
                config.shell = Some(words.clone());
                format!("SHELL [{}]", words.join(" "))
            }
            Instruction::Workdir(path) => {
                config.working_dir = below(&config.working_dir, path)?;
                format!("WORKDIR {}", config.working_dir)
            }
            Instruction::Arg(_)
            | Instruction::From { .. }
            | Instruction::Add(_)
            | Instruction::Copy(_)
            | Instruction::Run { .. } => return Ok(None),
        }))
    }
}

/// Expands the variables of an instruction, where it has any.
pub fn expanded(what: &Instruction, lexer: &Lexer, variables: &Variables) -> Result<Instruction> {
    let word = |text: &String| lexer.word(text, variables).map_err(Error::system);
    let words = |texts: &[String]| texts.iter().map(word).collect::<Result<Vec<String>>>();
    let mut new = what.clone();
    match &mut new {
        Instruction::Env(pairs)
        | Instruction::Label {
            pairs,
            literal: false,
        } => {
            for pair in pairs {
                pair.name = word(&pair.name)?;
                pair.value = word(&pair.value)?;
            }
        }
        Instruction::Arg(arguments) => {
            for argument in arguments {
                argument.name = word(&argument.name)?;
                argument.default = argument.default.as_ref().map(word).transpose()?;
            }
        }
        Instruction::Add(copied) | Instruction::Copy(copied) => {
            copied.sources = words(&copied.sources)?;
            copied.destination = word(&copied.destination)?;
            copied.chown = word(&copied.chown)?;
            copied.chmod = word(&copied.chmod)?;
            copied.checksum = word(&copied.checksum)?;
            let plain = Lexer {
                plain_quotes: true,
                ..*lexer
            };
            for inline in copied.inline.iter_mut().filter(|i| i.expand) {
                inline.content = plain
                    .word(&inline.content, variables)
                    .map_err(Error::system)?;
            }
        }
        // The one instruction in which a variable may become several words.
        Instruction::Expose(ports) => {
            let mut all = Vec::new();
            for port in ports.iter() {
                all.extend(lexer.words(port, variables).map_err(Error::system)?);
            }
            *ports = all;
        }
        Instruction::Workdir(text) | Instruction::User(text) | Instruction::Stopsignal(text) => {
            *text = word(text)?;
        }
        Instruction::Volume(volumes) => *volumes = words(volumes)?,
        _ => {}
    }
    Ok(new)
}

/// A path as `WORKDIR` takes it: relative ones lie below the last.
pub fn below(current: &str, path: &str) -> Result<String> {
    match path {
        "" => Err(Error::system("cannot normalize nothing")),
        path if path.starts_with('/') => Ok(host_path::clean(path)),
        path => Ok(host_path::clean(&format!("{current}/{path}"))),
    }
}

/// Go's `%q` of a list.
fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|w| quote(w)).collect();
    format!("[{}]", words.join(" "))
}

/// Go's `%v` of Docker's struct.
fn health_words(health: &HealthConfig) -> String {
    let times = [
        health.interval,
        health.timeout,
        health.start_period,
        health.start_interval,
    ];
    format!(
        "&{{[{}] {} {}}}",
        health.test.as_deref().unwrap_or_default().join(" "),
        times.map(duration::go).join(" "),
        health.retries
    )
}

/// The ports of one word of `EXPOSE`: `80`, `53/udp`, `8000-8002`; host parts are passed by, as in Docker.
fn exposed(text: &str) -> Result<Vec<String>> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let ports = ports.rsplit(':').next().unwrap_or_default();
    let bad = || Error::invalid(format!("invalid containerPort: {ports}"));
    if ports.is_empty() {
        return Err(Error::invalid("no port specified: <empty>"));
    }
    let number = |text: &str| text.parse::<u16>().map_err(|_| bad());
    let (first, last) = match ports.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(ports)?, number(ports)?),
    };
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(Error::invalid(format!("invalid proto: {protocol}")));
    }
    if last < first {
        return Err(bad());
    }
    Ok((first..=last)
        .map(|port| format!("{port}/{protocol}"))
        .collect())
}
