//! `env`, `printenv`.

use applet::{getopt, os, out, warn, words};
use std::env as system;

/// `env`.
pub fn env(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("ignore-environment", 'i'),
        ("unset", 'u'),
        ("null", '0'),
        ("chdir", 'C'),
        ("split-string", 'S'),
    ];
    let args = getopt(
        argv,
        "+i0u:C:S:v",
        LONG,
        "env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG [ARGS]]",
    );
    let mut rest: Vec<String> = args
        .values('S')
        .flat_map(|text| text.split_whitespace().map(str::to_string))
        .collect();
    rest.extend(args.rest.iter().cloned());
    let dash = rest.first().is_some_and(|word| word == "-");
    if dash {
        rest.remove(0);
    }
    // The search for the program uses the PATH from before `-i`, unless one is given.
    let path = system::var_os("PATH");
    if args.has('i') || dash {
        for (name, _) in system::vars_os().collect::<Vec<_>>() {
            unsafe { system::remove_var(name) };
        }
    }
    for name in args.values('u') {
        unsafe { system::remove_var(name) };
    }
    while let Some((name, value)) = rest.first().and_then(|word| word.split_once('=')) {
        unsafe { system::set_var(name, value) };
        rest.remove(0);
    }
    if let Some(dir) = args.value('C') {
        if let Err(error) = os::chdir(dir) {
            warn(format_args!(
                "cannot change directory to '{dir}': {}",
                words(&error)
            ));
            return 125;
        }
    }
    if rest.is_empty() {
        for (name, value) in system::vars_os() {
            let end = if args.has('0') { '\0' } else { '\n' };
            write!(
                out(),
                "{}={}{end}",
                name.to_string_lossy(),
                value.to_string_lossy()
            );
        }
        return 0;
    }
    if system::var_os("PATH").is_none() {
        if let (Some(path), false) = (path, rest[0].contains('/')) {
            let found = path
                .to_string_lossy()
                .split(':')
                .map(|dir| format!("{dir}/{}", rest[0]))
                .find(|file| os::access(file, 1));
            // argv[0] keeps its short name only when exec finds it itself; a full path serves as well.
            if let Some(file) = found {
                rest[0] = file;
            }
        }
    }
    let error = os::exec(&rest);
    warn(if applet::busybox() {
        format!("can't execute '{}': {}", rest[0], words(&error))
    } else {
        format!("'{}': {}", rest[0], words(&error))
    });
    os::exec_code(&error)
}

/// `printenv`.
pub fn printenv(argv: &[String]) -> i32 {
    let args = getopt(argv, "0", &[("null", '0')], "printenv [VARIABLE]...");
    let end = if args.has('0') { '\0' } else { '\n' };
    if args.rest.is_empty() {
        for (name, value) in system::vars_os() {
            write!(
                out(),
                "{}={}{end}",
                name.to_string_lossy(),
                value.to_string_lossy()
            );
        }
    }
    let mut code = 0;
    for name in &args.rest {
        match system::var_os(name) {
            Some(value) => write!(out(), "{}{end}", value.to_string_lossy()),
            None => code = 1,
        }
    }
    code
}
