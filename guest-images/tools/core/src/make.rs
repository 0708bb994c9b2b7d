//! Making things: `mkdir`, `mkfifo`, `mknod`, `mktemp`, `touch`, `truncate`.

use applet::mode::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO};
use applet::{busybox, getopt, mode, opts, os, out, size, time, walk, warn, words};
use std::fs;
use std::io;

fn umask() -> u32 {
    let mask = os::set_umask(0o22);
    os::set_umask(mask);
    mask
}

fn wanted_mode(text: Option<&str>, base: u32, kind: u32) -> Option<u32> {
    let text = text?;
    match mode::change(text, base | kind, umask()) {
        Some(mode) => Some(mode),
        None => applet::die(format_args!(
            "invalid mode {}{text}{}",
            if busybox() { "'" } else { "'" },
            if busybox() { "'" } else { "'" }
        )),
    }
}

/// `mkdir`.
pub fn mkdir(argv: &[String]) -> i32 {
    let usage = "mkdir [-m MODE] [-p] DIRECTORY...";
    let args = getopt(
        argv,
        "m:pvZ",
        &[("mode", 'm'), ("parents", 'p'), ("verbose", 'v')],
        usage,
    );
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let bits = wanted_mode(args.value('m'), 0o777, S_IFDIR);
    let mut code = 0;
    for path in &args.rest {
        let made = if args.has('p') {
            parents(path, args.has('v'))
        } else {
            fs::create_dir(path).map(|()| said(path, args.has('v')))
        };
        let done = made.and_then(|()| bits.map_or(Ok(()), |bits| os::chmod(path, bits)));
        if let Err(error) = done {
            if busybox() {
                warn(format_args!(
                    "can't create directory '{path}': {}",
                    words(&error)
                ));
            } else {
                warn(format_args!(
                    "cannot create directory '{path}': {}",
                    words(&error)
                ));
            }
            code = 1;
        }
    }
    code
}

fn said(path: &str, verbose: bool) {
    if verbose {
        writeln!(out(), "{}: created directory '{path}'", applet::name());
    }
}

/// Makes a directory and those above it.
pub fn parents(path: &str, verbose: bool) -> io::Result<()> {
    let mut at = 0;
    let trimmed = path.trim_end_matches('/');
    loop {
        at = trimmed[at..]
            .find('/')
            .map_or(trimmed.len(), |next| at + next);
        let part = &trimmed[..at];
        if !part.is_empty() && !os::is_dir(part) {
            match fs::create_dir(part) {
                Ok(()) => said(part, verbose),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && os::is_dir(part) => {}
                Err(error) => return Err(error),
            }
        }
        if at >= trimmed.len() {
            return Ok(());
        }
        at += 1;
    }
}

/// `mkfifo`.
pub fn mkfifo(argv: &[String]) -> i32 {
    let usage = "mkfifo [-m MODE] NAME...";
    let args = getopt(argv, "m:", &[("mode", 'm')], usage);
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let bits = wanted_mode(args.value('m'), 0o666, S_IFIFO);
    let mut code = 0;
    for path in &args.rest {
        let made = os::mknod(path, S_IFIFO | 0o666 & !umask(), 0)
            .and_then(|()| bits.map_or(Ok(()), |bits| os::chmod(path, bits)));
        if let Err(error) = made {
            warn(if busybox() {
                format!("{path}: {}", words(&error))
            } else {
                format!("cannot create fifo '{path}': {}", words(&error))
            });
            code = 1;
        }
    }
    code
}

/// `mknod`.
pub fn mknod(argv: &[String]) -> i32 {
    let usage = "mknod [-m MODE] NAME TYPE [MAJOR MINOR]";
    let args = getopt(argv, "m:", &[("mode", 'm')], usage);
    let [name, kind, numbers @ ..] = &args.rest[..] else {
        opts::complain("missing operand", usage)
    };
    let device = match numbers {
        [major, minor] => match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) => os::make_device(major, minor),
            _ => opts::complain("invalid device number", usage),
        },
        _ => 0,
    };
    let kind = match kind.as_str() {
        "p" => S_IFIFO,
        "b" => S_IFBLK,
        "c" | "u" => S_IFCHR,
        _ => opts::complain(&format!("invalid device type '{kind}'"), usage),
    };
    let bits = wanted_mode(args.value('m'), 0o666, kind).unwrap_or(0o666 & !umask());
    match os::mknod(name, kind | bits, device) {
        Ok(()) => 0,
        Err(error) => {
            warn(format_args!("{name}: {}", words(&error)));
            1
        }
    }
}

