//! `kill [-l [n]] [-s SIG | -SIG] pid|%job …`

use super::{Output, Result, finish, words};
use crate::{Env, sys};
use yash_env::semantics::Field;

pub async fn main(env: &mut Env, args: Vec<Field>) -> Result {
    let words = words(&args);
    let (name, output) = match parse(&words) {
        Ok(Request::List(output)) => ("", output),
        Ok(Request::Send(signal, targets)) => send(env, signal, targets),
        Err(message) => ("", Output::error(1, message)),
    };
    finish(env, name, output).await
}

#[derive(Debug, Eq, PartialEq)]
enum Request<'a> {
    List(Output),
    Send(i32, &'a [String]),
}

fn signal(word: &str) -> std::result::Result<i32, String> {
    sys::signal_number(word).ok_or_else(|| format!("bad signal name '{word}'"))
}

fn parse(words: &[String]) -> std::result::Result<Request<'_>, String> {
    let whom = "you need to specify whom to kill";
    let (signal, targets) = match words {
        [] => return Err(whom.to_owned()),
        [first, rest @ ..] => match first.as_str() {
            "-l" | "-L" => return Ok(Request::List(list(rest))),
            "-s" | "-n" => match rest {
                [name, rest @ ..] => (signal(name)?, rest),
                [] => return Err(whom.to_owned()),
            },
            "--" => (sys::signal_number("TERM").unwrap_or(15), rest),
            option if option.len() > 1 && option.starts_with('-') => (signal(&option[1..])?, rest),
            _ => (15, words),
        },
    };
    let targets = match targets {
        [first, rest @ ..] if first == "--" => rest,
        _ => targets,
    };
    if targets.is_empty() {
        Err(whom.to_owned())
    } else {
        Ok(Request::Send(signal, targets))
    }
}

fn list(words: &[String]) -> Output {
    if words.is_empty() {
        let lines = sys::SIGNALS
            .iter()
            .map(|(number, name)| format!("{number:2}) {name}\n"));
        return Output::text(lines.collect::<String>());
    }
    let mut output = Output::default();
    for word in words {
        // A number may be a status: 128 + n.
        let text = match word.parse::<i32>() {
            Ok(number) => sys::signal_name(number & 0x7f).map(str::to_owned),
            Err(_) => sys::signal_number(word).map(|number| number.to_string()),
        };
        match text {
            Some(text) => output.out.extend_from_slice(format!("{text}\n").as_bytes()),
            None => {
                output.errors.push(format!("unknown signal '{word}'"));
                output.status = 1;
            }
        }
    }
    output
}

fn send(env: &mut Env, signal: i32, targets: &[String]) -> (&'static str, Output) {
    let mut output = Output::default();
    let mut name = "";
    for target in targets {
        let mut stopped = false;
        let pid = if target.starts_with('%') {
            let Some(job) =
                super::show::find_job(env, target).and_then(|index| env.jobs.get(index))
            else {
                name = "kill";
                output.errors.push(format!("{target}: no such job"));
                output.status = 2;
                continue;
            };
            stopped = job.state.is_stopped();
            if job.job_controlled {
                -job.pid.0
            } else {
                job.pid.0
            }
        } else {
            match target.parse() {
                Ok(pid) => pid,
                Err(_) => {
                    output.errors.push(format!("invalid number '{target}'"));
                    output.status = 1;
                    continue;
                }
            }
        };
        match sys::kill(pid, signal) {
            // A stopped job would never notice.
            Ok(()) if stopped && matches!(signal, 1 | 15) => drop(sys::kill(pid, 18)),
            Ok(()) => {}
            Err(errno) => {
                output
                    .errors
                    .push(format!("can't kill pid {target}: {}", errno.words()));
                output.status = 1;
            }
        }
    }
    (name, output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(words: &[String]) -> std::result::Result<(i32, usize), String> {
        match parse(words)? {
            Request::Send(signal, targets) => Ok((signal, targets.len())),
            Request::List(_) => Ok((0, 0)),
        }
    }

    #[test]
    fn signals_and_targets() {
        let of = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            request(&words)
        };
        assert_eq!(of("1 %2"), Ok((15, 2)));
        assert_eq!(of("-9 1"), Ok((9, 1)));
        assert_eq!(of("-KILL 1"), Ok((9, 1)));
        assert_eq!(of("-SIGINT 1"), Ok((2, 1)));
        assert_eq!(of("-s HUP 1 -2"), Ok((1, 2)));
        assert_eq!(of("-0 1"), Ok((0, 1)));
        assert_eq!(of("-FOO 1"), Err("bad signal name 'FOO'".to_owned()));
        assert_eq!(of(""), Err("you need to specify whom to kill".to_owned()));
        assert_eq!(list(&["137".to_owned()]).out, b"KILL\n");
    }
}
