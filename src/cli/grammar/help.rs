//! Prints the help of commands in the layout of Docker's: usage, description, aliases, flags with their types, wrapped.

use super::{Flag, GROUPS, Kind, Verb, global_flags};

/// How wide help is when the terminal does not say.
const WIDTH: usize = 80;
/// The commands that come first in the top help.
const COMMON: &[&str] = &[
    "run", "exec", "ps", "build", "pull", "images", "version", "info",
];

/// The help of one command.
pub fn verb_help(program: &str, verb: &Verb, path: &str) -> String {
    let mut out = format!(
        "Usage:  {}\n\n{}\n",
        verb.usage_line(program, path),
        verb.about
    );
    if verb.paths.len() > 1 {
        let all: Vec<String> = verb
            .paths
            .iter()
            .map(|p| format!("{program} {p}"))
            .collect();
        out.push_str(&format!("\nAliases:\n  {}\n", all.join(", ")));
    }
    let flags = (verb.flags)();
    if flags.iter().any(|f| !f.hidden) {
        out.push_str("\nOptions:\n");
        out.push_str(&flag_lines(&flags));
    }
    out
}

/// The help of a group.
pub fn group_help(program: &str, verbs: &[Verb], group: &str, about: &str) -> String {
    let prefix = format!("{group} ");
    let mut members: Vec<(&str, &str)> = verbs
        .iter()
        .filter(|v| !v.hidden)
        .filter_map(|v| {
            let path = v.paths.iter().find(|p| p.starts_with(&prefix))?;
            Some((&path[prefix.len()..], v.about))
        })
        .collect();
    members.sort_unstable();
    format!(
        "Usage:  {program} {group} COMMAND\n\n{about}\n\nCommands:\n{}\nRun '{program} {group} COMMAND --help' for more information on a command.\n",
        rows(&members)
    )
}

/// The help of the program.
pub fn top_help(program: &str, verbs: &[Verb]) -> String {
    let top: Vec<(&str, &str)> = verbs
        .iter()
        .filter(|v| !v.hidden)
        .filter_map(|v| Some((*v.paths.iter().find(|p| !p.contains(' '))?, v.about)))
        .collect();
    let common: Vec<(&str, &str)> = COMMON
        .iter()
        .filter_map(|name| top.iter().find(|(n, _)| n == name).copied())
        .collect();
    let mut others: Vec<(&str, &str)> = top
        .into_iter()
        .filter(|(name, _)| !COMMON.contains(name))
        .collect();
    others.sort_unstable();
    let groups: Vec<(&str, &str)> = GROUPS.iter().map(|g| (g.name, g.about)).collect();
    format!(
        "Usage:  {program} [OPTIONS] COMMAND\n\nContainers for learning: Docker's commands over WebAssembly sandboxes\n\n\
         Common Commands:\n{}\nManagement Commands:\n{}\nCommands:\n{}\nGlobal Options:\n{}\n\
         Run '{program} COMMAND --help' for more information on a command.\n",
        rows(&common),
        rows(&groups),
        rows(&others),
        flag_lines(&global_flags()),
    )
}

fn rows(entries: &[(&str, &str)]) -> String {
    entries
        .iter()
        .map(|(name, about)| format!("  {name:<11} {about}\n"))
        .collect()
}

/// The flags in two columns, the second wrapped.
fn flag_lines(flags: &[Flag]) -> String {
    let shown: Vec<(String, String)> = flags
        .iter()
        .filter(|f| !f.hidden)
        .map(|f| (left(f), right(f)))
        .collect();
    let column = shown.iter().map(|(l, _)| l.len()).max().unwrap_or(0) + 3;
    let width = WIDTH.saturating_sub(column + 5).max(24);
    let mut out = String::new();
    for (left, right) in shown {
        let lines = wrap(&right, width);
        for (n, line) in lines.iter().enumerate() {
            let left = if n == 0 { left.as_str() } else { "" };
            out.push_str(format!("{left:<column$}{line}").trim_end());
            out.push('\n');
        }
    }
    out
}

fn left(flag: &Flag) -> String {
    let short = flag.short.map_or("      ".into(), |s| format!("  -{s}, "));
    let kind = match flag.kind {
        Kind::Bool => "",
        Kind::Text => " string",
        Kind::List => " list",
        Kind::Int => " int",
        Kind::Int64 => " int",
        Kind::Uint16 => " uint16",
        Kind::Uint64 => " uint",
        Kind::Bytes => " bytes",
        Kind::Duration => " duration",
        Kind::Cpus => " decimal",
        Kind::Map => " map",
        Kind::Filter => " filter",
        Kind::Checked(name, _) | Kind::CheckedList(name, _) => {
            return format!("{short}--{} {name}", flag.long);
        }
    };
    format!("{short}--{}{kind}", flag.long)
}

fn right(flag: &Flag) -> String {
    match flag.default {
        "" => flag.help.to_owned(),
        value if matches!(flag.kind, Kind::Text) => {
            format!("{} (default \"{value}\")", flag.help)
        }
        value => format!("{} (default {value})", flag.help),
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let long = line.chars().count() + 1 + word.chars().count() > width;
            if long && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
