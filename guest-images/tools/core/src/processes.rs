//! Finding processes and sending signals: `kill`, `killall`, `pidof`, `pgrep`, `pkill`.

use applet::os::SIGNALS;
use applet::proc::{Process, processes};
use applet::regex::{Regex, Syntax};
use applet::{busybox, die, flush, getopt, opts, os, out, warn, words};

fn signal(word: &str) -> i32 {
    os::signal_number(word).unwrap_or_else(|| {
        die(if busybox() {
            format!("bad signal name '{word}'")
        } else {
            format!("'{word}': invalid signal")
        })
    })
}

/// Takes a leading `-9`, `-TERM`, `-s TERM` or `-n 9` from the arguments.
fn leading_signal(rest: &mut Vec<String>) -> i32 {
    let Some(first) = rest.first().cloned() else {
        return 15;
    };
    if let Some(word) = first
        .strip_prefix("-s")
        .or_else(|| first.strip_prefix("-n"))
        .or_else(|| first.strip_prefix("--signal="))
    {
        let inline = !word.is_empty();
        if inline || rest.len() > 1 {
            let name = if inline {
                word.to_string()
            } else {
                rest[1].clone()
            };
            if os::signal_number(&first[1..]).is_none() {
                rest.drain(..if inline { 1 } else { 2 });
                return signal(&name);
            }
        }
    }
    match first
        .strip_prefix('-')
        .filter(|word| !word.is_empty() && *word != "-")
    {
        Some(word) => {
            let number = signal(word);
            rest.remove(0);
            number
        }
        None => 15,
    }
}

fn list(rest: &[String]) -> i32 {
    let mut o = out();
    if rest.is_empty() {
        for (number, name) in SIGNALS.iter().enumerate().skip(1) {
            if busybox() {
                writeln!(o, "{number:>2}) {name}");
            } else {
                write!(
                    o,
                    "{name}{}",
                    if number % 16 == 0 || number + 1 == SIGNALS.len() {
                        '\n'
                    } else {
                        ' '
                    }
                );
            }
        }
        return 0;
    }
    for word in rest {
        match word.parse::<usize>() {
            Ok(number) => writeln!(
                o,
                "{}",
                SIGNALS
                    .get(if number > 128 { number - 128 } else { number })
                    .copied()
                    .unwrap_or("?")
            ),
            Err(_) => writeln!(o, "{}", signal(word)),
        }
    }
    0
}

/// `kill`.
pub fn kill(argv: &[String]) -> i32 {
    let usage = "kill [-l] [-SIG] PID...";
    let mut rest = argv[1..].to_vec();
    if matches!(
        rest.first().map(String::as_str),
        Some("-l" | "-L" | "--list" | "--table")
    ) {
        return list(&rest[1..]);
    }
    if rest.first().is_some_and(|word| word == "--help") {
        opts::help(usage);
    }
    let number = leading_signal(&mut rest);
    if rest.first().is_some_and(|word| word == "--") {
        rest.remove(0);
    }
    if rest.is_empty() {
        eprintln!(
            "{}",
            if busybox() {
                "kill: you need to specify whom to kill"
            } else {
                "kill: not enough arguments"
            }
        );
        return 1;
    }
    let mut code = 0;
    flush();
    for word in &rest {
        let Ok(pid) = word.parse::<i32>() else {
            warn(if busybox() {
                format!("invalid number '{word}'")
            } else {
                format!("failed to parse argument: '{word}'")
            });
            code = 1;
            continue;
        };
        if let Err(error) = os::kill(pid, number) {
            warn(if busybox() {
                format!("can't kill pid {pid}: {}", words(&error))
            } else {
                format!("({pid}): {}", words(&error))
            });
            code = 1;
        }
    }
    code
}

/// Whether the process is called so: its short name, or the last part of `argv[0]`.
fn named(process: &Process, name: &str) -> bool {
    let argv0 = process.args.first().map_or("", String::as_str);
    process.name == name || argv0 == name || applet::walk::base(argv0) == name
        // A script is known by its file, not by its shell.
        || process.args.get(1).is_some_and(|script| script.starts_with('/') && applet::walk::base(script) == name)
}

/// `pidof`.
pub fn pidof(argv: &[String]) -> i32 {
    let args = getopt(argv, "so:", &[], "pidof [-s] [-o PID] NAME...");
    let omit: Vec<i32> = args
        .values('o')
        .map(|word| {
            if word == "%PPID" {
                os::parent_pid()
            } else {
                word.parse().unwrap_or(-1)
            }
        })
        .collect();
    let mut found: Vec<i32> = processes()
        .iter()
        .filter(|process| {
            process.pid != os::pid()
                && !omit.contains(&process.pid)
                && args.rest.iter().any(|name| named(process, name))
        })
        .map(|process| process.pid)
        .collect();
    found.reverse();
    if args.has('s') {
        found.truncate(1);
    }
    let text: Vec<String> = found.iter().map(i32::to_string).collect();
    if text.is_empty() {
        return 1;
    }
    writeln!(out(), "{}", text.join(" "));
    0
}