/// `mktemp`.
pub fn mktemp(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("directory", 'd'),
        ("quiet", 'q'),
        ("dry-run", 'u'),
        ("tmpdir", 'p'),
        ("suffix", 'σ'),
    ];
    let args = getopt(
        argv,
        "dqtup::σ:",
        LONG,
        "mktemp [-dtuq] [-p DIR] [TEMPLATE]",
    );
    // getopt cannot say that -p needs a value while --tmpdir may go without: the next operand is it.
    let mut rest = args.rest.clone();
    let mut dir = args.value('p').map(str::to_string);
    if argv.iter().any(|word| word == "-p") && dir.is_none() && !rest.is_empty() {
        dir = Some(rest.remove(0));
    }
    let tmp = || std::env::var("TMPDIR").unwrap_or_else(|_| "/tmp".into());
    let (mut template, here) = match rest.first() {
        Some(template) => (template.clone(), !args.has('t') && !args.has('p')),
        None => ("tmp.XXXXXX".into(), false),
    };
    if rest.is_empty() && !busybox() {
        template = "tmp.XXXXXXXXXX".into();
    }
    let suffix = args.value('σ').unwrap_or("").to_string();
    let stem = template.trim_end_matches('X').len();
    let count = template.len() - stem;
    if count < 3 {
        // Letters behind the Xs count as a suffix, as GNU has it.
        if let (Some(last), true) = (template.rfind('X'), suffix.is_empty()) {
            let start = template[..last].trim_end_matches('X').len();
            if last + 1 - start >= 3 {
                return create(
                    &template[..start],
                    last + 1 - start,
                    &template[last + 1..],
                    &dir,
                    here,
                    &args,
                    tmp,
                );
            }
        }
        applet::die(if busybox() {
            format!("(null): {}", "Invalid argument")
        } else {
            format!("too few X's in template '{template}'")
        });
    }
    create(&template[..stem], count, &suffix, &dir, here, &args, tmp)
}

fn create(
    stem: &str,
    count: usize,
    suffix: &str,
    dir: &Option<String>,
    here: bool,
    args: &applet::Args,
    tmp: impl Fn() -> String,
) -> i32 {
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _ in 0..100 {
        let random: String = (0..count)
            .map(|_| alphabet[random() as usize % alphabet.len()] as char)
            .collect();
        let name = format!("{stem}{random}{suffix}");
        let path = if here {
            name
        } else {
            walk::join(&dir.clone().unwrap_or_else(&tmp), &name)
        };
        let made = if args.has('u') {
            Ok(())
        } else if args.has('d') {
            fs::create_dir(&path).and_then(|()| os::chmod(&path, 0o700))
        } else {
            fs::File::options()
                .write(true)
                .create_new(true)
                .open(&path)
                .and_then(|_| os::chmod(&path, 0o600))
        };
        match made {
            Ok(()) => {
                writeln!(out(), "{path}");
                return 0;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                if !args.has('q') {
                    let what = if args.has('d') { "directory" } else { "file" };
                    warn(if busybox() {
                        format!("{path}: {}", words(&error))
                    } else {
                        format!(
                            "failed to create {what} via template '{path}': {}",
                            words(&error)
                        )
                    });
                }
                return 1;
            }
        }
    }
    1
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // The standard library seeds its hashers from the system's randomness.
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}

