//! Running other programs: `timeout`, `nohup`, `nice`, `renice`, `setsid`, `time`, `xargs`.

use crate::system::duration;
use applet::{Lines, busybox, flush, getopt, input, opts, os, out, warn, words};
use std::io::Write;
use std::time::{Duration, Instant};

/// Replaces this program; the message and exit code when it cannot be.
fn replace(argv: &[String]) -> i32 {
    let error = os::exec(argv);
    cannot(&argv[0], &error)
}

fn cannot(name: &str, error: &std::io::Error) -> i32 {
    warn(if busybox() {
        format!("can't execute '{name}': {}", words(error))
    } else {
        format!("failed to run command '{name}': {}", words(error))
    });
    os::exec_code(error)
}

/// `timeout`.
pub fn timeout(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("signal", 's'),
        ("kill-after", 'k'),
        ("preserve-status", 'π'),
        ("foreground", 'f'),
        ("verbose", 'v'),
    ];
    let usage = "timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS";
    let args = getopt(argv, "+s:k:πfv", LONG, usage);
    if args.rest.len() < 2 {
        opts::complain("missing operand", usage);
    }
    let signal = match args.value('s').map(|word| (word, os::signal_number(word))) {
        None => 15,
        Some((_, Some(signal))) => signal,
        Some((word, None)) => {
            warn(format_args!("'{word}': invalid signal"));
            return 125;
        }
    };
    let (Some(limit), Some(after)) = (
        duration(&args.rest[0]),
        args.value('k').map_or(Some(0.0), duration),
    ) else {
        warn(format_args!("invalid time interval '{}'", args.rest[0]));
        return 125;
    };
    let child = match os::spawn(&args.rest[1..], false) {
        Ok(child) => child,
        Err(error) => return cannot(&args.rest[1], &error),
    };
    // Zero means no limit.
    let first = if limit == 0.0 {
        os::wait(child).map(Some)
    } else {
        os::wait_for(child, Duration::from_secs_f64(limit))
    };
    match first {
        Ok(Some(code)) => return code,
        Ok(None) => {}
        Err(error) => {
            warn(words(&error));
            return 125;
        }
    }
    if args.has('v') {
        warn(format_args!(
            "sending signal {} to command '{}'",
            os::SIGNALS.get(signal as usize).unwrap_or(&"?"),
            args.rest[1]
        ));
    }
    let _ = os::kill(child, signal);
    let _ = os::kill(child, 18);
    let mut killed = false;
    let code = if after > 0.0 {
        match os::wait_for(child, Duration::from_secs_f64(after)) {
            Ok(Some(code)) => code,
            _ => {
                let _ = os::kill(child, 9);
                killed = true;
                os::wait(child).unwrap_or(137)
            }
        }
    } else {
        os::wait(child).unwrap_or(143)
    };
    if args.has('π') {
        code
    } else if killed || signal == 9 {
        137
    } else if busybox() {
        143
    } else {
        124
    }
}

/// `nohup`.
pub fn nohup(argv: &[String]) -> i32 {
    let args = getopt(argv, "+", &[], "nohup PROG ARGS");
    if args.rest.is_empty() {
        opts::complain("missing operand", "nohup PROG ARGS");
    }
    os::ignore_signal(1);
    if os::is_terminal(0) {
        let _ = os::redirect("/dev/null", 0, false);
    }
    if os::is_terminal(1) {
        let home = std::env::var("HOME").unwrap_or_default();
        let mut name = "nohup.out".to_string();
        if os::redirect(&name, 1, true).is_err() {
            name = format!("{home}/nohup.out");
            if let Err(error) = os::redirect(&name, 1, true) {
                warn(format_args!("can't open '{name}': {}", words(&error)));
                return 127;
            }
        }
        warn(if busybox() {
            format!("appending output to {name}")
        } else {
            format!("ignoring input and appending output to '{name}'")
        });
    }
    if os::is_terminal(2) {
        let _ = os::duplicate(1, 2);
    }
    replace(&args.rest)
}

/// `nice`.
pub fn nice(argv: &[String]) -> i32 {
    let mut argv = argv.to_vec();
    // `nice -5 prog` is the old way of `-n 5`.
    if let Some(number) = argv
        .get(1)
        .and_then(|word| word.strip_prefix('-'))
        .and_then(|word| word.parse::<i32>().ok())
    {
        argv.splice(1..2, ["-n".to_string(), number.to_string()]);
    }
    let args = getopt(
        &argv,
        "+n:",
        &[("adjustment", 'n')],
        "nice [-n ADJUST] [PROG ARGS]",
    );
    let now = os::priority();
    if args.rest.is_empty() {
        writeln!(out(), "{now}");
        return 0;
    }
    let Ok(by) = args.value('n').unwrap_or("10").parse::<i32>() else {
        opts::complain("invalid adjustment", "nice [-n ADJUST] [PROG ARGS]")
    };
    if let Err(error) = os::set_priority(0, (now + by).clamp(-20, 19)) {
        warn(format_args!("cannot set niceness: {}", words(&error)));
    }
    replace(&args.rest)
}

