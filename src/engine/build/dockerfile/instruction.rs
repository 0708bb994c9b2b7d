//! From a line to an instruction: what it is and whether its arguments can be right.

use super::flags::{Flags, Takes};
use super::heredoc::{self, Heredoc};
use super::lines::Line;
use super::mount::Mount;
use super::{health, suggest};
use crate::wire::HealthConfig;
use regex::Regex;
use std::sync::LazyLock;

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: String,
}

/// A name of `ARG` with its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub name: String,
    pub default: Option<String>,
}

/// A command in shell form or as a JSON list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// One text in shell form.
    pub words: Vec<String>,
    pub shell: bool,
    pub files: Vec<Heredoc>,
}

/// A file whose content stands in the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    pub name: String,
    pub content: String,
    pub expand: bool,
}

/// `COPY` and `ADD`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub sources: Vec<String>,
    pub inline: Vec<Inline>,
    pub destination: String,
    /// A stage or an image; empty is the context.
    pub from: String,
    pub chown: String,
    pub chmod: String,
    /// Patterns of what is left out of folders.
    pub exclude: Vec<String>,
    /// Of what is fetched.
    pub checksum: String,
    /// Whether archives are unpacked, where that is said.
    pub unpack: Option<bool>,
}

/// The flags of `RUN`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFlags {
    /// Unexpanded; [`super::Mount`] reads them.
    pub mounts: Vec<String>,
    /// `none`, `host`, or empty for the default.
    pub network: String,
    /// The name of the first that was given.
    pub first: Option<String>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    From {
        base: String,
        /// Of the stage, in lower case.
        name: String,
        platform: String,
    },
    Add(Copied),
    Arg(Vec<Argument>),
    Cmd(CommandLine),
    Copy(Copied),
    Entrypoint(CommandLine),
    Env(Vec<Pair>),
    Expose(Vec<String>),
    Healthcheck(HealthConfig),
    /// `literal`: from `--label`, where nothing is expanded.
    Label {
        pairs: Vec<Pair>,
        literal: bool,
    },
    Maintainer(String),
    /// The instruction that waits, as written.
    Onbuild(String),
    Run {
        command: CommandLine,
        flags: RunFlags,
    },
    Shell(Vec<String>),
    Stopsignal(String),
    User(String),
    Volume(Vec<String>),
    Workdir(String),
}

/// In the order in which Docker looks for the nearest.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];
const COPY: &[(&str, Takes)] = &[
    ("chown", Takes::Text),
    ("from", Takes::Text),
    ("chmod", Takes::Text),
    ("link", Takes::Bool),
    ("exclude", Takes::Texts),
];
const ADD: &[(&str, Takes)] = &[
    ("chown", Takes::Text),
    ("chmod", Takes::Text),
    ("link", Takes::Bool),
    ("keep-git-dir", Takes::Bool),
    ("checksum", Takes::Text),
    ("unpack", Takes::Bool),
    ("exclude", Takes::Texts),
];
const RUN: &[(&str, Takes)] = &[
    ("mount", Takes::Texts),
    ("network", Takes::Text),
    ("device", Takes::Texts),
];

static STAGE_NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^[a-z][a-z0-9-_.]*$").ok());

impl Instruction {
    /// Understands a line; errors are Docker's, without the line's number.
    pub fn parse(line: &Line) -> Result<Instruction, String> {
        let keyword = line.keyword.to_ascii_uppercase();
        let words = &line.arguments.words;
        let at_least_one = || match words.is_empty() {
            true => Err(format!("{keyword} requires at least one argument")),
            false => Ok(words.clone()),
        };
        let exactly_one = || match words.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(format!("{keyword} requires exactly one argument")),
        };
        let no_flags = || Flags::parse(&line.flags, &[]);
        let plain = |made: Instruction| no_flags().map(|_| made);
        match keyword.as_str() {
            "FROM" => from(line),
            "ADD" => Ok(Instruction::Add(copied(line, &keyword, ADD)?)),
            "COPY" => Ok(Instruction::Copy(copied(line, &keyword, COPY)?)),
            "ARG" => plain(Instruction::Arg(declared(&at_least_one()?)?)),
            "CMD" => plain(Instruction::Cmd(command(line))),
            "ENTRYPOINT" => plain(Instruction::Entrypoint(command(line))),
            "RUN" => Ok(Instruction::Run {
                flags: run_flags(line)?,
                command: command(line),
            }),
            "ENV" => {
                no_flags()?;
                Ok(Instruction::Env(pairs(&at_least_one()?, &keyword)?))
            }
            "LABEL" => {
                no_flags()?;
                let pairs = pairs(&at_least_one()?, &keyword)?;
                Ok(Instruction::Label {
                    pairs,
                    literal: false,
                })
            }
            "EXPOSE" => {
                let mut ports = at_least_one()?;
                ports.sort();
                plain(Instruction::Expose(ports))
            }
            "HEALTHCHECK" => Ok(Instruction::Healthcheck(health::parse(line)?)),
            "MAINTAINER" => plain(Instruction::Maintainer(exactly_one()?)),
            "ONBUILD" => onbuild(line),
            "SHELL" => {
                let words = at_least_one()?;
                no_flags()?;
                match line.arguments.json {
                    true => Ok(Instruction::Shell(words)),
                    false => Err("SHELL requires the arguments to be in JSON form".to_owned()),
                }
            }
            "STOPSIGNAL" => plain(Instruction::Stopsignal(exactly_one()?)),
            "USER" => plain(Instruction::User(exactly_one()?)),
            "VOLUME" => volume(at_least_one()?),
            "WORKDIR" => plain(Instruction::Workdir(exactly_one()?)),
            _ => Err(suggest::hint(
                format!("unknown instruction: {}", line.keyword),
                &line.keyword,
                &KEYWORDS,
            )),
        }
    }
}

