//! The command line: grammar, one file per verb, printing, the terminal.
//!
//! Speaks to the engine through `client` alone, so it works against any engine that speaks Docker's API, real Docker too.
//! Everything printed to standard output is Docker's; what teaches goes to standard error, on a terminal only.

mod app;
mod completion;
mod config;
mod confirm;
mod copy;
mod error;
mod grammar;
mod hints;
mod options;
mod output;
mod print;
mod stream;
pub use crate::base::template;
mod terminal;
mod verbs;

pub use verbs::engine::Serve;

use app::{App, err, out};
use error::{Error, Kind};
use grammar::{Arity, GROUPS, Given, Verb};

/// What the program is to do after the command line was read.
#[derive(Debug)]
pub enum Outcome {
    /// Leave with this code.
    Exit(i32),
    /// Become the engine.
    Serve(Serve),
}

/// Runs one command; `args` begins with the program's name.
pub fn run(args: Vec<String>) -> Outcome {
    let program = program(args.first().map_or("", String::as_str));
    let rest = args.get(1..).unwrap_or_default();
    // The engine needs a runtime of another kind, so this one is decided before any runtime exists.
    if let [first, second, tail @ ..] = rest
        && first == "engine"
        && second == "serve"
    {
        return match verbs::engine::serve_options(tail) {
            Ok(serve) => Outcome::Serve(serve),
            Err(error) => Outcome::Exit(report(program, &error)),
        };
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => return Outcome::Exit(report(program, &e.into())),
    };
    let code = runtime.block_on(dispatch(program, rest));
    // A read of standard input may never end; nobody waits for it.
    runtime.shutdown_background();
    Outcome::Exit(code.unwrap_or_else(|error| report(program, &error)))
}

/// The name we answer to: `docker` when called so.
fn program(called: &str) -> &'static str {
    let file = called.rsplit(['/', '\\']).next().unwrap_or(called);
    let stem = file.strip_suffix(".exe").unwrap_or(file);
    if stem == "docker" {
        "docker"
    } else {
        "schooner"
    }
}

fn report(program: &str, error: &Error) -> i32 {
    err(&error.render(program));
    error.exit_code()
}

async fn dispatch(program: &'static str, args: &[String]) -> error::Result<i32> {
    let global = grammar::global_flags();
    let usage = format!("{program} [OPTIONS] COMMAND [ARG...]");
    let walked = grammar::walk(&global, args, true)
        .map_err(|words| flag_error(program, &words, &usage, ""))?;
    let verbs = verbs::all();
    if walked.help {
        out(&grammar::top_help(program, &verbs));
        return Ok(0);
    }
    let words = walked.args.clone();
    let given = Given::new("", &global, walked).map_err(Error::plain)?;
    if given.on("version") && words.is_empty() {
        out(&verbs::version::line(program));
        return Ok(0);
    }
    let app = App::new(program, &given)?;
    match words.first().map(String::as_str) {
        None => out(&grammar::top_help(program, &verbs)),
        Some("help") => return help(program, &verbs, &words[1..]),
        Some("__complete") => completion::complete(program, &verbs, &words[1..]).await,
        Some(_) => {
            let result = command(app.clone(), &verbs, &words).await;
            let Err(error) = &result else { return result };
            let code = report(program, error);
            hints::after(&app, error);
            return Ok(code);
        }
    }
    Ok(0)
}

async fn command(app: App, verbs: &[Verb], words: &[String]) -> error::Result<i32> {
    let program = app.program;
    let Some((verb, path, rest)) = find(verbs, words) else {
        return unknown(program, verbs, words);
    };
    let flags = (verb.flags)();
    let usage = verb.usage_line(program, path);
    let walked = grammar::walk(&flags, rest, verb.options_first)
        .map_err(|words| flag_error(program, &words, &usage, path))?;
    if walked.help {
        if walked.short_help {
            err("Flag shorthand -h has been deprecated, use --help\n");
        }
        out(&grammar::verb_help(program, verb, path));
        return Ok(0);
    }
    arity(program, verb, path, walked.args.len())?;
    let given = Given::new(path, &flags, walked).map_err(Error::plain)?;
    (verb.run)(app, given).await
}