/// `touch`.
pub fn touch(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("no-create", 'c'),
        ("date", 'd'),
        ("reference", 'r'),
        ("no-dereference", 'h'),
        ("time", 'τ'),
    ];
    let usage = "touch [-acmh] [-d DATE] [-t DATE] [-r FILE] FILE...";
    let args = getopt(argv, "acmd:t:r:hfτ:", LONG, usage);
    if args.rest.is_empty() {
        opts::complain("missing file operand", usage);
    }
    let now = time::now();
    let (mut atime, mut mtime) = (now, now);
    if let Some(reference) = args.value('r') {
        match os::stat(reference) {
            Ok(stat) => (atime, mtime) = (stat.atime, stat.mtime),
            Err(error) => applet::die(format_args!("{reference}: {}", words(&error))),
        }
    }
    let given = args
        .value('d')
        .map(|text| (text, time::parse(text, now)))
        .or_else(|| args.value('t').map(|text| (text, stamp(text, now))));
    match given {
        Some((_, Some(moment))) => (atime, mtime) = (moment, moment),
        Some((text, None)) => applet::die(format_args!("invalid date format '{text}'")),
        None => {}
    }
    let which = args.last_of("am").or_else(|| match args.value('τ') {
        Some("access" | "atime" | "use") => Some('a'),
        Some(_) => Some('m'),
        None => None,
    });
    let both = args.has('a') == args.has('m') && args.value('τ').is_none();
    let mut code = 0;
    for path in &args.rest {
        if !os::exists(path) {
            if args.has('c') || args.has('h') {
                continue;
            }
            if let Err(error) = fs::File::options().append(true).create(true).open(path) {
                warn(if busybox() {
                    format!("{path}: {}", words(&error))
                } else {
                    format!("cannot touch '{path}': {}", words(&error))
                });
                code = 1;
                continue;
            }
        }
        let set_a = (both || which == Some('a')).then_some(atime);
        let set_m = (both || which == Some('m')).then_some(mtime);
        if let Err(error) = os::set_times(path, set_a, set_m, !args.has('h')) {
            warn(if busybox() {
                format!("{path}: {}", words(&error))
            } else {
                format!("setting times of '{path}': {}", words(&error))
            });
            code = 1;
        }
    }
    code
}

/// `[[CC]YY]MMDDhhmm[.ss]`.
fn stamp(text: &str, now: i64) -> Option<i64> {
    let (digits, seconds) = text.split_once('.').unwrap_or((text, "0"));
    if !digits.is_ascii() {
        return None;
    }
    let today = time::civil(now);
    let (year, rest) = match digits.len() {
        8 => (today.year, digits),
        10 => {
            let short: i64 = digits[..2].parse().ok()?;
            (
                if short < 69 {
                    2000 + short
                } else {
                    1900 + short
                },
                &digits[2..],
            )
        }
        12 => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<u32>().ok();
    Some(time::from_civil(
        year,
        part(0)?,
        part(2)?,
        part(4)?,
        part(6)?,
        seconds.parse().ok()?,
        today.offset,
    ))
}

/// `truncate`.
pub fn truncate(argv: &[String]) -> i32 {
    let usage = "truncate [-c] -s SIZE FILE...";
    let args = getopt(
        argv,
        "cs:r:o",
        &[("no-create", 'c'), ("size", 's'), ("reference", 'r')],
        usage,
    );
    let text = args.value('s').unwrap_or("");
    let sign = text.chars().next().filter(|c| "+-<>/%".contains(*c));
    let amount = match (
        args.value('r'),
        size::parse(text.trim_start_matches(['+', '-', '<', '>', '/', '%'])),
    ) {
        (Some(file), _) => os::stat(file).map_or(0, |stat| stat.size),
        (None, Some(amount)) => amount,
        _ => opts::complain(
            if text.is_empty() {
                "you must specify either '--size' or '--reference'"
            } else {
                "invalid number"
            },
            usage,
        ),
    };
    let mut code = 0;
    for path in &args.rest {
        let result = fs::File::options()
            .write(true)
            .create(!args.has('c'))
            .truncate(false)
            .open(path)
            .and_then(|file| {
                let old = os::stat(path)?.size;
                file.set_len(match sign {
                    Some('+') => old + amount,
                    Some('-') => old.saturating_sub(amount),
                    Some('<') => old.min(amount),
                    Some('>') => old.max(amount),
                    Some('/') => old / amount.max(1) * amount,
                    Some('%') => old.div_ceil(amount.max(1)) * amount,
                    _ => amount,
                })
            });
        match result {
            Err(error) if args.has('c') && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                warn(format_args!(
                    "cannot open '{path}' for writing: {}",
                    words(&error)
                ));
                code = 1;
            }
            Ok(()) => {}
        }
    }
    code
}
