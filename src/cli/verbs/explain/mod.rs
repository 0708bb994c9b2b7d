//! `explain`: reads a command without running it, and says what each part means, what would change, and what would go wrong.
//!
//! Commands and flags come from the tables that the command line itself is made of. What would go wrong is looked up in a running
//! engine; none is started for it.

mod effects;
mod state;
mod values;

use crate::cli::app::{App, err, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Flag, Given, Kind, Verb, Walked, walk};

pub fn verb() -> Verb {
    Verb {
        paths: &["explain"],
        usage: "COMMAND [ARG...]",
        about: "Say what a command would do, part by part, without doing it",
        arity: Arity::AtLeast(1),
        options_first: true,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let words = match given.args.first().map(String::as_str) {
        // As it is copied from a page.
        Some("docker" | "schooner" | "$") => &given.args[1..],
        _ => &given.args[..],
    };
    let verbs = super::all();
    let Some((verb, path, rest)) = crate::cli::find(&verbs, words) else {
        let name = words.join(" ");
        return Err(Error::plain(format!(
            "there is no command {name:?}; '{} --help' lists them",
            app.program
        )));
    };
    let flags = (verb.flags)();
    let walked = match walk(&flags, rest, verb.options_first) {
        Ok(walked) => walked,
        Err(said) => {
            out(&format!("{path}: {}.\n\n", verb.about));
            err(&format!("It would fail at once: {said}\n"));
            return Ok(1);
        }
    };
    let operands = operands(verb.usage, &walked.args);
    out(&describe(verb, path, &flags, &walked, &operands));
    out(&format!("\nWould change: {}\n", effects::of(verb.paths[0])));
    for line in state::problems(&app, verb, &walked, &operands).await {
        out(&format!("Now: {line}\n"));
    }
    Ok(0)
}

/// An argument with its name in the usage line.
struct Operand<'a> {
    role: String,
    value: &'a str,
}

/// Gives each argument the name that stands at its place in the usage line; the last name holds for all further ones.
fn operands<'a>(usage: &str, args: &'a [String]) -> Vec<Operand<'a>> {
    let first = usage.split('\n').next().unwrap_or_default();
    let roles: Vec<&str> = first
        .split(' ')
        .filter(|r| !matches!(*r, "" | "|"))
        .collect();
    args.iter()
        .enumerate()
        .map(|(place, value)| {
            let role = roles.get(place).or(roles.last()).copied().unwrap_or("ARG");
            let role = role.trim_matches(['[', ']']).trim_end_matches("...");
            // `SOURCE_IMAGE[:TAG]` is a source image.
            let role = role.split('[').next().unwrap_or(role);
            Operand {
                role: role.to_owned(),
                value,
            }
        })
        .collect()
}

/// The command, its flags as they were given, and its arguments, each on a line of its own.
fn describe(
    verb: &Verb,
    path: &str,
    flags: &[Flag],
    walked: &Walked,
    operands: &[Operand<'_>],
) -> String {
    let mut rows = vec![(path.to_owned(), format!("{}.", verb.about))];
    for (name, value) in &walked.values {
        let Some(flag) = flags.iter().find(|f| f.long == *name) else {
            continue;
        };
        let short = flag.short.map_or("    ".to_owned(), |s| format!("-{s}, "));
        let spelled = match flag.kind {
            Kind::Bool if value == "true" => format!("{short}--{name}"),
            Kind::Bool => format!("{short}--{name}={value}"),
            _ => format!("{short}--{name} {value}"),
        };
        let mut meaning = format!("{}.", flag.help);
        if let Some(more) = values::meaning(name, value) {
            meaning.push_str(&format!(" Here: {more}."));
        }
        rows.push((spelled, meaning));
    }
    for operand in operands {
        rows.push((operand.value.to_owned(), role(&operand.role)));
    }
    let width = rows.iter().map(|(left, _)| left.chars().count()).max();
    let width = width.unwrap_or(0).min(40);
    let line = |(left, right): &(String, String)| format!("  {left:<width$}   {right}\n");
    rows.iter().map(line).collect()
}

/// What an argument with this name is.
fn role(name: &str) -> String {
    let known = match name {
        "CONTAINER" => "The container: its name, its id, or as much of the id as no other has.",
        "IMAGE" => "The image, by name or id.",
        "NAME" | "REPOSITORY" => "What is meant, by name or id.",
        "COMMAND" => "The program that runs in the container, instead of the image's own.",
        "ARG" => "Goes to that program as it stands.",
        "NETWORK" => "The network, by name or id.",
        "VOLUME" => "The volume, by name.",
        "NEW_NAME" => "Its new name.",
        "SOURCE_IMAGE" => "The image that gets another name.",
        "TARGET_IMAGE" => "The further name.",
        "PATH" => "The folder whose files the build may copy; '.' is this one.",
        "SRC_PATH" | "DEST_PATH" => {
            "A path; with 'CONTAINER:' in front it is one in that container."
        }
        _ => return format!("{name}."),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(usage: &str, args: &[&str]) -> Vec<String> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        operands(usage, &args).into_iter().map(|o| o.role).collect()
    }

    #[test]
    fn arguments_have_the_names_of_the_usage_line() {
        assert_eq!(
            roles("IMAGE [COMMAND] [ARG...]", &["a", "b", "c", "d"]),
            ["IMAGE", "COMMAND", "ARG", "ARG"]
        );
        assert_eq!(
            roles("CONTAINER [CONTAINER...]", &["a", "b"]),
            ["CONTAINER", "CONTAINER"]
        );
        assert_eq!(
            roles("SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", &["a", "b"]),
            ["SOURCE_IMAGE", "TARGET_IMAGE"]
        );
    }

    #[test]
    fn every_command_says_what_it_changes() {
        for verb in super::super::all().iter().filter(|v| !v.hidden) {
            let name = verb.paths[0];
            assert!(!effects::of(name).is_empty(), "{name}");
        }
    }
}