/// A list stays as it is; the shell form is one text, where there is any.
pub fn joined(words: &[String], json: bool) -> Vec<String> {
    match json || words.is_empty() {
        true => words.to_vec(),
        false => vec![words.join(" ")],
    }
}

fn command(line: &Line) -> CommandLine {
    CommandLine {
        words: joined(&line.arguments.words, line.arguments.json),
        shell: !line.arguments.json,
        files: line.heredocs.clone(),
    }
}

fn run_flags(line: &Line) -> Result<RunFlags, String> {
    let flags = Flags::parse(&line.flags, RUN)?;
    let mounts = flags.all("mount");
    for mount in &mounts {
        Mount::check(mount)?;
    }
    let given = flags.all("network");
    let network = match given.first().map(String::as_str) {
        None | Some("default") => "",
        Some(known @ ("none" | "host")) => known,
        Some(other) => return Err(format!("invalid network mode {other:?}")),
    };
    Ok(RunFlags {
        mounts,
        network: network.to_owned(),
        first: flags.first().map(str::to_owned),
    })
}

fn from(line: &Line) -> Result<Instruction, String> {
    let (base, name) = match line.arguments.words.as_slice() {
        [base] => (base, String::new()),
        [base, word, name] if word.eq_ignore_ascii_case("as") => {
            let lower = name.to_lowercase();
            if !STAGE_NAME
                .as_ref()
                .is_some_and(|valid| valid.is_match(&lower))
            {
                return Err(format!(
                    "invalid name for build stage: {name:?}, name can't start with a number or contain symbols"
                ));
            }
            (base, lower)
        }
        _ => return Err("FROM requires either one or three arguments".to_owned()),
    };
    let flags = Flags::parse(&line.flags, &[("platform", Takes::Text)])?;
    Ok(Instruction::From {
        base: base.clone(),
        name,
        platform: flags.get("platform").to_owned(),
    })
}

fn declared(words: &[String]) -> Result<Vec<Argument>, String> {
    let mut all = Vec::new();
    for word in words {
        let (name, default) = match word.split_once('=') {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (word.as_str(), None),
        };
        if name.is_empty() {
            return Err("ARG names can not be blank".to_owned());
        }
        all.push(Argument {
            name: name.to_owned(),
            default,
        });
    }
    Ok(all)
}

fn pairs(words: &[String], keyword: &str) -> Result<Vec<Pair>, String> {
    let pair = |pair: &[String]| match pair {
        [name, value] if !name.is_empty() => Ok(Pair {
            name: name.clone(),
            value: value.clone(),
        }),
        _ => Err(format!("{keyword} names can not be blank")),
    };
    words.chunks(2).map(pair).collect()
}

fn copied(line: &Line, keyword: &str, known: &[(&str, Takes)]) -> Result<Copied, String> {
    let words = &line.arguments.words;
    let [sources @ .., destination] = words.as_slice() else {
        return Err(no_destination(keyword));
    };
    if sources.is_empty() {
        return Err(no_destination(keyword));
    }
    let flags = Flags::parse(&line.flags, known)?;
    if Heredoc::parse(destination).is_some() {
        return Err(format!(
            "{keyword} cannot accept a heredoc as a destination"
        ));
    }
    let (mut files, mut inline) = (Vec::new(), Vec::new());
    for source in sources {
        let Some(announced) = Heredoc::parse(source) else {
            files.push(source.clone());
            continue;
        };
        let found = line.heredocs.iter().find(|h| h.name == announced.name);
        let content = found.map(|h| h.content.as_str()).unwrap_or_default();
        inline.push(Inline {
            content: match announced.chomp {
                true => heredoc::chomp(content),
                false => content.to_owned(),
            },
            name: announced.name,
            expand: announced.expand,
        });
    }
    let text = |name| flags.get(name).to_owned();
    Ok(Copied {
        sources: files,
        inline,
        destination: destination.clone(),
        from: text("from"),
        chown: text("chown"),
        chmod: text("chmod"),
        exclude: flags.all("exclude"),
        checksum: text("checksum"),
        unpack: match flags.get("unpack") {
            "" => None,
            told => Some(told == "true"),
        },
    })
}

fn no_destination(keyword: &str) -> String {
    format!(
        "{keyword} requires at least two arguments, but only one was provided. Destination could not be determined"
    )
}

fn onbuild(line: &Line) -> Result<Instruction, String> {
    let Some(trigger) = line.arguments.words.first() else {
        return Err("ONBUILD requires at least one argument".to_owned());
    };
    Flags::parse(&line.flags, &[])?;
    let word = trigger
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    match word.as_str() {
        "ONBUILD" => return Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "MAINTAINER" | "FROM" => return Err(format!("{word} isn't allowed as an ONBUILD trigger")),
        _ => {}
    }
    // The grammar of what waits is looked at now, its meaning when it is due.
    Line::parse(trigger, '\\')?;
    let mut text = trigger.clone();
    for document in &line.heredocs {
        text.push_str(&format!("\n{}{}", document.content, document.name));
    }
    Ok(Instruction::Onbuild(text))
}

fn volume(words: Vec<String>) -> Result<Instruction, String> {
    let volumes: Vec<String> = words.iter().map(|v| v.trim().to_owned()).collect();
    match volumes.iter().any(String::is_empty) {
        true => Err("VOLUME specified can not be an empty string".to_owned()),
        false => Ok(Instruction::Volume(volumes)),
    }
}
