//! Completion: what may stand where the cursor is, and the scripts that ask for it from four shells.
//!
//! `__complete WORD… LAST` answers in the form that completion scripts of Docker's own family read too: one candidate a
//! line, a tab and its help behind it, and at the end `:4`, or `:0` where a file may stand. Completing never starts an
//! engine and never fails: where nobody answers, there are fewer candidates.

mod objects;
mod values;

use super::app::{App, err, out};
use super::grammar::{Flag, GROUPS, Given, Kind, Verb};

/// Where names are wanted, nothing but a candidate may stand.
const NO_FILES: &str = ":4\n";
/// Otherwise it may be a file.
const FILES: &str = ":0\n";

/// A word that may stand there, and what it means; the meaning may be empty.
type Candidate = (String, String);

/// The script of a shell, if there is one for it.
pub fn script(program: &str, shell: &str) -> Option<String> {
    let script = match shell {
        "bash" => include_str!("scripts/bash"),
        "fish" => include_str!("scripts/fish"),
        "powershell" => include_str!("scripts/powershell"),
        "zsh" => include_str!("scripts/zsh"),
        _ => return None,
    };
    Some(script.replace("PROGRAM", program))
}

/// Prints the candidates for the last of the words; what comes before it is complete.
pub async fn complete(program: &'static str, verbs: &[Verb], words: &[String]) {
    let (last, before) = match words.split_last() {
        // Windows PowerShell drops empty arguments, so its script writes two quotes.
        Some((last, before)) => (last.trim_matches('"'), before),
        None => ("", words),
    };
    let found = candidates(program, verbs, before, last).await;
    for (word, about) in found.iter().flatten() {
        match about.is_empty() {
            true => out(&format!("{word}\n")),
            false => out(&format!("{word}\t{about}\n")),
        }
    }
    let (end, name) = match found {
        Some(_) => (NO_FILES, "ShellCompDirectiveNoFileComp"),
        None => (FILES, "ShellCompDirectiveDefault"),
    };
    out(end);
    err(&format!("Completion ended with directive: {name}\n"));
}

/// `None` where a file may stand.
async fn candidates(
    program: &'static str,
    verbs: &[Verb],
    before: &[String],
    last: &str,
) -> Option<Vec<Candidate>> {
    let global = super::grammar::global_flags();
    let top = Place::of(&global, before, true);
    if let Some(found) = top.flag_or_value(&global, last) {
        return found;
    }
    let words = &before[top.first..];
    let app = || {
        let walked = super::grammar::walk(&global, &before[..top.first], true).ok()?;
        App::new(program, &Given::new("", &global, walked).ok()?).ok()
    };
    let Some((verb, _, rest)) = super::find(verbs, words) else {
        return Some(starting(commands(verbs, words)?, last));
    };
    let flags = (verb.flags)();
    let place = Place::of(&flags, rest, verb.options_first);
    if let Some(flag) = place.wants_value(&flags, last) {
        let (typed, prefix) = match last.split_once('=') {
            Some((name, value)) if last.starts_with("--") => (value, format!("{name}=")),
            _ => (last, String::new()),
        };
        let values = values::of(app(), verb, flag).await?;
        let found = starting(values, typed).into_iter();
        return Some(
            found
                .map(|(w, about)| (prefix.clone() + &w, about))
                .collect(),
        );
    }
    if let Some(found) = place.flag_or_value(&flags, last) {
        return found;
    }
    let found = objects::of(app(), verb, place.arguments).await?;
    // What stands there already is not offered again.
    let new = found.into_iter().filter(|(word, _)| !rest.contains(word));
    Some(starting(new.collect(), last))
}

fn starting(found: Vec<Candidate>, start: &str) -> Vec<Candidate> {
    let mut found = found;
    found.retain(|(word, _)| word.starts_with(start));
    found
}

/// Commands behind these words: those of a group, or everything at the top. `None` where the words are no group.
fn commands(verbs: &[Verb], words: &[String]) -> Option<Vec<Candidate>> {
    let group = match words {
        [] => None,
        [group] if GROUPS.iter().any(|g| g.name == group) => Some(group.as_str()),
        _ => return None,
    };
    let mut found = Vec::new();
    for verb in verbs.iter().filter(|v| !v.hidden) {
        for path in verb.paths {
            let name = match (path.split_once(' '), group) {
                (Some((of, name)), Some(group)) if of == group => name,
                (None, None) => path,
                _ => continue,
            };
            found.push((name.to_owned(), verb.about.to_owned()));
        }
    }
    if group.is_none() {
        let groups = GROUPS
            .iter()
            .filter(|g| !found.iter().any(|f| f.0 == g.name));
        let groups: Vec<Candidate> = groups.map(|g| (g.name.into(), g.about.into())).collect();
        found.extend(groups);
    }
    found.sort();
    Some(found)
}

/// Where the cursor is among the words of one command.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// The first word that is neither a flag nor a flag's value.
    first: usize,
    /// How many arguments stand before the cursor.
    arguments: usize,
    /// Flags may still come.
    flags_go_on: bool,
    /// The flag whose value the word at the cursor is.
    pending: Option<&'static str>,
}

impl Place {
    fn of(flags: &[Flag], words: &[String], options_first: bool) -> Self {
        let mut place = Place {
            first: words.len(),
            arguments: 0,
            flags_go_on: true,
            pending: None,
        };
        for (at, word) in words.iter().enumerate() {
            if place.pending.take().is_some() {
                continue;
            }
            if place.flags_go_on && word == "--" {
                place.flags_go_on = false;
            } else if place.flags_go_on && word.len() > 1 && word.starts_with('-') {
                place.pending = pending(flags, word);
            } else {
                if place.arguments == 0 {
                    place.first = at;
                }
                place.arguments += 1;
                place.flags_go_on &= !options_first;
            }
        }
        place
    }

    /// The flag whose value is being typed, behind a space or behind `=`.
    fn wants_value<'a>(&self, flags: &'a [Flag], last: &str) -> Option<&'a Flag> {
        let name = match (self.pending, last.split_once('=')) {
            (Some(name), _) => name,
            (None, Some((name, _))) if self.flags_go_on => name.strip_prefix("--")?,
            _ => return None,
        };
        flags.iter().find(|f| f.long == name)
    }

    /// The flags, where one has been begun; nothing where a value without candidates is wanted.
    fn flag_or_value(&self, flags: &[Flag], last: &str) -> Option<Option<Vec<Candidate>>> {
        if self.pending.is_some() {
            return Some(None);
        }
        if !self.flags_go_on || !last.starts_with('-') {
            return None;
        }
        let mut found = Vec::new();
        for flag in flags.iter().filter(|f| !f.hidden) {
            found.push((format!("--{}", flag.long), flag.help.to_owned()));
            if let Some(short) = flag.short {
                found.push((format!("-{short}"), flag.help.to_owned()));
            }
        }
        found.push(("--help".to_owned(), String::new()));
        Some(Some(starting(found, last)))
    }
}

/// The flag that takes the next word as its value.
fn pending(flags: &[Flag], word: &str) -> Option<&'static str> {
    let takes = |flag: &&Flag| !matches!(flag.kind, Kind::Bool);
    let found = match word.strip_prefix("--") {
        Some(long) => flags.iter().find(|f| f.long == long),
        // Of a cluster, the last one may want a value: `-it`, `-dp`.
        None => {
            let last = word.chars().next_back();
            flags.iter().find(|f| f.short.is_some() && f.short == last)
        }
    };
    found.filter(takes).map(|f| f.long)
}

#[cfg(test)]
mod tests;
