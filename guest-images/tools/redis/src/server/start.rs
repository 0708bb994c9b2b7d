//! `redis-server`: the command line, and everything before the first client.

use super::{Config, Server, events, log, log_as};
use crate::commands::VERSION;
use crate::persist;

const USAGE: &str = "redis-server [FILE] [--DIRECTIVE VALUE…] [-]";

/// `redis-server`.
pub fn main(argv: &[String]) -> i32 {
    match argv.get(1).map(String::as_str) {
        Some("-v" | "--version") => {
            println!("Redis server v={VERSION} sha=00000000:0 malloc=libc bits=32 build=schooner");
            return 0;
        }
        Some("-h" | "--help") => applet::opts::help(USAGE),
        _ => {}
    }
    let (config, given) = match read(argv) {
        Ok(read) => read,
        Err(words) => {
            eprintln!("{words}");
            return 1;
        }
    };
    log_as('C', '*', "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
    let pid = applet::os::pid();
    log_as(
        'C',
        '*',
        format_args!(
            "Redis version={VERSION}, bits=32, commit=00000000, modified=0, pid={pid}, just started"
        ),
    );
    match given {
        false => log_as(
            'C',
            '#',
            "Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf",
        ),
        true => log_as('C', '*', "Configuration loaded"),
    }
    log('*', "monotonic clock: POSIX clock_gettime");
    let folder = config.text("dir").to_owned();
    if folder != "."
        && let Err(error) = change_folder(&folder)
    {
        log('#', format_args!("Can't chdir to '{folder}': {error}"));
        return 1;
    }
    let mut server = Server::new(config);
    // It is shown as what it is, and any text will do.
    let _ = server.config.set("dir", &applet::walk::cwd(), true);
    let port = server.config.text("port").to_owned();
    log('*', format_args!("Running mode=standalone, port={port}."));
    let listener = match events::listen(&server.config) {
        Ok(listener) => listener,
        Err(words) => {
            log(
                '#',
                format_args!(
                    "Warning: Could not create server TCP listening socket *:{port}: bind: {words}"
                ),
            );
            log(
                '#',
                format_args!("Failed listening on port {port} (tcp), aborting."),
            );
            return 1;
        }
    };
    log('*', "Server initialized");
    if let Err(words) = persist::load(&mut server) {
        log('#', words);
        return 1;
    }
    log('*', "Ready to accept connections tcp");
    events::run(&mut server, listener)
}

fn change_folder(folder: &str) -> Result<(), String> {
    applet::os::chdir(folder).map_err(|error| applet::words(&error))
}

/// The configuration, and whether anything was given.
fn read(argv: &[String]) -> Result<(Config, bool), String> {
    let mut config = Config::new();
    let mut rest = &argv[1..];
    let given = !rest.is_empty();
    if let Some((first, others)) = rest.split_first()
        && !first.starts_with("--")
    {
        if first != "-" {
            config.read(first)?;
        }
        rest = others;
    }
    if rest.last().is_some_and(|last| last == "-") {
        // Directives from standard input are rare; the sign alone changes nothing.
        rest = &rest[..rest.len() - 1];
    }
    let mut directive: Vec<String> = Vec::new();
    // One more turn for the last directive.
    for word in rest.iter().map(Some).chain([None]) {
        let begins = word.is_none_or(|word| word.starts_with("--"));
        if begins && !directive.is_empty() {
            config.directive(&directive).map_err(|words| {
                format!(
                    "\n*** FATAL CONFIG FILE ERROR (Redis {VERSION}) ***\nReading the configuration file, at line 1\n>>> '{}'\n{words}",
                    directive.join(" ")
                )
            })?;
            directive.clear();
        }
        if let Some(word) = word {
            // `--save ""` and `--save '60 1'` are several words or none.
            let first = directive.is_empty();
            directive.push(if first {
                word.trim_start_matches("--").to_owned()
            } else {
                word.clone()
            });
        }
    }
    Ok((config, given))
}
