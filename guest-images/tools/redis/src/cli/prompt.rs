//! The conversation: `127.0.0.1:6379> ` and what is typed there.

use super::editor::{Editor, Line};
use super::run::Runner;
use crate::commands::lower;
use crate::protocol::{Arg, words};
use std::time::Instant;

/// Replies that took longer are told with their time (seconds).
const SLOW: f64 = 0.5;

pub fn run(runner: &mut Runner) -> i32 {
    runner.connect();
    let history = std::env::var("HOME")
        .map(|home| format!("{home}/.rediscli_history"))
        .ok();
    let mut editor = Editor::new(history);
    loop {
        let line = match editor.line(&prompt(runner)) {
            Line::Typed(line) => line,
            Line::Ended => return 0,
        };
        let Some(args) = words::split(line.as_bytes()) else {
            println!("Invalid argument(s)");
            continue;
        };
        let Some(first) = args.first() else { continue };
        let name = lower(first);
        if !matches!(name.as_str(), "auth" | "hello") {
            editor.remember(&line);
        }
        match (name.as_str(), args.len()) {
            ("quit" | "exit", 1) => return 0,
            ("clear", 1) => super::show::print(b"\x1b[H\x1b[2J"),
            ("help" | "?", _) => println!(
                "redis-cli {}\nTo run a command, type it: SET greeting hello\nA number in front repeats it: 3 INCR visits\n\"connect HOST PORT\" goes to another server, \"clear\" empties the screen, \"quit\" ends.",
                crate::commands::VERSION
            ),
            ("connect", 3) => {
                runner.leave();
                runner.options.host = String::from_utf8_lossy(&args[1]).into_owned();
                runner.options.port = String::from_utf8_lossy(&args[2])
                    .parse()
                    .unwrap_or(runner.options.port);
                runner.connect();
            }
            _ => repeat(runner, &args),
        }
    }
}

/// A command, with the number in front that repeats it.
fn repeat(runner: &mut Runner, args: &[Arg]) {
    let count: Option<u64> = std::str::from_utf8(&args[0])
        .ok()
        .and_then(|word| word.parse().ok());
    let (count, args) = match (count, args.len()) {
        (Some(count), 2..) => (count, &args[1..]),
        _ => (1, args),
    };
    for _ in 0..count {
        let began = Instant::now();
        runner.once(args);
        let seconds = began.elapsed().as_secs_f64();
        if seconds > SLOW && runner.connected() {
            println!("({seconds:.2}s)");
        }
        if !runner.connected() {
            return;
        }
    }
}

fn prompt(runner: &Runner) -> String {
    if !runner.connected() {
        return "not connected> ".into();
    }
    let db = if runner.db == 0 {
        String::new()
    } else {
        format!("[{}]", runner.db)
    };
    let transaction = if runner.transaction { "(TX)" } else { "" };
    format!(
        "{}:{}{db}{transaction}> ",
        runner.options.host, runner.options.port
    )
}
