//! `chmod`, `chown`, `chgrp`.

use applet::{busybox, die, getopt, mode, opts, os, out, users, walk, warn, words};

const LONG: &[(&str, char)] = &[
    ("recursive", 'R'),
    ("verbose", 'v'),
    ("changes", 'c'),
    ("silent", 'f'),
    ("quiet", 'f'),
    ("no-dereference", 'h'),
    ("reference", 'ρ'),
    ("dereference", 'δ'),
    ("preserve-root", 'π'),
    ("no-preserve-root", 'ν'),
];

fn fail(quiet: bool, text: String) -> i32 {
    if !quiet {
        warn(text);
    }
    1
}

/// Every path, or every path with what is beneath it.
fn paths(list: &[String], recursive: bool) -> Vec<String> {
    if !recursive {
        return list.to_vec();
    }
    let mut all = Vec::new();
    for path in list {
        if walk::tree(path, &mut |path, _| {
            all.push(path.to_string());
            true
        })
        .is_err()
        {
            all.push(path.clone());
        }
    }
    all
}

/// `chmod`.
pub fn chmod(argv: &[String]) -> i32 {
    let usage = "chmod [-Rcvf] MODE[,MODE]... FILE...";
    // A mode may look like an option: `chmod -x file`.
    let looks = |word: &String| {
        word.len() > 1
            && word.starts_with('-')
            && word[1..].chars().all(|c| "rwxXst,ugo+-=".contains(c))
            && !matches!(word.as_str(), "--")
    };
    let mut argv = argv.to_vec();
    let mut minus = None;
    if let Some(at) = argv.iter().skip(1).position(looks) {
        minus = Some(argv.remove(at + 1));
    }
    let args = getopt(&argv, "RcvfHLPρ:πν", LONG, usage);
    let mut rest = args.rest.clone();
    let reference = args.value('ρ').map(|file| match os::stat(file) {
        Ok(stat) => format!("{:o}", stat.mode & 0o7777),
        Err(error) => die(format_args!(
            "failed to get attributes of '{file}': {}",
            words(&error)
        )),
    });
    let spec = match minus.or(reference) {
        Some(spec) => spec,
        None if rest.is_empty() => opts::complain("missing operand", usage),
        None => rest.remove(0),
    };
    if rest.is_empty() {
        opts::complain(&format!("missing operand after '{spec}'"), usage);
    }
    let mask = os::set_umask(0);
    os::set_umask(mask);
    if mode::change(&spec, 0, mask).is_none() {
        die(if busybox() {
            format!("invalid mode '{spec}'")
        } else {
            format!("invalid mode: '{spec}'")
        });
    }
    let mut code = 0;
    for path in paths(&rest, args.has('R')) {
        let link = os::lstat(&path).is_ok_and(|stat| stat.is_link());
        if link && args.has('R') {
            continue;
        }
        let stat = match os::stat(&path) {
            Ok(stat) => stat,
            Err(error) => {
                code = fail(
                    args.has('f'),
                    if busybox() {
                        format!("{path}: {}", words(&error))
                    } else {
                        format!("cannot access '{path}': {}", words(&error))
                    },
                );
                continue;
            }
        };
        let new = mode::change(&spec, stat.mode, mask).unwrap_or(stat.mode & 0o7777);
        let old = stat.mode & 0o7777;
        match os::chmod(&path, new) {
            Ok(()) => {
                if args.has('v') || args.has('c') && old != new {
                    let (a, b) = (&mode::text(old)[1..], &mode::text(new)[1..]);
                    if old == new {
                        writeln!(out(), "mode of '{path}' retained as {old:04o} ({a})");
                    } else {
                        writeln!(
                            out(),
                            "mode of '{path}' changed from {old:04o} ({a}) to {new:04o} ({b})"
                        );
                    }
                }
            }
            Err(error) => {
                code = fail(
                    args.has('f'),
                    if busybox() {
                        format!("{path}: {}", words(&error))
                    } else {
                        format!("changing permissions of '{path}': {}", words(&error))
                    },
                );
            }
        }
    }
    code
}

