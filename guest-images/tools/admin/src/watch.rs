//! `watch`.

use applet::{flush, getopt, opts, os, out, time};
use std::time::Duration;

/// `watch`.
pub fn main(argv: &[String]) -> i32 {
    let long = &[
        ("interval", 'n'),
        ("no-title", 't'),
        ("exec", 'x'),
        ("errexit", 'e'),
    ];
    let args = getopt(argv, "+n:txed", long, "watch [-n SEC] [-t] PROG ARGS");
    if args.rest.is_empty() {
        opts::complain("no command", "watch [-n SEC] [-t] PROG ARGS");
    }
    let pause: f64 = args
        .value('n')
        .and_then(|text| text.parse().ok())
        .unwrap_or(2.0f64)
        .max(0.1);
    let command = args.rest.join(" ");
    loop {
        let columns = os::columns();
        out().text("\x1b[H\x1b[J");
        if !args.has('t') {
            let left = format!("Every {pause:.1}s: {command}");
            let moment = time::format("%Y-%m-%d %H:%M:%S", &time::civil(time::now()));
            let right = if applet::busybox() {
                moment
            } else {
                format!(
                    "{}: {}",
                    os::uname().nodename,
                    time::format("%a %b %e %H:%M:%S %Y", &time::civil(time::now()))
                )
            };
            let room = columns.saturating_sub(left.chars().count());
            writeln!(out(), "{left}{right:>room$}\n");
        }
        flush();
        let argv = if args.has('x') {
            args.rest.clone()
        } else {
            vec!["sh".into(), "-c".into(), command.clone()]
        };
        let code = os::run(&argv).unwrap_or(127);
        if args.has('e') && code != 0 {
            return code;
        }
        std::thread::sleep(Duration::from_secs_f64(pause));
    }
}
