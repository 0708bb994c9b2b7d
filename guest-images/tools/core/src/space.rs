//! `df`, `du`, `mount`, `mountpoint`.

use applet::os::StatFs;
use applet::{Args, busybox, die, getopt, os, out, proc, size, walk, warn, words};
use std::collections::HashSet;

/// `df`.
pub fn df(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("human-readable", 'h'),
        ("si", 'H'),
        ("print-type", 'T'),
        ("inodes", 'i'),
        ("all", 'a'),
        ("type", 't'),
        ("total", 'τ'),
        ("portability", 'P'),
        ("block-size", 'B'),
    ];
    let args = getopt(
        argv,
        "hHkmTiaPt:x:lB:τ",
        LONG,
        "df [-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...",
    );
    let mounts = proc::mounts();
    let mut rows: Vec<([String; 4], StatFs)> = Vec::new();
    let mut code = 0;
    if args.rest.is_empty() {
        let mut seen = HashSet::new();
        for mount in &mounts {
            let Ok(stat) = os::statfs(&mount[1]) else {
                continue;
            };
            if (stat.blocks > 0 || args.has('a')) && seen.insert(mount[1].clone()) {
                rows.push((mount.clone(), stat));
            }
        }
    }
    for path in &args.rest {
        match (walk::real(path, 0), os::statfs(path)) {
            (Ok(real), Ok(stat)) => {
                let under = |place: &str| {
                    place == "/" || real == place || real.starts_with(&format!("{place}/"))
                };
                if let Some(mount) = mounts
                    .iter()
                    .filter(|mount| under(&mount[1]))
                    .max_by_key(|mount| mount[1].len())
                {
                    rows.push((mount.clone(), stat));
                }
            }
            (Err(error), _) | (_, Err(error)) => {
                warn(format_args!("{path}: {}", words(&error)));
                code = 1;
            }
        }
    }
    rows.retain(|(mount, _)| {
        args.value('t').is_none_or(|kind| kind == mount[2])
            && args.value('x').is_none_or(|kind| kind != mount[2])
    });
    if busybox() {
        small_df(&args, &rows)
    } else {
        large_df(&args, &rows)
    }
    code
}

fn unit(args: &Args) -> u64 {
    match args.last_of("kmB") {
        Some('m') => 1 << 20,
        Some('B') => size::parse(args.value('B').unwrap_or("1K"))
            .or_else(|| size::parse(&format!("1{}", args.value('B').unwrap_or("K"))))
            .unwrap_or(1024)
            .max(1),
        _ => 1024,
    }
}

fn numbers(args: &Args, stat: &StatFs) -> (u64, u64, u64) {
    if args.has('i') {
        return (
            stat.files,
            stat.files.saturating_sub(stat.ffree),
            stat.ffree,
        );
    }
    (
        stat.blocks * stat.bsize,
        (stat.blocks.saturating_sub(stat.bfree)) * stat.bsize,
        stat.bavail * stat.bsize,
    )
}

fn percent(used: u64, free: u64) -> String {
    let total = used + free;
    if total == 0 {
        "-".into()
    } else {
        format!("{}%", (used * 100).div_ceil(total))
    }
}

/// As busybox rounds: to nearest.
fn rounded(used: u64, free: u64) -> String {
    let total = used + free;
    if total == 0 {
        "0%".into()
    } else {
        format!("{}%", (used * 100 + total / 2) / total)
    }
}

