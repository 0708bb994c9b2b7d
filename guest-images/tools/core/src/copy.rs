//! `cp`, `mv`, `install`.

use crate::make::parents;
use crate::remove::ask;
use applet::os::Stat;
use applet::{Args, busybox, getopt, mode, opts, os, out, users, walk, warn, words};
use std::fs;
use std::io;

const LONG: &[(&str, char)] = &[
    ("archive", 'a'),
    ("recursive", 'r'),
    ("force", 'f'),
    ("interactive", 'i'),
    ("no-clobber", 'n'),
    ("update", 'u'),
    ("verbose", 'v'),
    ("preserve", 'ρ'),
    ("no-dereference", 'P'),
    ("dereference", 'L'),
    ("symbolic-link", 's'),
    ("link", 'l'),
    ("target-directory", 't'),
    ("no-target-directory", 'T'),
    ("parents", 'π'),
    ("attributes-only", 'α'),
    ("remove-destination", 'δ'),
    ("strip-trailing-slashes", 'σ'),
    ("backup", 'β'),
    ("reflink", 'λ'),
    ("sparse", 'ψ'),
];

/// `cp`.
pub fn cp(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "arRfinuvpdPLHslt:Tbxρ::παδσβ::λ::ψ:",
        LONG,
        "cp [-arPLHpfinlsTu] SOURCE... DEST",
    );
    each(
        &args,
        "cp [-arPLHpfinlsTu] SOURCE... DEST",
        &mut |from, to| copy_operand(&args, from, to),
    )
}

/// `mv`.
pub fn mv(argv: &[String]) -> i32 {
    let args = getopt(argv, "finuvt:Tbσβ::", LONG, "mv [-fin] SOURCE... DEST");
    each(&args, "mv [-fin] SOURCE... DEST", &mut |from, to| {
        move_one(&args, from, to)
    })
}

/// Works out the destinations and calls `one` for each pair.
fn each(args: &Args, usage: &str, one: &mut dyn FnMut(&str, &str) -> i32) -> i32 {
    let mut rest = args.rest.clone();
    let target = match args.value('t') {
        Some(dir) => dir.to_string(),
        None => {
            if rest.is_empty() {
                opts::complain("missing file operand", usage);
            }
            if rest.len() == 1 {
                opts::complain(
                    &format!("missing destination file operand after '{}'", rest[0]),
                    usage,
                );
            }
            rest.pop().unwrap_or_default()
        }
    };
    let into = !args.has('T') && (args.value('t').is_some() || os::is_dir(&target));
    if !into && rest.len() > 1 {
        let why = if os::exists(&target) {
            "Not a directory"
        } else {
            "No such file or directory"
        };
        if busybox() {
            applet::die(format_args!("can't create directory '{target}': {why}"));
        }
        applet::die(format_args!("target '{target}': {why}"));
    }
    let mut code = 0;
    for from in &rest {
        let to = if into && args.has('π') {
            let to = walk::join(&target, from.trim_start_matches('/'));
            let _ = parents(walk::parent(&to), false);
            to
        } else if into {
            walk::join(&target, walk::base(from))
        } else {
            target.clone()
        };
        code |= one(from, &to);
    }
    code
}

fn fail(text: String) -> i32 {
    warn(text);
    1
}

fn cannot_stat(path: &str, error: &io::Error) -> i32 {
    fail(if busybox() {
        format!("can't stat '{path}': {}", words(error))
    } else {
        format!("cannot stat '{path}': {}", words(error))
    })
}

/// Whether the destination may be written, as `-i`, `-n` and `-u` have it.
fn may(args: &Args, from: &Stat, to: &str) -> bool {
    let Ok(old) = os::lstat(to) else { return true };
    match args.last_of("fin") {
        Some('n') => return false,
        Some('i') => return ask(&format!("overwrite '{to}'?")),
        _ => {}
    }
    !(args.has('u') && old.mtime >= from.mtime)
}

fn copy_operand(args: &Args, from: &str, to: &str) -> i32 {
    let recursive = args.has('r') || args.has('R') || args.has('a');
    let keep_links = args.has('P')
        || args.has('d')
        || args.has('a')
        || recursive && !args.has('L') && !args.has('H');
    let stat = match if keep_links {
        os::lstat(from)
    } else {
        os::stat(from)
    } {
        Ok(stat) => stat,
        Err(error) => return cannot_stat(from, &error),
    };
    if stat.is_dir() {
        if !recursive {
            return fail(if busybox() {
                format!("omitting directory '{from}'")
            } else {
                format!("-r not specified; omitting directory '{from}'")
            });
        }
        if let (Ok(source), Ok(target)) = (walk::real(from, 0), walk::real(to, usize::MAX)) {
            if target == source || target.starts_with(&format!("{}/", source.trim_end_matches('/')))
            {
                return fail(if target == source {
                    format!("'{from}' and '{to}' are the same file")
                } else {
                    format!("cannot copy a directory, '{from}', into itself, '{to}'")
                });
            }
        }
    }
    copy(args, from, to, &stat, keep_links)
}