/// `chown`.
pub fn chown(argv: &[String]) -> i32 {
    owner(argv, false)
}

/// `chgrp`.
pub fn chgrp(argv: &[String]) -> i32 {
    owner(argv, true)
}

fn owner(argv: &[String], group_only: bool) -> i32 {
    let usage = if group_only {
        "chgrp [-RhLHPcvf] GROUP FILE..."
    } else {
        "chown [-RhLHPcvf] USER[:[GRP]] FILE..."
    };
    let args = getopt(argv, "RhcvfHLPρ:δπν", LONG, usage);
    let mut rest = args.rest.clone();
    let (uid, gid) = match args.value('ρ') {
        Some(file) => match os::stat(file) {
            Ok(stat) => (if group_only { u32::MAX } else { stat.uid }, stat.gid),
            Err(error) => die(format_args!(
                "failed to get attributes of '{file}': {}",
                words(&error)
            )),
        },
        None => {
            if rest.is_empty() {
                opts::complain("missing operand", usage);
            }
            let spec = rest.remove(0);
            if group_only {
                (u32::MAX, group(&spec))
            } else {
                both(&spec)
            }
        }
    };
    if rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let what = if group_only { "group" } else { "ownership" };
    let mut code = 0;
    for path in paths(&rest, args.has('R')) {
        let follow = !args.has('h') && !args.has('R');
        let old = if follow {
            os::stat(&path)
        } else {
            os::lstat(&path)
        };
        let result = old.and_then(|old| os::chown(&path, uid, gid, follow).map(|()| old));
        match result {
            Ok(old) => {
                let changed =
                    uid != u32::MAX && uid != old.uid || gid != u32::MAX && gid != old.gid;
                if args.has('v') || args.has('c') && changed {
                    let show = |uid: u32, gid: u32| {
                        if group_only {
                            users::group_text(gid)
                        } else {
                            format!("{}:{}", users::user_text(uid), users::group_text(gid))
                        }
                    };
                    let before = show(old.uid, old.gid);
                    let after = show(
                        if uid == u32::MAX { old.uid } else { uid },
                        if gid == u32::MAX { old.gid } else { gid },
                    );
                    if changed {
                        writeln!(out(), "changed {what} of '{path}' from {before} to {after}");
                    } else {
                        writeln!(out(), "{what} of '{path}' retained as {after}");
                    }
                }
            }
            Err(error) => {
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                let text = words(&error);
                code = fail(
                    args.has('f'),
                    if busybox() {
                        format!("{path}: {text}")
                    } else if missing {
                        format!("cannot access '{path}': {text}")
                    } else {
                        format!("changing {what} of '{path}': {text}")
                    },
                );
            }
        }
    }
    code
}

fn group(text: &str) -> u32 {
    users::find_group(text).unwrap_or_else(|| {
        die(if busybox() {
            format!("unknown group {text}")
        } else {
            format!("invalid group: '{text}'")
        })
    })
}

fn both(spec: &str) -> (u32, u32) {
    let (user, rest) = match spec.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => match spec.split_once('.') {
            // The old separator, unless a user is really called that.
            Some((user, group)) if users::find_user(spec).is_none() => (user, Some(group)),
            _ => (spec, None),
        },
    };
    let uid = if user.is_empty() {
        u32::MAX
    } else {
        users::find_user(user).unwrap_or_else(|| {
            die(if busybox() {
                format!("unknown user {user}")
            } else {
                format!("invalid user: '{spec}'")
            })
        })
    };
    let gid = match rest {
        None => u32::MAX,
        // `user:` means the user's own group.
        Some("") => users::users()
            .iter()
            .find(|found| found.uid == uid)
            .map_or(u32::MAX, |found| found.gid),
        Some(text) => group(text),
    };
    (uid, gid)
}
