//! `stat`.

use applet::os::{Stat, StatFs};
use applet::{busybox, getopt, mode, opts, os, out, time, users, walk, warn, words};

fn kind(stat: &Stat) -> &'static str {
    match mode::letter(stat.mode) {
        'd' => "directory",
        'l' => "symbolic link",
        'c' => "character special file",
        'b' => "block special file",
        'p' => "fifo",
        's' => "socket",
        _ if stat.size == 0 => "regular empty file",
        _ => "regular file",
    }
}

fn moment(ns: i64) -> String {
    time::format("%Y-%m-%d %H:%M:%S.%N %z", &time::civil(ns))
}

fn fs_name(kind: u64) -> String {
    match kind {
        0x794c_7630 => "overlayfs".into(),
        0x0102_1994 => "tmpfs".into(),
        0x9fa0 => "proc".into(),
        0xef53 => "ext2/ext3".into(),
        0x1cd1 => "devpts".into(),
        other => format!("UNKNOWN (0x{other:x})"),
    }
}

/// One `%` directive for a file.
fn directive(letter: char, path: &str, stat: &Stat) -> String {
    let (major, minor) = os::device(stat.rdev);
    match letter {
        'a' => format!("{:o}", stat.mode & 0o7777),
        'A' => mode::text(stat.mode),
        'b' => stat.blocks.to_string(),
        'B' => "512".into(),
        'd' => stat.dev.to_string(),
        'D' => format!("{:x}", stat.dev),
        'f' => format!("{:x}", stat.mode),
        'F' => kind(stat).into(),
        'g' => stat.gid.to_string(),
        'G' => users::group_name(stat.gid).unwrap_or("UNKNOWN").into(),
        'h' => stat.nlink.to_string(),
        'i' => stat.ino.to_string(),
        'm' => "/".into(),
        'n' => path.into(),
        'N' => match walk::read_link(path) {
            Ok(target) if stat.is_link() => format!("'{path}' -> '{target}'"),
            _ => format!("'{path}'"),
        },
        'o' => "4096".into(),
        's' => stat.size.to_string(),
        't' => format!("{major:x}"),
        'T' => format!("{minor:x}"),
        'u' => stat.uid.to_string(),
        'U' => users::user_name(stat.uid).unwrap_or("UNKNOWN").into(),
        'w' => "-".into(),
        'W' => "0".into(),
        'x' => moment(stat.atime),
        'X' => stat.atime.div_euclid(time::NANOS).to_string(),
        'y' => moment(stat.mtime),
        'Y' => stat.mtime.div_euclid(time::NANOS).to_string(),
        'z' => moment(stat.ctime),
        'Z' => stat.ctime.div_euclid(time::NANOS).to_string(),
        '%' => "%".into(),
        other => format!("?{other}"),
    }
}

fn fs_directive(letter: char, path: &str, s: &StatFs) -> String {
    match letter {
        'a' => s.bavail.to_string(),
        'b' => s.blocks.to_string(),
        'c' => s.files.to_string(),
        'd' => s.ffree.to_string(),
        'f' => s.bfree.to_string(),
        'i' => "0".into(),
        'l' => s.name_len.to_string(),
        'n' => path.into(),
        's' | 'S' => s.bsize.to_string(),
        't' => format!("{:x}", s.kind),
        'T' => fs_name(s.kind),
        '%' => "%".into(),
        other => format!("?{other}"),
    }
}

fn expand(format: &str, each: &dyn Fn(char) -> String) -> String {
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let (mut left, mut zero, mut width) = (false, false, 0);
        while let Some(next) = chars.peek().copied() {
            match next {
                '-' => left = true,
                '0' if width == 0 => zero = true,
                '0'..='9' => width = width * 10 + next as usize - '0' as usize,
                '#' | '+' | ' ' | '.' => {}
                _ => break,
            }
            chars.next();
        }
        let Some(letter) = chars.next() else { break };
        // `%Hd` and `%Ld` are the two halves of a device number.
        let value = each(if matches!(letter, 'H' | 'L') {
            chars.next().unwrap_or('d')
        } else {
            letter
        });
        if left {
            text.push_str(&format!("{value:<width$}"));
        } else if zero {
            text.push_str(&format!("{value:0>width$}"));
        } else {
            text.push_str(&format!("{value:>width$}"));
        }
    }
    text
}

