//! Docker's command grammar: which commands and flags there are, how arguments are read, what is said when they are wrong.
//!
//! Flags are declared once, as data. `walk` reads the arguments as Docker's parser does and makes its complaints;
//! clap gets what was read in its plain form and keeps the values; `help` prints the declarations.

mod check;
mod given;
mod help;
#[cfg(test)]
mod tests;
mod walk;

pub use check::parse_bool;
pub use given::Given;
pub use help::{group_help, top_help, verb_help};
pub use walk::{Walked, walk};

use super::app::App;
use super::error::Result;
use std::future::Future;
use std::pin::Pin;

/// What a flag takes; also the word behind it in the help.
#[derive(Clone, Copy)]
pub enum Kind {
    Bool,
    Text,
    List,
    Int,
    Int64,
    Uint16,
    Uint64,
    Bytes,
    Duration,
    Cpus,
    Map,
    Filter,
    /// One value with a check of its own.
    Checked(&'static str, fn(&str) -> std::result::Result<(), String>),
    /// Any number of values with a check of their own.
    CheckedList(&'static str, fn(&str) -> std::result::Result<(), String>),
}

/// A declared flag.
#[derive(Clone)]
pub struct Flag {
    pub long: &'static str,
    pub short: Option<char>,
    pub kind: Kind,
    pub default: &'static str,
    pub help: &'static str,
    /// Accepted, but left out of the help.
    pub hidden: bool,
}

/// Declares a flag.
pub fn flag(long: &'static str, short: &str, kind: Kind, help: &'static str) -> Flag {
    Flag {
        long,
        short: short.chars().next(),
        kind,
        default: "",
        help,
        hidden: false,
    }
}

impl Flag {
    pub fn default(mut self, value: &'static str) -> Self {
        self.default = value;
        self
    }

    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

/// How many arguments a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    None,
    Exactly(usize),
    AtLeast(usize),
    AtMost(usize),
    Between(usize, usize),
}

/// What a verb does: it gets the world and its arguments and comes back with an exit code.
pub type Run = fn(App, Given) -> Pin<Box<dyn Future<Output = Result<i32>>>>;

/// A command with everything that is known about it.
pub struct Verb {
    /// Every spelling, in the order in which the help names them: `container ls`, `container list`, `ps`.
    pub paths: &'static [&'static str],
    /// What follows the name in a usage line; `{program}` stands for our own name.
    pub usage: &'static str,
    pub about: &'static str,
    pub arity: Arity,
    /// Flags end at the first argument; what follows belongs to the container.
    pub options_first: bool,
    pub flags: fn() -> Vec<Flag>,
    pub run: Run,
    /// Left out of the lists of commands.
    pub hidden: bool,
}

/// Verbs with flags whose usage line Docker writes without `[OPTIONS]`.
const WITHOUT_OPTIONS: &[&str] = &["network rm"];

impl Verb {
    /// The usage line.
    pub fn usage_line(&self, program: &str, path: &str) -> String {
        let named = !WITHOUT_OPTIONS.contains(&self.paths[0]);
        let shown = match named && (self.flags)().iter().any(|f| !f.hidden) {
            true => "[OPTIONS] ",
            false => "",
        };
        let usage = self.usage.replace("{program}", program);
        format!("{program} {path} {shown}{usage}")
            .trim_end()
            .to_owned()
    }
}

/// A command that only groups others.
pub struct Group {
    pub name: &'static str,
    pub about: &'static str,
}

/// The groups, sorted.
pub const GROUPS: &[Group] = &[
    Group {
        name: "builder",
        about: "Work with builds",
    },
    Group {
        name: "completion",
        about: "Print a shell's completion script",
    },
    Group {
        name: "container",
        about: "Work with containers",
    },
    Group {
        name: "engine",
        about: "Start, stop and watch the engine itself",
    },
    Group {
        name: "image",
        about: "Work with images",
    },
    Group {
        name: "network",
        about: "Work with networks",
    },
    Group {
        name: "system",
        about: "Look at the engine as a whole",
    },
    Group {
        name: "volume",
        about: "Work with volumes",
    },
];

/// The flags before the command.
pub fn global_flags() -> Vec<Flag> {
    vec![
        flag(
            "config",
            "",
            Kind::Text,
            "Folder of the client's configuration files",
        ),
        flag(
            "context",
            "c",
            Kind::Text,
            "Name of the context to use (only \"default\" exists)",
        ),
        flag("debug", "D", Kind::Bool, "Say more when something fails"),
        flag("host", "H", Kind::List, "Address of the engine to talk to"),
        flag(
            "log-level",
            "l",
            Kind::Text,
            "How much is logged (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")",
        )
        .default("info"),
        flag("no-hints", "", Kind::Bool, "Never print hints for learners"),
        flag(
            "plain",
            "",
            Kind::Bool,
            "No progress bars, no colours, no hints",
        ),
        flag("tls", "", Kind::Bool, "Use TLS; implied by --tlsverify"),
        flag(
            "tlscacert",
            "",
            Kind::Text,
            "Trust only certificates that this authority signed",
        ),
        flag("tlscert", "", Kind::Text, "The client's certificate"),
        flag("tlskey", "", Kind::Text, "The client's key"),
        flag(
            "tlsverify",
            "",
            Kind::Bool,
            "Use TLS and check the other side",
        ),
        flag("version", "v", Kind::Bool, "Print the version and leave"),
    ]
}
