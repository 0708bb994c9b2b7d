//! The arguments of one command after they were read: clap keeps them, verbs ask by the name of the flag.

use super::{Flag, Kind, Walked, check};
use crate::base::filter::Filters;
use crate::base::size;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::collections::HashSet;

/// What the user gave to a command.
pub struct Given {
    /// The command as it was called, such as `container ls`.
    pub path: String,
    matches: ArgMatches,
    /// The flags that were written, not only defaulted.
    changed: HashSet<&'static str>,
    /// The arguments that are no flags.
    pub args: Vec<String>,
}

/// The clap command that the flags declare.
pub fn command(path: &str, flags: &[Flag]) -> Command {
    let mut command = Command::new(path.to_owned())
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true);
    for flag in flags {
        let many = matches!(
            flag.kind,
            Kind::List | Kind::Map | Kind::Filter | Kind::CheckedList(..)
        );
        let mut arg = Arg::new(flag.long)
            .long(flag.long)
            .help(flag.help)
            .require_equals(true)
            .allow_hyphen_values(true)
            .action(if many {
                ArgAction::Append
            } else {
                ArgAction::Set
            });
        if !flag.default.is_empty() {
            arg = arg.default_value(flag.default);
        }
        command = command.arg(arg);
    }
    command.arg(
        Arg::new("ARGS")
            .num_args(0..)
            .last(true)
            .allow_hyphen_values(true),
    )
}

impl Given {
    /// Hands what was read to clap. The values were checked before, so clap has nothing to complain about.
    pub fn new(path: &str, flags: &[Flag], walked: Walked) -> Result<Self, String> {
        let plain = walked
            .values
            .iter()
            .map(|(flag, value)| format!("--{flag}={value}"));
        let plain = plain
            .chain(std::iter::once("--".to_owned()))
            .chain(walked.args.iter().cloned());
        let matches = command(path, flags)
            .try_get_matches_from(plain)
            .map_err(|e| e.to_string())?;
        Ok(Self {
            path: path.to_owned(),
            matches,
            changed: walked.values.iter().map(|(flag, _)| *flag).collect(),
            args: walked.args,
        })
    }

    /// Whether the user wrote the flag.
    pub fn changed(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// Whether no flag was written at all.
    pub fn is_bare(&self) -> bool {
        self.changed.is_empty()
    }

    /// The last value of a flag, or its default, or nothing.
    pub fn text(&self, name: &str) -> &str {
        // Asking for a flag that the command does not have is the same as its not being given.
        let found = self.matches.try_get_one::<String>(name);
        found.ok().flatten().map_or("", String::as_str)
    }

    /// Every value of a flag, in order.
    pub fn list(&self, name: &str) -> Vec<String> {
        let found = self.matches.try_get_many::<String>(name).ok().flatten();
        found.map(|all| all.cloned().collect()).unwrap_or_default()
    }

    /// Like `list`, but `None` when nothing was given: Go's nil.
    pub fn some_list(&self, name: &str) -> Option<Vec<String>> {
        Some(self.list(name)).filter(|l| !l.is_empty())
    }

    pub fn on(&self, name: &str) -> bool {
        check::parse_bool(self.text(name)).unwrap_or(false)
    }

    pub fn int(&self, name: &str) -> i64 {
        check::parse_int(self.text(name)).unwrap_or(0)
    }

    /// A size in bytes, 0 when not given.
    pub fn bytes(&self, name: &str) -> i64 {
        size::parse_binary(self.text(name)).unwrap_or(0)
    }

    /// A duration in nanoseconds, 0 when not given.
    pub fn duration(&self, name: &str) -> i64 {
        crate::base::duration::parse(self.text(name)).unwrap_or(0)
    }

    /// `--cpus` in billionths.
    pub fn nano_cpus(&self, name: &str) -> i64 {
        check::nano_cpus(self.text(name)).unwrap_or(0)
    }

    /// The `--filter` flags together.
    pub fn filters(&self) -> Filters {
        let mut filters = Filters::default();
        for text in self.list("filter") {
            // Checked when it was read.
            let _ = filters.add_argument(&text);
        }
        filters
    }

    /// The first argument.
    pub fn first(&self) -> &str {
        self.args.first().map_or("", String::as_str)
    }
}