/// The verb that the words name, its canonical spelling, and what follows.
fn find<'a>(
    verbs: &'a [Verb],
    words: &'a [String],
) -> Option<(&'a Verb, &'static str, &'a [String])> {
    for count in [2, 1] {
        let Some(head) = words.get(..count) else {
            continue;
        };
        let spoken = head.join(" ");
        for verb in verbs {
            if let Some(found) = verb.paths.iter().find(|p| **p == spoken) {
                // `container list` calls itself `container ls`.
                let group = found.split(' ').next().filter(|_| found.contains(' '));
                let first = verb
                    .paths
                    .iter()
                    .find(|p| p.contains(' ') && p.split(' ').next() == group);
                return Some((verb, first.unwrap_or(found), &words[count..]));
            }
        }
    }
    None
}

/// A group alone prints its help; anything else is no command.
fn unknown(program: &str, verbs: &[Verb], words: &[String]) -> error::Result<i32> {
    let name = words.first().map_or("", String::as_str);
    let Some(group) = GROUPS.iter().find(|g| g.name == name) else {
        return Err(Error::plain(format!(
            "{program}: unknown command: {program} {name}\n\nRun '{program} --help' for more information"
        )));
    };
    let command = format!("{program} {name}");
    // Docker wrote its groups' usage lines in two ways.
    let usage = match name {
        "volume" => format!("{command} COMMAND"),
        _ => command.clone(),
    };
    let walked = grammar::walk(&[], &words[1..], true)
        .map_err(|words| flag_error(program, &words, &format!("{command} COMMAND"), name))?;
    let help = grammar::group_help(program, verbs, group.name, group.about);
    if walked.help {
        out(&help);
        return Ok(0);
    }
    match walked.args.first() {
        None => err(&help),
        Some(other) => {
            return Err(Error::plain(format!(
                "{program}: unknown command: {program} {name} {other}\n\nUsage:  {usage}\n\nRun '{command} --help' for more information"
            )));
        }
    }
    Ok(0)
}

fn help(program: &str, verbs: &[Verb], topic: &[String]) -> error::Result<i32> {
    if topic.is_empty() {
        out(&grammar::top_help(program, verbs));
    } else if let Some((verb, path, _)) = find(verbs, topic) {
        out(&grammar::verb_help(program, verb, path));
    } else if let Some(group) = GROUPS.iter().find(|g| g.name == topic[0]) {
        out(&grammar::group_help(
            program,
            verbs,
            group.name,
            group.about,
        ));
    } else {
        return Err(Error::plain(format!(
            "unknown help topic: {}",
            topic.join(" ")
        )));
    }
    Ok(0)
}

fn flag_error(program: &str, words: &str, usage: &str, path: &str) -> Error {
    let asked = format!("{program} {path}");
    Error {
        kind: Kind::Flag,
        message: format!(
            "{words}\n\nUsage:  {usage}\n\nRun '{} --help' for more information",
            asked.trim_end()
        ),
    }
}

fn arity(program: &str, verb: &Verb, path: &str, count: usize) -> error::Result<()> {
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    let (fits, words, pointer) = match verb.arity {
        Arity::None => (count == 0, "accepts no arguments".to_owned(), "Run"),
        Arity::Exactly(n) => (count == n, format!("requires {n} {}", plural(n)), "Run"),
        Arity::AtLeast(n) => (
            count >= n,
            format!("requires at least {n} {}", plural(n)),
            "See",
        ),
        Arity::AtMost(n) => (
            count <= n,
            format!("requires at most {n} {}", plural(n)),
            // Docker's own slip, kept since scripts may match the line.
            "SRun",
        ),
        Arity::Between(least, most) => (
            (least..=most).contains(&count),
            format!(
                "requires at least {least} and at most {most} {}",
                plural(most)
            ),
            "Run",
        ),
    };
    if fits {
        return Ok(());
    }
    Err(Error::plain(format!(
        "{program}: '{program} {path}' {words}\n\nUsage:  {}\n\n{pointer} '{program} {path} --help' for more information",
        verb.usage_line(program, path)
    )))
}
