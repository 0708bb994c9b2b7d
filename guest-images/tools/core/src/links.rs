//! `ln`, `link`, `unlink`.

use crate::names::relative;
use applet::{busybox, getopt, opts, os, out, walk, warn, words};
use std::fs;

/// `ln`.
pub fn ln(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("symbolic", 's'),
        ("force", 'f'),
        ("no-dereference", 'n'),
        ("no-target-directory", 'T'),
        ("target-directory", 't'),
        ("verbose", 'v'),
        ("relative", 'r'),
        ("interactive", 'i'),
    ];
    let usage = "ln [-sfnrvT] [-t DIR] TARGET... LINK|DIR";
    let args = getopt(argv, "sfnTt:vrihLPb", LONG, usage);
    let mut rest = args.rest.clone();
    if rest.is_empty() {
        opts::complain("missing file operand", usage);
    }
    let into = match args.value('t') {
        Some(dir) => Some(dir.to_string()),
        None if rest.len() == 1 => Some(".".into()),
        None => {
            let last = rest[rest.len() - 1].clone();
            let link = os::lstat(&last).is_ok_and(|stat| stat.is_link())
                && (args.has('n') || args.has('h'));
            if !args.has('T') && !link && os::is_dir(&last) {
                rest.pop();
                Some(last)
            } else if rest.len() == 2 {
                None
            } else {
                warn(format_args!(
                    "target '{last}': {}",
                    if os::exists(&last) {
                        "Not a directory"
                    } else {
                        "No such file or directory"
                    }
                ));
                return 1;
            }
        }
    };
    let pairs: Vec<(String, String)> = match into {
        Some(dir) => rest
            .iter()
            .map(|target| {
                (
                    target.clone(),
                    if dir == "." {
                        walk::base(target).to_string()
                    } else {
                        walk::join(&dir, walk::base(target))
                    },
                )
            })
            .collect(),
        None => vec![(rest[0].clone(), rest[1].clone())],
    };
    let mut code = 0;
    for (target, link) in pairs {
        if args.has('f') && os::exists(&link) {
            let same = matches!((os::stat(&target), os::lstat(&link)), (Ok(a), Ok(b)) if (a.dev, a.ino) == (b.dev, b.ino));
            if same && !args.has('s') {
                warn(format_args!("'{target}' and '{link}' are the same file"));
                code = 1;
                continue;
            }
            let _ = fs::remove_file(&link);
        }
        let made = if args.has('s') {
            let shown = match (
                args.has('r'),
                walk::real(&target, usize::MAX),
                walk::real(walk::parent(&link), usize::MAX),
            ) {
                (true, Ok(to), Ok(from)) => relative(&to, &from),
                _ => target.clone(),
            };
            os::make_symlink(&shown, &link)
        } else if os::lstat(&target).is_ok_and(|stat| stat.is_dir()) {
            warn(if busybox() {
                format!("{link}: Operation not permitted")
            } else {
                format!("{target}: hard link not allowed for directory")
            });
            code = 1;
            continue;
        } else {
            fs::hard_link(&target, &link)
        };
        match made {
            Ok(()) if args.has('v') => {
                writeln!(
                    out(),
                    "'{link}' {} '{target}'",
                    if args.has('s') { "->" } else { "=>" }
                );
            }
            Ok(()) => {}
            Err(error) => {
                let text = words(&error);
                if busybox() {
                    warn(format_args!("{link}: {text}"));
                } else if args.has('s') {
                    warn(format_args!(
                        "failed to create symbolic link '{link}': {text}"
                    ));
                } else if !os::exists(&target) {
                    warn(format_args!("failed to access '{target}': {text}"));
                } else {
                    warn(format_args!("failed to create hard link '{link}': {text}"));
                }
                code = 1;
            }
        }
    }
    code
}

/// `link`.
pub fn link(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "link FILE LINK");
    let [from, to] = &args.rest[..] else {
        opts::complain("needs two operands", "link FILE LINK")
    };
    match fs::hard_link(from, to) {
        Ok(()) => 0,
        Err(error) => {
            warn(format_args!(
                "cannot create link '{to}' to '{from}': {}",
                words(&error)
            ));
            1
        }
    }
}

/// `unlink`.
pub fn unlink(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "unlink FILE");
    let [path] = &args.rest[..] else {
        opts::complain("needs one operand", "unlink FILE")
    };
    match fs::remove_file(path) {
        Ok(()) => 0,
        Err(error) => {
            warn(format_args!("cannot unlink '{path}': {}", words(&error)));
            1
        }
    }
}