/// `killall`.
pub fn killall(argv: &[String]) -> i32 {
    let mut rest = argv[1..].to_vec();
    if rest.first().is_some_and(|word| word == "-l") {
        return list(&rest[1..]);
    }
    let quiet = rest.first().is_some_and(|word| word == "-q");
    if quiet {
        rest.remove(0);
    }
    let number = leading_signal(&mut rest);
    if rest.is_empty() {
        opts::complain(
            "you need to specify whom to kill",
            "killall [-lq] [-SIG] NAME...",
        );
    }
    let all = processes();
    let mut code = 0;
    for name in &rest {
        let mut hit = false;
        for process in all
            .iter()
            .filter(|process| process.pid != os::pid() && named(process, name))
        {
            hit = true;
            if let Err(error) = os::kill(process.pid, number) {
                warn(format_args!(
                    "can't kill pid {}: {}",
                    process.pid,
                    words(&error)
                ));
                code = 1;
            }
        }
        if !hit {
            if !quiet {
                eprintln!(
                    "{name}: no process {}",
                    if busybox() { "killed" } else { "found" }
                );
            }
            code = 1;
        }
    }
    code
}

/// `pgrep`, `pkill`.
pub fn pgrep(argv: &[String]) -> i32 {
    let kills = applet::name() == "pkill";
    let mut argv = argv.to_vec();
    let mut number = 15;
    if kills {
        if let Some(at) = argv.iter().skip(1).position(|word| {
            word.len() > 1
                && word.starts_with('-')
                && os::signal_number(&word[1..]).is_some_and(|n| n > 0)
        }) {
            number = signal(&argv.remove(at + 1)[1..]);
        }
    }
    const LONG: &[(&str, char)] = &[
        ("full", 'f'),
        ("list-name", 'l'),
        ("exact", 'x'),
        ("newest", 'n'),
        ("oldest", 'o'),
        ("inverse", 'v'),
        ("count", 'c'),
        ("parent", 'P'),
        ("signal", 's'),
        ("list-full", 'a'),
    ];
    let usage = if kills {
        "pkill [-fxnov] [-SIG] PATTERN"
    } else {
        "pgrep [-flnovxc] PATTERN"
    };
    let args = getopt(&argv, "flxnovcaP:u:s:d:", LONG, usage);
    if let Some(word) = args.value('s').filter(|_| kills) {
        number = signal(word);
    }
    let pattern = args.rest.first().cloned().unwrap_or_default();
    if pattern.is_empty() && !args.has('P') && !args.has('u') {
        opts::complain("no matching criteria specified", usage);
    }
    let regex = Regex::new(
        &if args.has('x') {
            format!("^({pattern})$")
        } else {
            pattern
        },
        Syntax::Extended,
        false,
    )
    .unwrap_or_else(|error| die(error));
    let mut hits: Vec<Process> = processes()
        .into_iter()
        .filter(|process| {
            let text = if args.has('f') {
                process.command()
            } else {
                process.name.clone()
            };
            let parent = args
                .value('P')
                .is_none_or(|list| list.split(',').any(|word| word.parse() == Ok(process.ppid)));
            let user = args.value('u').is_none_or(|list| {
                list.split(',')
                    .any(|word| applet::users::find_user(word) == Some(process.uid))
            });
            process.pid != os::pid()
                && ((regex.is_match(text.as_bytes()) && parent && user) != args.has('v'))
        })
        .collect();
    if args.has('n') {
        hits = hits
            .into_iter()
            .max_by_key(|process| (process.start, process.pid))
            .into_iter()
            .collect();
    } else if args.has('o') {
        hits = hits
            .into_iter()
            .min_by_key(|process| (process.start, process.pid))
            .into_iter()
            .collect();
    }
    let mut o = out();
    if args.has('c') {
        writeln!(o, "{}", hits.len());
    }
    for process in &hits {
        if kills {
            if let Err(error) = os::kill(process.pid, number) {
                warn(format_args!(
                    "killing pid {} failed: {}",
                    process.pid,
                    words(&error)
                ));
            }
        } else if args.has('c') {
        } else if args.has('a') || args.has('l') && args.has('f') {
            writeln!(o, "{} {}", process.pid, process.command());
        } else if args.has('l') {
            writeln!(o, "{} {}", process.pid, process.name);
        } else {
            writeln!(o, "{}", process.pid);
        }
    }
    i32::from(hits.is_empty())
}
