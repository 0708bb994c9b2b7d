//! `rm`, `rmdir`.

use applet::os::Stat;
use applet::{Args, busybox, flush, getopt, opts, os, out, walk, warn, words};
use std::fs;
use std::io::{self, Write};

/// Asks on standard error; `true` for an answer that begins with y.
pub fn ask(question: &str) -> bool {
    flush();
    let _ = write!(io::stderr(), "{}: {question} ", applet::name());
    let mut line = String::new();
    io::stdin().read_line(&mut line).is_ok() && line.trim_start().starts_with(['y', 'Y'])
}

/// `rm`.
pub fn rm(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("force", 'f'),
        ("recursive", 'r'),
        ("verbose", 'v'),
        ("dir", 'd'),
        ("interactive", 'ι'),
        ("one-file-system", 'x'),
        ("preserve-root", 'π'),
        ("no-preserve-root", 'ν'),
    ];
    let usage = "rm [-irf] FILE...";
    let args = getopt(argv, "firRvdIxι::πν", LONG, usage);
    let force = args.last_of("fi") == Some('f');
    if args.rest.is_empty() && !force {
        opts::complain("missing operand", usage);
    }
    let recursive = args.has('r') || args.has('R');
    let mut code = 0;
    for path in &args.rest {
        let trimmed = path.trim_end_matches('/');
        if trimmed.is_empty() && !path.is_empty() && recursive && !args.has('ν') {
            if busybox() {
                // As busybox: everything beneath goes, the root stays.
                warn("it is dangerous to operate recursively on '/'");
            } else {
                warn(
                    "it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe",
                );
            }
            code = 1;
            continue;
        }
        if matches!(walk::base(path), "." | "..") {
            warn(if busybox() {
                format!("can't remove '{path}'")
            } else {
                format!("refusing to remove '.' or '..' directory: skipping '{path}'")
            });
            code = 1;
            continue;
        }
        match os::lstat(path) {
            Ok(stat) => code |= remove(path, &stat, &args, recursive, force),
            Err(error) if force && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => code |= fail(path, &error),
        }
    }
    code
}

fn fail(path: &str, error: &io::Error) -> i32 {
    warn(if busybox() {
        format!("can't remove '{path}': {}", words(error))
    } else {
        format!("cannot remove '{path}': {}", words(error))
    });
    1
}

fn remove(path: &str, stat: &Stat, args: &Args, recursive: bool, force: bool) -> i32 {
    let asks = args.last_of("fi") == Some('i')
        || (!force && !stat.is_link() && os::is_terminal(0) && !os::access(path, 2));
    if stat.is_dir() {
        if !recursive && !args.has('d') {
            warn(if busybox() {
                format!("'{path}' is a directory")
            } else {
                format!("cannot remove '{path}': Is a directory")
            });
            return 1;
        }
        let mut code = 0;
        if recursive {
            if asks && !ask(&format!("descend into directory '{path}'?")) {
                return 0;
            }
            match walk::names(path) {
                Ok(names) => {
                    for name in names {
                        let inner = walk::join(path, &name);
                        code |= match os::lstat(&inner) {
                            Ok(stat) => remove(&inner, &stat, args, recursive, force),
                            Err(error) => fail(&inner, &error),
                        };
                    }
                }
                Err(error) => return fail(path, &error),
            }
        }
        if asks && !ask(&format!("remove directory '{path}'?")) {
            return code;
        }
        if code == 0 {
            match fs::remove_dir(path) {
                Ok(()) if args.has('v') => writeln!(out(), "removed directory '{path}'"),
                Ok(()) => {}
                Err(error) => code = fail(path, &error),
            }
        }
        return code;
    }
    let kind = if stat.is_link() {
        "symbolic link"
    } else if stat.size == 0 && stat.is_file() {
        "regular empty file"
    } else {
        "regular file"
    };
    if asks
        && !ask(&if busybox() {
            format!("remove '{path}'?")
        } else {
            format!("remove {kind} '{path}'?")
        })
    {
        return 0;
    }
    match fs::remove_file(path) {
        Ok(()) => {
            if args.has('v') {
                writeln!(out(), "removed '{path}'");
            }
            0
        }
        Err(error) => fail(path, &error),
    }
}

/// `rmdir`.
pub fn rmdir(argv: &[String]) -> i32 {
    let usage = "rmdir [-p] DIRECTORY...";
    let args = getopt(
        argv,
        "pv",
        &[
            ("parents", 'p'),
            ("verbose", 'v'),
            ("ignore-fail-on-non-empty", 'ι'),
        ],
        usage,
    );
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let mut code = 0;
    for path in &args.rest {
        let mut here = path.trim_end_matches('/');
        loop {
            if args.has('v') {
                writeln!(out(), "rmdir: removing directory, '{here}'");
            }
            if let Err(error) = fs::remove_dir(here) {
                if !(args.has('ι') && error.kind() == io::ErrorKind::DirectoryNotEmpty) {
                    warn(if busybox() {
                        format!("'{here}': {}", words(&error))
                    } else {
                        format!("failed to remove '{here}': {}", words(&error))
                    });
                    code = 1;
                }
                break;
            }
            let up = walk::parent(here);
            if !args.has('p') || up == "." || up == "/" {
                break;
            }
            here = up;
        }
    }
    code
}