fn small_df(args: &Args, rows: &[([String; 4], StatFs)]) {
    let mut o = out();
    let show = |value: u64| {
        if args.has('i') {
            value.to_string()
        } else if args.has('h') || args.has('H') {
            size::busybox(value)
        } else {
            value.div_ceil(unit(args)).to_string()
        }
    };
    let kind = |text: &str| {
        if args.has('T') {
            format!("{text:<10} ")
        } else {
            String::new()
        }
    };
    let (title, width) = match (args.has('i'), args.has('h') || args.has('H'), unit(args)) {
        (true, ..) => ("Inodes", 9),
        (_, true, _) => ("Size", 9),
        (.., 1024) => ("1K-blocks", 9),
        (.., 1_048_576) => ("1M-blocks", 9),
        _ => ("blocks", 9),
    };
    if args.has('i') {
        writeln!(
            o,
            "{:<20} {}{title:>width$} {:>9} {:>9} {:>4} Mounted on",
            "Filesystem",
            kind("Type"),
            "Used",
            "Available",
            "Use%"
        );
    } else if args.has('h') || args.has('H') {
        writeln!(
            o,
            "{:<20} {}     Size      Used Available Use% Mounted on",
            "Filesystem",
            kind("Type")
        );
    } else if args.has('P') {
        writeln!(
            o,
            "{:<20} {}{:>10} {:>9} {:>9} Capacity Mounted on",
            "Filesystem",
            kind("Type"),
            "1024-blocks",
            "Used",
            "Available"
        );
    } else {
        writeln!(
            o,
            "{:<20} {}{:>9} {:>9} {:>9} Use% Mounted on",
            "Filesystem",
            kind("Type"),
            title,
            "Used",
            "Available"
        );
    }
    for (mount, stat) in rows {
        let (total, used, free) = numbers(args, stat);
        let name = if mount[0].len() > 20 && !args.has('P') {
            format!("{}\n{:20}", mount[0], "")
        } else {
            format!("{:<20}", mount[0])
        };
        writeln!(
            o,
            "{name} {}{:>9} {:>9} {:>9} {:>4} {}",
            kind(&mount[2]),
            show(total),
            show(used),
            show(free),
            rounded(used, free),
            mount[1]
        );
    }
}

fn large_df(args: &Args, rows: &[([String; 4], StatFs)]) {
    let show = |value: u64| {
        if args.has('i') && !args.has('h') {
            value.to_string()
        } else if args.has('h') {
            size::human(value, 1024)
        } else if args.has('H') {
            size::human(value, 1000)
        } else {
            value.div_ceil(unit(args)).to_string()
        }
    };
    let title = match (args.has('i'), args.has('h') || args.has('H')) {
        (true, _) => "Inodes".to_string(),
        (_, true) => "Size".into(),
        _ if unit(args) == 1024 => "1K-blocks".into(),
        _ if unit(args) == 1 << 20 => "1M-blocks".into(),
        _ => format!("{}B-blocks", unit(args)),
    };
    let (used, free, share) = match (args.has('i'), args.has('h') || args.has('H')) {
        (true, _) => ("IUsed", "IFree", "IUse%"),
        (_, true) => ("Used", "Avail", "Use%"),
        _ => ("Used", "Available", "Use%"),
    };
    let mut table: Vec<Vec<String>> = vec![vec![
        "Filesystem".into(),
        "Type".into(),
        title,
        used.into(),
        free.into(),
        share.into(),
        "Mounted on".into(),
    ]];
    let mut sum = (0, 0, 0);
    for (mount, stat) in rows {
        let (total, used, free) = numbers(args, stat);
        sum = (sum.0 + total, sum.1 + used, sum.2 + free);
        table.push(vec![
            mount[0].clone(),
            mount[2].clone(),
            show(total),
            show(used),
            show(free),
            percent(used, free),
            mount[1].clone(),
        ]);
    }
    if args.has('τ') {
        table.push(vec![
            "total".into(),
            "-".into(),
            show(sum.0),
            show(sum.1),
            show(sum.2),
            percent(sum.1, sum.2),
            "-".into(),
        ]);
    }
    if !args.has('T') {
        table.iter_mut().for_each(|row| drop(row.remove(1)));
    }
    let left = if args.has('T') { 2 } else { 1 };
    let last = table[0].len() - 1;
    let mut widths: Vec<usize> = (0..=last)
        .map(|at| table.iter().map(|row| row[at].len()).max().unwrap_or(0))
        .collect();
    widths[0] = widths[0].max(14);
    if !args.has('i') {
        // GNU leaves at least this much for the three numbers.
        let least = if args.has('h') || args.has('H') { 5 } else { 0 };
        widths[left..left + 3]
            .iter_mut()
            .for_each(|width| *width = (*width).max(least));
    }
    for row in table {
        let mut line = String::new();
        for (at, text) in row.iter().enumerate() {
            let width = widths[at];
            if at == last {
                line.push_str(text);
            } else if at < left {
                line.push_str(&format!("{text:<width$} "));
            } else {
                line.push_str(&format!("{text:>width$} "));
            }
        }
        writeln!(out(), "{line}");
    }
}

