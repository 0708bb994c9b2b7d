//! Builtins that show something: `jobs`, `type`, `hash`, `history`, `umask`.

use super::{Output, Result, finish, words};
use crate::{Env, editor, jobs as format, mode, sys};
use yash_env::semantics::Field;
use yash_env::system::Signals as _;
use yash_env::trap::{Action, Condition, Origin};
use yash_syntax::parser::lex::Keyword;

/// The job that `%…` names.
pub fn find_job(env: &Env, word: &str) -> Option<usize> {
    let id = yash_env::job::id::parse(word, yash_env::option::State::Off).ok()?;
    id.find(&env.jobs).ok()
}

pub async fn jobs(env: &mut Env, args: Vec<Field>) -> Result {
    env.update_all_subshell_statuses();
    let (mut pids, mut long) = (false, false);
    let mut chosen = Vec::new();
    let mut output = Output::default();
    for word in words(&args) {
        match word.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => {
                pids |= letters.contains('p');
                long |= letters.contains('l');
            }
            _ => match find_job(env, &word) {
                Some(index) => chosen.push(index),
                None => output = Output::error(2, format!("{word}: no such job")),
            },
        }
    }
    if chosen.is_empty() && output.errors.is_empty() {
        chosen = env.jobs.iter().map(|(index, _)| index).collect();
    }
    for index in chosen {
        let text = if pids {
            env.jobs
                .get(index)
                .map_or(String::new(), |job| format!("{}\n", job.pid))
        } else {
            format::line(&env.jobs, index, long)
        };
        output.out.extend_from_slice(text.as_bytes());
        if let Some(mut job) = env.jobs.get_mut(index) {
            job.state_reported();
        }
    }
    env.jobs
        .remove_if(|_, job| !job.state_changed && !job.state.is_alive());
    finish(env, "jobs", output).await
}

/// Where a command of that name is on PATH.
pub fn on_path(env: &Env, name: &str) -> Option<String> {
    let runnable = |path: &str| {
        let regular = sys::stat(path).is_ok_and(|stat| stat.file_type() == schooner_sys::S_IFREG);
        regular && sys::access(path, sys::X_OK).is_ok()
    };
    if name.contains('/') {
        return runnable(name).then(|| name.to_owned());
    }
    let path = env.variables.get_scalar("PATH").unwrap_or("");
    let candidates = path.split(':').map(|dir| match dir {
        "" => name.to_owned(),
        dir => format!("{}/{name}", dir.trim_end_matches('/')),
    });
    candidates.into_iter().find(|path| runnable(path))
}

pub async fn type_(env: &mut Env, args: Vec<Field>) -> Result {
    let mut output = Output::default();
    let mut short = false;
    for name in words(&args) {
        if matches!(name.as_str(), "-t" | "-p" | "-a" | "-P") && mode::is_bash() {
            short = name == "-t";
            continue;
        }
        let alias = env
            .aliases
            .get(name.as_str())
            .map(|alias| alias.0.replacement.clone());
        let (kind, text) = if name.parse::<Keyword>().is_ok() {
            ("keyword", "is a shell keyword".to_owned())
        } else if let Some(alias) = alias {
            (
                "alias",
                format!(
                    "is {} {alias}",
                    if mode::is_bash() {
                        "aliased to"
                    } else {
                        "an alias for"
                    }
                ),
            )
        } else if env.functions.get(name.as_str()).is_some() {
            ("function", "is a function".to_owned())
        } else if let Some(builtin) = env.builtins.get(name.as_str()) {
            let special = builtin.r#type == yash_env::builtin::Type::Special && !mode::is_bash();
            (
                "builtin",
                format!(
                    "is a {}shell builtin",
                    if special { "special " } else { "" }
                ),
            )
        } else if let Some(path) = on_path(env, &name) {
            ("file", format!("is {path}"))
        } else {
            output.status = if mode::is_bash() { 1 } else { 127 };
            if mode::is_bash() {
                output.errors.push(format!("{name}: not found"));
            } else {
                output
                    .out
                    .extend_from_slice(format!("{name}: not found\n").as_bytes());
            }
            continue;
        };
        let text = if short {
            format!("{kind}\n")
        } else {
            format!("{name} {text}\n")
        };
        output.out.extend_from_slice(text.as_bytes());
    }
    finish(env, "type", output).await
}

/// `hash`: nothing is remembered here, so it only looks names up.
pub async fn hash(env: &mut Env, args: Vec<Field>) -> Result {
    let mut output = Output::default();
    for name in words(&args) {
        if !name.starts_with('-')
            && !env.builtins.contains_key(name.as_str())
            && on_path(env, &name).is_none()
        {
            output.errors.push(format!("{name}: not found"));
            output.status = 1;
        }
    }
    finish(env, "hash", output).await
}

pub async fn history(env: &mut Env, args: Vec<Field>) -> Result {
    let output = match args.first().map(|field| field.value.as_str()) {
        Some("-c") => {
            editor::history_clear();
            Output::default()
        }
        count => {
            let lines = editor::history_lines();
            let count = count
                .and_then(|count| count.parse().ok())
                .unwrap_or(lines.len());
            let skip = lines.len().saturating_sub(count);
            let lines = lines.iter().enumerate().skip(skip);
            let first = usize::from(mode::is_bash());
            Output::text(
                lines
                    .map(|(at, line)| format!("{:5} {line}\n", at + first))
                    .collect::<String>(),
            )
        }
    };
    finish(env, "history", output).await
}

/// `trap`: the list leaves out what was ignored from the start. Setting is yash's work.
pub async fn trap(env: &mut Env, args: Vec<Field>) -> Result {
    if !args.is_empty() {
        return yash_builtin::trap::main(env, args).await;
    }
    let mut text = String::new();
    for (condition, current, parent) in env.traps.iter() {
        let state = parent.unwrap_or(current);
        let command = match &state.action {
            Action::Command(command) => &**command,
            Action::Ignore if matches!(state.origin, Origin::User(_)) => "",
            _ => continue,
        };
        let name = match condition {
            Condition::Signal(number) => env.system.sig2str(*number).unwrap_or_default(),
            _ => "EXIT".into(),
        };
        text += &format!("trap -- '{}' {name}\n", command.replace('\'', "'\\''"));
    }
    finish(env, "trap", Output::text(text)).await
}

/// `umask` as ash prints it: four digits. Setting is yash's work.
pub async fn umask(env: &mut Env, args: Vec<Field>) -> Result {
    if !args.is_empty() {
        return yash_builtin::umask::main(env, args).await;
    }
    let mask = sys::umask(0).unwrap_or(0o022);
    let _ = sys::umask(mask);
    finish(env, "umask", Output::text(format!("{mask:04o}\n"))).await
}