fn copy(args: &Args, from: &str, to: &str, stat: &Stat, keep_links: bool) -> i32 {
    if let Ok(old) = os::stat(to) {
        if (old.dev, old.ino) == (stat.dev, stat.ino) && !stat.is_link() {
            return fail(format!("'{from}' and '{to}' are the same file"));
        }
        if old.is_dir() && !stat.is_dir() {
            return fail(if busybox() {
                format!("'{to}' is a directory")
            } else {
                format!("cannot overwrite directory '{to}' with non-directory")
            });
        }
        if !old.is_dir() && stat.is_dir() {
            return fail(if busybox() {
                format!("target '{to}' is not a directory")
            } else {
                format!("cannot overwrite non-directory '{to}' with directory '{from}'")
            });
        }
    }
    if stat.is_dir() {
        return copy_tree(args, from, to, stat, keep_links);
    }
    if !may(args, stat, to) {
        return 0;
    }
    let result = if args.has('l') {
        replace(args, to).and_then(|()| fs::hard_link(from, to))
    } else if args.has('s') {
        replace(args, to).and_then(|()| os::make_symlink(from, to))
    } else if stat.is_link() {
        let _ = fs::remove_file(to);
        walk::read_link(from).and_then(|target| os::make_symlink(&target, to))
    } else if stat.is_file() {
        copy_content(args, from, to, stat)
    } else if args.has('r') || args.has('R') || args.has('a') {
        let _ = fs::remove_file(to);
        os::mknod(to, stat.mode, stat.rdev)
    } else {
        copy_content(args, from, to, stat)
    };
    match result {
        Ok(()) => {
            if args.has('v') {
                writeln!(out(), "'{from}' -> '{to}'");
            }
            preserve(args, to, stat)
        }
        Err(error) => {
            let text = words(&error);
            fail(if !os::access(from, 4) && !stat.is_link() {
                if busybox() {
                    format!("can't open '{from}': {text}")
                } else {
                    format!("cannot open '{from}' for reading: {text}")
                }
            } else if busybox() {
                format!("can't create '{to}': {text}")
            } else {
                format!(
                    "cannot create {} '{to}': {text}",
                    if stat.is_link() {
                        "symbolic link"
                    } else {
                        "regular file"
                    }
                )
            })
        }
    }
}

fn replace(args: &Args, to: &str) -> io::Result<()> {
    if args.has('f') && os::exists(to) {
        fs::remove_file(to)
    } else {
        Ok(())
    }
}

fn copy_content(args: &Args, from: &str, to: &str, stat: &Stat) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    if args.has('δ') && os::exists(to) {
        fs::remove_file(to)?;
    }
    let fresh = !os::exists(to);
    let open = || {
        fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(to)
    };
    let mut target = match open() {
        Err(_) if args.has('f') && os::exists(to) => {
            fs::remove_file(to)?;
            open()?
        }
        other => other?,
    };
    if !args.has('α') {
        transfer(&mut source, &mut target)?;
    }
    if fresh && stat.mode & 0o7777 != 0o666 {
        let mask = os::set_umask(0);
        os::set_umask(mask);
        os::chmod(to, stat.mode & 0o777 & !mask)?;
    }
    Ok(())
}