/// `du`.
pub fn du(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("all", 'a'),
        ("human-readable", 'h'),
        ("summarize", 's'),
        ("total", 'c'),
        ("max-depth", 'd'),
        ("bytes", 'b'),
        ("apparent-size", 'α'),
        ("one-file-system", 'x'),
        ("separate-dirs", 'S'),
        ("exclude", 'ε'),
        ("block-size", 'B'),
    ];
    let args = getopt(
        argv,
        "ahskmcd:bαxlLHSB:ε:0",
        LONG,
        "du [-aHLdclsxhmk] [FILE]...",
    );
    let mut seen = HashSet::new();
    let depth = if args.has('s') {
        0
    } else {
        args.value('d')
            .and_then(|text| text.parse().ok())
            .unwrap_or(usize::MAX)
    };
    let (mut total, mut code) = (0, 0);
    let files = if args.rest.is_empty() {
        vec![".".to_string()]
    } else {
        args.rest.clone()
    };
    for path in files {
        match usage(&path, 0, depth, &args, &mut seen, &mut code) {
            Ok(bytes) => total += bytes,
            Err(error) => {
                warn(if busybox() {
                    format!("{path}: {}", words(&error))
                } else {
                    format!("cannot access '{path}': {}", words(&error))
                });
                code = 1;
            }
        }
    }
    if args.has('c') {
        line(&args, total, "total");
    }
    code
}

fn line(args: &Args, bytes: u64, path: &str) {
    let text = match args.last_of("hkmbB") {
        Some('h') if busybox() => {
            let text = size::busybox(bytes);
            if bytes < 1024 && bytes > 0 {
                format!("{bytes}")
            } else {
                text
            }
        }
        Some('h') => size::human(bytes, 1024),
        Some('b') => bytes.to_string(),
        _ => bytes.div_ceil(unit(args)).to_string(),
    };
    writeln!(out(), "{text}\t{path}");
}

fn usage(
    path: &str,
    level: usize,
    depth: usize,
    args: &Args,
    seen: &mut HashSet<(u64, u64)>,
    code: &mut i32,
) -> std::io::Result<u64> {
    let stat = if args.has('L') || level == 0 && (args.has('H') || args.has('D')) {
        os::stat(path)?
    } else {
        os::lstat(path)?
    };
    let mut bytes = if args.has('b') || args.has('α') {
        stat.size
    } else {
        stat.blocks * 512
    };
    if stat.nlink > 1 && !stat.is_dir() && !args.has('l') && !seen.insert((stat.dev, stat.ino)) {
        return Ok(0);
    }
    if stat.is_dir() {
        match walk::names(path) {
            Ok(names) => {
                for name in names {
                    if args.values('ε').any(|pattern| pattern == name) {
                        continue;
                    }
                    let inner = walk::join(path, &name);
                    match usage(&inner, level + 1, depth, args, seen, code) {
                        Ok(_) if args.has('S') && os::is_dir(&inner) => {}
                        Ok(more) => bytes += more,
                        Err(error) => {
                            warn(format_args!("{inner}: {}", words(&error)));
                            *code = 1;
                        }
                    }
                }
            }
            Err(error) => {
                warn(if busybox() {
                    format!("{path}: {}", words(&error))
                } else {
                    format!("cannot read directory '{path}': {}", words(&error))
                });
                *code = 1;
            }
        }
    }
    if level <= depth && (stat.is_dir() || args.has('a') || level == 0) {
        line(args, bytes, path);
    }
    Ok(bytes)
}

/// `mount`: shows what is mounted. Mounting is not a container's to do.
pub fn mount(argv: &[String]) -> i32 {
    if argv.len() > 1 && argv[1] != "-l" && argv[1] != "-t" {
        die(if busybox() {
            "permission denied (are you root?)".to_string()
        } else {
            format!("{}: permission denied.", argv[argv.len() - 1])
        });
    }
    for [device, place, kind, options] in proc::mounts() {
        writeln!(out(), "{device} on {place} type {kind} ({options})");
    }
    0
}

/// `mountpoint`.
pub fn mountpoint(argv: &[String]) -> i32 {
    let args = getopt(argv, "qdn", &[("quiet", 'q')], "mountpoint [-q] DIR");
    let Some(path) = args.rest.first() else {
        die("missing operand")
    };
    let real = match walk::real(path, 0) {
        Ok(real) => real,
        Err(error) => die(format_args!("{path}: {}", words(&error))),
    };
    let yes = proc::mounts().iter().any(|mount| mount[1] == real);
    if !args.has('q') {
        writeln!(
            out(),
            "{path} is {}a mountpoint",
            if yes { "" } else { "not " }
        );
    }
    i32::from(!yes)
}