/// `renice`.
pub fn renice(argv: &[String]) -> i32 {
    let mut rest: Vec<&String> = argv[1..]
        .iter()
        .filter(|word| !matches!(word.as_str(), "-p" | "-n"))
        .collect();
    if rest.len() < 2 {
        opts::complain("not enough arguments", "renice [-n] PRIORITY [-p] PID...");
    }
    let Ok(value) = rest.remove(0).parse::<i32>() else {
        opts::complain("bad priority", "renice [-n] PRIORITY [-p] PID...")
    };
    let mut code = 0;
    for word in rest {
        if let Err(error) = os::set_priority(word.parse().unwrap_or(-1), value.clamp(-20, 19)) {
            warn(format_args!("{word}: {}", words(&error)));
            code = 1;
        }
    }
    code
}

/// `setsid`.
pub fn setsid(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "+cw",
        &[("wait", 'w'), ("ctty", 'c')],
        "setsid PROG ARGS",
    );
    if args.rest.is_empty() {
        opts::complain("missing operand", "setsid PROG ARGS");
    }
    // A group leader may not make a session; then a child of it does.
    if os::new_session().is_err() {
        let mut again = vec!["setsid".to_string()];
        again.extend(args.rest.iter().cloned());
        return match os::spawn(&again, false) {
            Ok(child) if args.has('w') => os::wait(child).unwrap_or(1),
            Ok(_) => 0,
            Err(error) => cannot(&args.rest[0], &error),
        };
    }
    replace(&args.rest)
}

/// `time` (for those who call it without the shell's own).
pub fn time(argv: &[String]) -> i32 {
    let args = getopt(argv, "+pv", &[], "time [-p] PROG ARGS");
    if args.rest.is_empty() {
        opts::complain("missing operand", "time [-p] PROG ARGS");
    }
    let begin = Instant::now();
    let code = match os::run(&args.rest) {
        Ok(code) => code,
        Err(error) => return cannot(&args.rest[0], &error),
    };
    flush();
    let seconds = begin.elapsed().as_secs_f64();
    let mut err = std::io::stderr();
    if args.has('p') {
        let _ = writeln!(err, "real {seconds:.2}\nuser 0.00\nsys 0.00");
    } else {
        let _ = writeln!(
            err,
            "real\t{}m {:.2}s\nuser\t0m 0.00s\nsys\t0m 0.00s",
            seconds as u64 / 60,
            seconds % 60.0
        );
    }
    code
}