/// Copies in large pieces (the standard library's loop is made for small ones).
pub fn transfer(from: &mut dyn io::Read, to: &mut dyn io::Write) -> io::Result<()> {
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => to.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn copy_tree(args: &Args, from: &str, to: &str, stat: &Stat, keep_links: bool) -> i32 {
    if !os::is_dir(to) {
        if let Err(error) = fs::create_dir(to) {
            return fail(if busybox() {
                format!("can't create directory '{to}': {}", words(&error))
            } else {
                format!("cannot create directory '{to}': {}", words(&error))
            });
        }
        let mask = os::set_umask(0);
        os::set_umask(mask);
        let _ = os::chmod(to, stat.mode & 0o7777 & !mask | 0o700);
        if args.has('v') {
            writeln!(out(), "'{from}' -> '{to}'");
        }
    }
    let names = match walk::names(from) {
        Ok(names) => names,
        Err(error) => return fail(format!("cannot access '{from}': {}", words(&error))),
    };
    let mut code = 0;
    for name in names {
        let (inner_from, inner_to) = (walk::join(from, &name), walk::join(to, &name));
        code |= match if keep_links {
            os::lstat(&inner_from)
        } else {
            os::stat(&inner_from)
        } {
            Ok(stat) => copy(args, &inner_from, &inner_to, &stat, keep_links),
            Err(error) => cannot_stat(&inner_from, &error),
        };
    }
    code | preserve(args, to, stat)
}

fn preserve(args: &Args, to: &str, stat: &Stat) -> i32 {
    let what = args.value('ρ').unwrap_or("mode,ownership,timestamps");
    let asked = args.has('p') || args.has('a') || args.has('ρ');
    let wants = |part: &str| {
        asked && (args.has('p') || args.has('a') || what.contains(part) || what.contains("all"))
    };
    if wants("ownership") {
        // Only root may give files away; others keep quiet about it, as cp does.
        let _ = os::chown(to, stat.uid, stat.gid, false);
    }
    if wants("mode") && !stat.is_link() {
        let _ = os::chmod(to, stat.mode & 0o7777);
    }
    if wants("timestamps") {
        if let Err(error) = os::set_times(to, Some(stat.atime), Some(stat.mtime), false) {
            return fail(format!("preserving times for '{to}': {}", words(&error)));
        }
    }
    0
}

fn move_one(args: &Args, from: &str, to: &str) -> i32 {
    let from = if from.len() > 1 {
        from.trim_end_matches('/')
    } else {
        from
    };
    let stat = match os::lstat(from) {
        Ok(stat) => stat,
        Err(error) if busybox() => {
            return fail(format!("can't rename '{from}': {}", words(&error)));
        }
        Err(error) => return cannot_stat(from, &error),
    };
    if let Ok(old) = os::lstat(to) {
        if (old.dev, old.ino) == (stat.dev, stat.ino) {
            return fail(format!("'{from}' and '{to}' are the same file"));
        }
        if old.is_dir() && !stat.is_dir() {
            return fail(if busybox() {
                format!("can't rename '{from}': Is a directory")
            } else {
                format!("cannot overwrite directory '{to}' with non-directory")
            });
        }
    }
    if !may(args, &stat, to) {
        return 0;
    }
    let moved = match fs::rename(from, to) {
        // Across file systems a move is a copy and a removal.
        Err(error)
            if error.kind() == io::ErrorKind::CrossesDevices
                || words(&error).starts_with("Invalid cross-device") =>
        {
            let copying = Args {
                options: vec![('a', None), ('f', None)],
                rest: Vec::new(),
            };
            let code = copy(&copying, from, to, &stat, true);
            if code != 0 {
                return code;
            }
            if stat.is_dir() {
                fs::remove_dir_all(from)
            } else {
                fs::remove_file(from)
            }
        }
        other => other,
    };
    match moved {
        Ok(()) => {
            if args.has('v') {
                writeln!(
                    out(),
                    "{}'{from}' -> '{to}'",
                    if busybox() { "" } else { "renamed " }
                );
            }
            0
        }
        Err(error) => fail(if busybox() {
            format!("can't rename '{from}': {}", words(&error))
        } else {
            format!("cannot move '{from}' to '{to}': {}", words(&error))
        }),
    }
}

/// `install`.
pub fn install(argv: &[String]) -> i32 {
    const OPTIONS: &[(&str, char)] = &[
        ("directory", 'd'),
        ("mode", 'm'),
        ("owner", 'o'),
        ("group", 'g'),
        ("target-directory", 't'),
        ("verbose", 'v'),
    ];
    let usage = "install [-cdDsp] [-o USER] [-g GROUP] [-m MODE] SOURCE... DEST";
    let args = getopt(argv, "cdDspvo:g:m:t:T", OPTIONS, usage);
    let bits = match mode::change(args.value('m').unwrap_or("755"), 0, 0) {
        Some(bits) => bits,
        None => opts::complain("invalid mode", usage),
    };
    let owner = args.value('o').and_then(users::find_user);
    let group = args.value('g').and_then(users::find_group);
    let finish = |path: &str| -> i32 {
        let mut result = os::chmod(path, bits);
        if owner.is_some() || group.is_some() {
            result = result.and_then(|()| {
                os::chown(
                    path,
                    owner.unwrap_or(u32::MAX),
                    group.unwrap_or(u32::MAX),
                    true,
                )
            });
        }
        result.map_or_else(|error| fail(format!("{path}: {}", words(&error))), |()| 0)
    };
    if args.has('d') {
        return args
            .rest
            .iter()
            .map(|path| {
                parents(path, args.has('v')).map_or_else(
                    |error| fail(format!("{path}: {}", words(&error))),
                    |()| finish(path),
                )
            })
            .max()
            .unwrap_or(0);
    }
    let copying = Args {
        options: vec![('f', None), ('δ', None)],
        rest: args.rest.clone(),
    };
    let mut both = Args {
        options: args.options.clone(),
        rest: args.rest.clone(),
    };
    both.options.retain(|(letter, _)| "tT".contains(*letter));
    each(&both, usage, &mut |from, to| {
        if args.has('D') {
            let _ = parents(walk::parent(to), args.has('v'));
        }
        match os::stat(from) {
            Ok(stat) => copy(&copying, from, to, &stat, false) | finish(to),
            Err(error) => cannot_stat(from, &error),
        }
    })
}
