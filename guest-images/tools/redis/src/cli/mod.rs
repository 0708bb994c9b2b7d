//! `redis-cli`: commands from its arguments, from a pipe, or typed at its prompt. `link` is the connection, `show` what a reply looks
//! like, `run` one command, `prompt` the conversation.

mod editor;
mod link;
mod prompt;
mod run;
mod show;

pub use link::Link;

use crate::commands::VERSION;
use crate::protocol::{Arg, Reply, words};
use applet::{Lines, os};
use run::Runner;
use show::Form;
use std::io::Read;
use std::time::Duration;

const USAGE: &str = "redis-cli [-h HOST] [-p PORT] [-a PASSWORD] [--user NAME] [-u URI] [-n DB] [-r COUNT] [-i SECONDS] [-23ex] [-d DELIMITER] [--raw|--no-raw|--csv] [--scan [--pattern PATTERN]] [COMMAND [ARGUMENT…]]";

/// What the command line asks for.
pub struct Options {
    pub host: String,
    pub port: u16,
    pub user: Option<String>,
    pub password: Option<String>,
    pub db: usize,
    repeat: Option<u64>,
    pause: Duration,
    pub version: u8,
    form: Form,
    delimiter: String,
    /// A reply that is an error makes the exit code 1.
    strict: bool,
    input_last: bool,
    scan: bool,
    pattern: String,
    command: Vec<Arg>,
}

/// `redis-cli`.
pub fn main(argv: &[String]) -> i32 {
    let options = match read(argv) {
        Ok(options) => options,
        Err(words) => {
            eprintln!("{words}");
            return 1;
        }
    };
    let mut runner = Runner::new(options);
    if runner.options.scan {
        return scan(&mut runner);
    }
    if !runner.options.command.is_empty() {
        let mut command = runner.options.command.clone();
        if runner.options.input_last {
            let mut last = Vec::new();
            if let Err(error) = std::io::stdin().read_to_end(&mut last) {
                eprintln!("{}", applet::words(&error));
                return 1;
            }
            command.push(last);
        }
        return run::repeated(&mut runner, &command);
    }
    if os::is_terminal(0) {
        prompt::run(&mut runner)
    } else {
        piped(&mut runner)
    }
}

/// Commands from a pipe, a line each.
fn piped(runner: &mut Runner) -> i32 {
    let mut code = 0;
    let mut lines = Lines::new(Box::new(std::io::stdin()));
    while let Some(line) = lines.next_line() {
        match words::split(&line) {
            Some(args) if args.is_empty() => {}
            Some(args) => code = runner.once(&args),
            None => println!("Invalid argument(s)"),
        }
    }
    if runner.options.strict { code } else { 0 }
}

/// `--scan`: every key, a line each.
fn scan(runner: &mut Runner) -> i32 {
    let mut cursor = b"0".to_vec();
    loop {
        let mut args: Vec<Arg> = vec![b"SCAN".to_vec(), cursor];
        if runner.options.pattern != "*" {
            args.extend([
                b"MATCH".to_vec(),
                runner.options.pattern.clone().into_bytes(),
            ]);
        }
        let page = match runner.ask(&args) {
            Ok(Reply::Array(page)) => page,
            Ok(Reply::Error(words)) | Err(words) => {
                eprintln!("ERROR: {words}");
                return 1;
            }
            Ok(_) => return 1,
        };
        let [Reply::Bulk(next), Reply::Array(keys)] = &page[..] else {
            return 1;
        };
        for key in keys {
            show::print(&show::text(
                key,
                runner.options.form,
                &runner.options.delimiter,
            ));
        }
        if next == b"0" {
            return 0;
        }
        cursor = next.clone();
    }
}

impl Options {
    fn new() -> Options {
        Options {
            host: "127.0.0.1".into(),
            port: 6379,
            user: None,
            password: std::env::var("REDISCLI_AUTH").ok(),
            db: 0,
            repeat: None,
            pause: Duration::ZERO,
            version: 2,
            form: if os::is_terminal(1) {
                Form::Standard
            } else {
                Form::Raw
            },
            delimiter: "\n".into(),
            strict: false,
            input_last: false,
            scan: false,
            pattern: "*".into(),
            command: Vec::new(),
        }
    }
}

fn read(argv: &[String]) -> Result<Options, String> {
    let mut options = Options::new();
    let (mut warn, mut quiet) = (false, false);
    let mut words = argv[1..].iter().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        let name = word.clone();
        let mut value = || {
            words
                .next()
                .cloned()
                .ok_or_else(|| format!("Unrecognized option or bad number of args for: '{name}'"))
        };
        match word.as_str() {
            "-h" => options.host = value()?,
            "-p" => options.port = value()?.parse().map_err(|_| "Invalid server port.")?,
            "-a" | "--pass" => {
                options.password = Some(value()?);
                warn = true;
            }
            "--user" => options.user = Some(value()?),
            "-u" => {
                uri(&mut options, &value()?)?;
                warn |= options.password.is_some();
            }
            "-n" => options.db = value()?.parse().map_err(|_| "Invalid database number.")?,
            "-r" => {
                options.repeat = Some(
                    value()?
                        .parse()
                        .map_or(u64::MAX, |count: i64| count.max(0) as u64),
                )
            }
            "-i" => {
                options.pause =
                    Duration::try_from_secs_f64(value()?.parse().unwrap_or(0.0)).unwrap_or_default()
            }
            "-2" => options.version = 2,
            "-3" => options.version = 3,
            "-e" => options.strict = true,
            "-x" => options.input_last = true,
            "-d" => options.delimiter = value()?,
            "--raw" => options.form = Form::Raw,
            "--no-raw" => options.form = Form::Standard,
            "--csv" => options.form = Form::Csv,
            "--scan" => options.scan = true,
            "--pattern" => options.pattern = value()?,
            "--no-auth-warning" => quiet = true,
            "--help" => applet::opts::help(USAGE),
            "-v" | "--version" => {
                println!("redis-cli {VERSION}");
                applet::flush();
                std::process::exit(0);
            }
            _ => {
                return Err(format!(
                    "Unrecognized option or bad number of args for: '{word}'"
                ));
            }
        }
    }
    if warn && !quiet {
        eprintln!(
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."
        );
    }
    options.command = words.map(|word| word.clone().into_bytes()).collect();
    Ok(options)
}

/// `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]`.
fn uri(options: &mut Options, text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("redis://").ok_or("Invalid URI scheme")?;
    let (place, db) = rest.split_once('/').unwrap_or((rest, ""));
    let (who, place) = place
        .rsplit_once('@')
        .map_or(("", place), |(who, place)| (who, place));
    if let Some((user, password)) = who.split_once(':') {
        options.user = Some(user.to_owned()).filter(|user| !user.is_empty());
        options.password = Some(password.to_owned());
    } else if !who.is_empty() {
        options.password = Some(who.to_owned());
    }
    match place.rsplit_once(':') {
        Some((host, port)) => {
            options.host = host.to_owned();
            options.port = port.parse().map_err(|_| "Invalid server port.")?;
        }
        None if !place.is_empty() => options.host = place.to_owned(),
        None => {}
    }
    if !db.is_empty() {
        options.db = db.parse().map_err(|_| "Invalid database number.")?;
    }
    Ok(())
}
