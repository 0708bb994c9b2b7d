//! Names of files: `basename`, `dirname`, `pwd`, `readlink`, `realpath`, `which`.

use applet::{getopt, opts, os, out, walk, warn, words};

/// `basename`.
pub fn basename(argv: &[String]) -> i32 {
    let usage = "basename FILE [SUFFIX] | basename -a FILE... | basename -s SUFFIX FILE...";
    let args = getopt(
        argv,
        "+as:z",
        &[("multiple", 'a'), ("suffix", 's'), ("zero", 'z')],
        usage,
    );
    let many = args.has('a') || args.has('s');
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    if !many && args.rest.len() > 2 {
        opts::complain(&format!("extra operand '{}'", args.rest[2]), usage);
    }
    let suffix = args
        .value('s')
        .or_else(|| {
            if many {
                None
            } else {
                args.rest.get(1).map(String::as_str)
            }
        })
        .unwrap_or("");
    let files = if many {
        &args.rest[..]
    } else {
        &args.rest[..1]
    };
    for file in files {
        let base = walk::base(file);
        let shown = base
            .strip_suffix(suffix)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(base);
        write!(out(), "{shown}{}", if args.has('z') { '\0' } else { '\n' });
    }
    0
}

/// `dirname`.
pub fn dirname(argv: &[String]) -> i32 {
    let usage = "dirname FILE...";
    let args = getopt(argv, "z", &[("zero", 'z')], usage);
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    for file in &args.rest {
        write!(
            out(),
            "{}{}",
            walk::parent(file),
            if args.has('z') { '\0' } else { '\n' }
        );
    }
    0
}

/// `pwd`: `-L` believes `$PWD` when it leads here, `-P` and plain do not.
pub fn pwd(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "LP",
        &[("logical", 'L'), ("physical", 'P')],
        "pwd [-LP]",
    );
    let here = walk::cwd();
    let logical = std::env::var("PWD").ok().filter(|pwd| {
        args.last_of("LP") == Some('L') && pwd.starts_with('/') && matches!((os::stat(pwd), os::stat(".")), (Ok(a), Ok(b)) if (a.dev, a.ino) == (b.dev, b.ino))
    });
    writeln!(out(), "{}", logical.unwrap_or(here));
    0
}

/// `readlink`.
pub fn readlink(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("canonicalize", 'f'),
        ("canonicalize-existing", 'e'),
        ("canonicalize-missing", 'm'),
        ("no-newline", 'n'),
        ("quiet", 'q'),
        ("silent", 's'),
        ("verbose", 'v'),
        ("zero", 'z'),
    ];
    let usage = "readlink [-fnv] FILE...";
    let args = getopt(argv, "femnqsvz", LONG, usage);
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let mut code = 0;
    for file in &args.rest {
        let answer = match args.last_of("fem") {
            Some('f') => walk::real(file, 1),
            Some('e') => walk::real(file, 0),
            Some(_) => walk::real(file, usize::MAX),
            None => walk::read_link(file),
        };
        match answer {
            Ok(text) => {
                out().text(&text);
                if !args.has('n') || args.rest.len() > 1 {
                    out().text(if args.has('z') { "\0" } else { "\n" });
                }
            }
            Err(error) => {
                if args.has('v') {
                    warn(format_args!("{file}: {}", words(&error)));
                }
                code = 1;
            }
        }
    }
    code
}

/// `realpath`.
pub fn realpath(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("canonicalize-existing", 'e'),
        ("canonicalize-missing", 'm'),
        ("no-symlinks", 's'),
        ("strip", 's'),
        ("quiet", 'q'),
        ("zero", 'z'),
        ("relative-to", 'ρ'),
    ];
    let args = getopt(argv, "emsqzLPρ:", LONG, "realpath FILE...");
    if args.rest.is_empty() {
        opts::complain("missing operand", "realpath FILE...");
    }
    let mut code = 0;
    for file in &args.rest {
        let missing = match args.last_of("em") {
            Some('e') => 0,
            Some(_) => usize::MAX,
            None => usize::from(!applet::busybox()),
        };
        match walk::real(file, missing) {
            Ok(path) => {
                let shown = match args
                    .value('ρ')
                    .and_then(|base| walk::real(base, usize::MAX).ok())
                {
                    Some(base) => relative(&path, &base),
                    None => path,
                };
                write!(out(), "{shown}{}", if args.has('z') { '\0' } else { '\n' });
            }
            Err(error) => {
                if !args.has('q') {
                    warn(format_args!("{file}: {}", words(&error)));
                }
                code = 1;
            }
        }
    }
    code
}

/// The way from a directory to a path, both absolute.
pub fn relative(path: &str, base: &str) -> String {
    let split = |text: &str| {
        text.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let (to, from) = (split(path), split(base));
    let common = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let mut parts = vec!["..".to_string(); from.len() - common];
    parts.extend_from_slice(&to[common..]);
    if parts.is_empty() {
        ".".into()
    } else {
        parts.join("/")
    }
}

/// `which`.
pub fn which(argv: &[String]) -> i32 {
    let args = getopt(argv, "as", &[("all", 'a')], "which [-a] COMMAND...");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut code = i32::from(args.rest.is_empty());
    for name in &args.rest {
        let places: Vec<String> = if name.contains('/') {
            vec![name.clone()]
        } else {
            path.split(':')
                .map(|dir| walk::join(if dir.is_empty() { "." } else { dir }, name))
                .collect()
        };
        let mut found = false;
        for place in places {
            if os::stat(&place).is_ok_and(|stat| stat.is_file())
                && os::access(&place, 1)
                && !(found && !args.has('a'))
            {
                found = true;
                if !args.has('s') {
                    writeln!(out(), "{place}");
                }
            }
        }
        if !found {
            code = 1;
        }
    }
    code
}

#[cfg(test)]
mod tests {
    #[test]
    fn ways_between_directories() {
        assert_eq!(super::relative("/usr/lib/x", "/usr/bin"), "../lib/x");
        assert_eq!(super::relative("/a", "/a"), ".");
    }
}