fn full(path: &str, stat: &Stat) {
    let mut o = out();
    let name = match walk::read_link(path) {
        Ok(target) if stat.is_link() && busybox() => format!("'{path}' -> '{target}'"),
        Ok(target) if stat.is_link() => format!("{path} -> {target}"),
        _ => path.to_string(),
    };
    writeln!(o, "  File: {name}");
    writeln!(
        o,
        "  Size: {:<10}\tBlocks: {:<10} IO Block: {:<6} {}",
        stat.size,
        stat.blocks,
        4096,
        kind(stat)
    );
    let (major, minor) = os::device(stat.dev);
    let device = if busybox() {
        format!("{:x}h/{}d", stat.dev, stat.dev)
    } else {
        format!("{major},{minor}")
    };
    write!(
        o,
        "Device: {device}\tInode: {:<10}  Links: {}",
        stat.ino,
        if stat.is_device() {
            format!("{:<5}", stat.nlink)
        } else {
            stat.nlink.to_string()
        }
    );
    if stat.is_device() {
        let (major, minor) = os::device(stat.rdev);
        write!(o, " Device type: {major:x},{minor:x}");
    }
    writeln!(o, "");
    writeln!(
        o,
        "Access: ({:04o}/{})  Uid: ({:>5}/{:>8})   Gid: ({:>5}/{:>8})",
        stat.mode & 0o7777,
        mode::text(stat.mode),
        stat.uid,
        users::user_name(stat.uid).unwrap_or("UNKNOWN"),
        stat.gid,
        users::group_name(stat.gid).unwrap_or("UNKNOWN")
    );
    writeln!(
        o,
        "Access: {}\nModify: {}\nChange: {}",
        moment(stat.atime),
        moment(stat.mtime),
        moment(stat.ctime)
    );
    if !busybox() {
        writeln!(o, " Birth: -");
    }
}

/// `stat`.
pub fn main(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("dereference", 'L'),
        ("file-system", 'f'),
        ("format", 'c'),
        ("printf", 'π'),
        ("terse", 't'),
    ];
    let usage = "stat [-ltf] [-c FMT] FILE...";
    let args = getopt(argv, "Lfc:tπ:", LONG, usage);
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let mut code = 0;
    for path in &args.rest {
        let mut o = out();
        let format = match args.value('π') {
            Some(format) => Some(
                String::from_utf8_lossy(&applet::format::unescape(format, false).0).into_owned(),
            ),
            None => args.value('c').map(|format| format!("{format}\n")),
        };
        let result = if args.has('f') {
            os::statfs(path).map(|s| {
                let format = format.unwrap_or_else(|| {
                    "  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d\n".into()
                });
                o.text(&expand(&format, &|letter| fs_directive(letter, path, &s)));
            })
        } else {
            if args.has('L') {
                os::stat(path)
            } else {
                os::lstat(path)
            }
            .map(|stat| match format {
                Some(format) => o.text(&expand(&format, &|letter| directive(letter, path, &stat))),
                None if args.has('t') => {
                    let format = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";
                    write!(
                        o,
                        "{}",
                        expand(format, &|letter| directive(letter, path, &stat))
                    );
                }
                None => full(path, &stat),
            })
        };
        if let Err(error) = result {
            warn(if busybox() {
                format!("can't stat '{path}': {}", words(&error))
            } else {
                format!("cannot statx '{path}': {}", words(&error))
            });
            code = 1;
        }
    }
    code
}
