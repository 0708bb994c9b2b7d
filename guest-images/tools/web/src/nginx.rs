//! `nginx`: the command line.

use crate::config;
use crate::respond::VERSION;
use crate::server::{self, Source};
use applet::{getopt, os, proc};

const USAGE: &str = "nginx [-tTvV] [-s SIGNAL] [-c FILE] [-g DIRECTIVES]";
const CONFIG: &str = "/etc/nginx/nginx.conf";

/// `nginx`.
pub fn main(argv: &[String]) -> i32 {
    let args = getopt(argv, "tTqvVhs:c:g:p:e:", &[], USAGE);
    if args.has('v') || args.has('V') {
        eprintln!("nginx version: {VERSION} (Schooner's own server)");
        return 0;
    }
    if args.has('h') {
        applet::opts::help(USAGE);
    }
    let source = Source {
        path: args.value('c').unwrap_or(CONFIG),
        extra: args.value('g').unwrap_or(""),
    };
    if let Some(word) = args.value('s') {
        return signal(word);
    }
    if args.has('t') || args.has('T') {
        return match config::load(source.path, source.extra) {
            Ok(_) => {
                eprintln!("nginx: the configuration file {} syntax is ok", source.path);
                eprintln!(
                    "nginx: configuration file {} test is successful",
                    source.path
                );
                0
            }
            Err(words) => {
                eprintln!("nginx: [emerg] {words}");
                eprintln!("nginx: configuration file {} test failed", source.path);
                1
            }
        };
    }
    server::run(&source).unwrap_or_else(|words| {
        eprintln!("nginx: [emerg] {words}");
        1
    })
}

/// Tells the running server.
fn signal(word: &str) -> i32 {
    let number = match word {
        "reload" => 1,
        "stop" => 15,
        "quit" => 3,
        "reopen" => return 0,
        other => {
            eprintln!("nginx: invalid option: \"-s {other}\"");
            return 1;
        }
    };
    let own = os::pid();
    let is_server = |process: &proc::Process| {
        let name = process.args.first().and_then(|arg| arg.rsplit('/').next());
        process.pid != own && name == Some("nginx")
    };
    match proc::processes().into_iter().find(is_server) {
        Some(process) if os::kill(process.pid, number).is_ok() => 0,
        _ => {
            eprintln!("nginx: [error] there is no running server");
            1
        }
    }
}