/// `xargs`.
pub fn xargs(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("null", '0'),
        ("no-run-if-empty", 'r'),
        ("verbose", 't'),
        ("interactive", 'p'),
        ("max-args", 'n'),
        ("max-lines", 'L'),
        ("replace", 'i'),
        ("max-procs", 'P'),
        ("arg-file", 'a'),
        ("delimiter", 'd'),
        ("exit", 'x'),
        ("max-chars", 's'),
        ("open-tty", 'o'),
    ];
    let args = getopt(
        argv,
        "+0rtpn:L:I:i::P:a:d:E:e::xs:o",
        LONG,
        "xargs [-0prt] [-n N] [-L N] [-I STR] [-P N] [PROG ARGS]",
    );
    let mut base = args.rest.clone();
    if base.is_empty() {
        base.push("echo".into());
    }
    let replace = args
        .options
        .iter()
        .rev()
        .find(|(letter, _)| "Ii".contains(*letter))
        .map(|(_, value)| value.clone().unwrap_or_else(|| "{}".into()));
    let number = |letter| {
        args.value(letter)
            .and_then(|text: &str| text.parse::<usize>().ok())
    };
    let file = args.value('a').unwrap_or("-");
    let words_of = match words_in(file, &args, replace.is_some()) {
        Ok(list) => list,
        Err(error) => {
            warn(format_args!("{file}: {}", words(&error)));
            return 1;
        }
    };
    let mut commands: Vec<Vec<String>> = Vec::new();
    if let Some(mark) = &replace {
        for word in words_of.iter().flatten() {
            commands.push(
                base.iter()
                    .map(|part| part.replace(mark.as_str(), word))
                    .collect(),
            );
        }
    } else if let Some(lines) = number('L') {
        for group in words_of.chunks(lines.max(1)) {
            commands.push(
                base.iter()
                    .cloned()
                    .chain(group.iter().flatten().cloned())
                    .collect(),
            );
        }
    } else {
        let most = number('n').unwrap_or(usize::MAX).max(1);
        let bytes = number('s').unwrap_or(120_000);
        let mut command = base.clone();
        let mut length = 0;
        for word in words_of.iter().flatten() {
            if command.len() > base.len()
                && (command.len() - base.len() >= most || length + word.len() > bytes)
            {
                commands.push(std::mem::replace(&mut command, base.clone()));
                length = 0;
            }
            length += word.len() + 1;
            command.push(word.clone());
        }
        let nothing = words_of.iter().all(Vec::is_empty);
        // GNU runs the command once for empty input, busybox's xargs does too unless -r.
        if command.len() > base.len() || nothing && !args.has('r') {
            commands.push(command);
        }
    }
    let parallel = match number('P') {
        Some(0) => commands.len().max(1),
        Some(count) => count,
        None => 1,
    };
    let mut running: Vec<i32> = Vec::new();
    let mut code = 0;
    for command in commands {
        if args.has('t') || args.has('p') {
            flush();
            let _ = write!(
                std::io::stderr(),
                "{}{}",
                command.join(" "),
                if args.has('p') { " ?..." } else { "\n" }
            );
            if args.has('p') && !tty_says_yes() {
                continue;
            }
        }
        match os::spawn(&command, true) {
            Ok(child) => running.push(child),
            Err(error) => {
                running.into_iter().for_each(|child| drop(os::wait(child)));
                warn(format_args!("{}: {}", command[0], words(&error)));
                return os::exec_code(&error);
            }
        }
        if running.len() >= parallel {
            code = worse(code, os::wait(running.remove(0)).unwrap_or(1));
            if code == 124 {
                break;
            }
        }
    }
    for child in running {
        code = worse(code, os::wait(child).unwrap_or(1));
    }
    code
}

fn tty_says_yes() -> bool {
    let Ok(fd) = os::open_terminal() else {
        return false;
    };
    let mut buffer = [0; 64];
    matches!(os::read_fd(fd, &mut buffer), Ok(count) if count > 0 && matches!(buffer[0], b'y' | b'Y'))
}

/// xargs' own codes: 123 when a command failed, 124 when one ended with 255, 125 for a signal.
fn worse(so_far: i32, code: i32) -> i32 {
    match code {
        0 => so_far,
        255 => 124,
        126 | 127 => code,
        129.. => 125,
        _ => so_far.max(123),
    }
}

/// The words of each line.
fn words_in(
    file: &str,
    args: &applet::Args,
    whole_lines: bool,
) -> std::io::Result<Vec<Vec<String>>> {
    let end = match args.value('d') {
        Some("\\n") => Some(b'\n'),
        Some("\\t") => Some(b'\t'),
        Some("\\0") => Some(0),
        Some(text) => text.bytes().next(),
        None if args.has('0') => Some(0),
        None => None,
    };
    if let Some(end) = end {
        let reader = input::open_input(file)?;
        return Ok(Lines::new(reader)
            .ending(end)
            .map(|word| vec![String::from_utf8_lossy(&word).into_owned()])
            .collect());
    }
    let mut list = Vec::new();
    let stop = args.value('E').or_else(|| args.value('e'));
    for line in Lines::open(file)? {
        let text = String::from_utf8_lossy(&line).into_owned();
        if stop == Some(text.trim()) {
            break;
        }
        if whole_lines {
            let trimmed = text.trim_start();
            if !trimmed.is_empty() {
                list.push(vec![unquote(trimmed, false).concat()]);
            }
        } else {
            let words = unquote(&text, true);
            if !words.is_empty() {
                list.push(words);
            }
        }
    }
    Ok(list)
}

/// Splits at blanks (or keeps them), with quotes and backslashes removed.
fn unquote(text: &str, split: bool) -> Vec<String> {
    let (mut words, mut word, mut open) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                open = true;
                word.extend(chars.by_ref().take_while(|found| *found != c));
            }
            '\\' => {
                open = true;
                word.extend(chars.next());
            }
            c if split && c.is_whitespace() => {
                if std::mem::take(&mut open) {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => {
                open = true;
                word.push(c);
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes() {
        assert_eq!(
            super::unquote("a 'b c'\\ d  \"\" e", true),
            ["a", "b c d", "", "e"]
        );
    }
}
