//! Reads scripts: operations as words, separated by semicolons. `@N` is a name or path of N letters.

use crate::op::{Flags, Op};

/// The operations of a script.
pub fn parse(script: &str) -> Vec<Op> {
    let steps = script.split(';').map(str::trim).filter(|s| !s.is_empty());
    steps.map(op).collect()
}

fn op(line: &str) -> Op {
    let mut words = line.split_whitespace().map(expand);
    let mut next = || words.next();
    let verb = next().expect("a verb");
    let mut text = || next().unwrap_or_else(|| panic!("a word is missing in `{line}`"));
    match verb.as_str() {
        "as" => {
            let uid = decimal(&text());
            Op::As(uid, uid)
        }
        "in" => Op::As(decimal(&text()), decimal(&text())),
        "open" => {
            let path = text();
            Op::Open(path, flags(&text()))
        }
        "create" => {
            let path = text();
            let mode = octal(&text());
            Op::Open(
                path,
                Flags {
                    mode,
                    ..flags("wc")
                },
            )
        }
        "write" => Op::Write(text(), 0, text().into_bytes()),
        "append" => Op::Append(text(), text().into_bytes()),
        "read" => Op::Read(text()),
        "truncate" => Op::Truncate(text(), decimal(&text()).into()),
        "mkdir" => Op::Mkdir(text(), octal(&text())),
        "rmdir" => Op::Rmdir(text()),
        "unlink" => Op::Unlink(text()),
        "rename" => Op::Rename(text(), text(), false),
        "rename!" => Op::Rename(text(), text(), true),
        "link" => Op::Link(text(), text(), false),
        "linkf" => Op::Link(text(), text(), true),
        "symlink" => Op::Symlink(text(), text()),
        "readlink" => Op::Readlink(text()),
        "chmod" => Op::Chmod(text(), octal(&text())),
        "chown" => Op::Chown(text(), id(&text()), id(&text()), true),
        "lchown" => Op::Chown(text(), id(&text()), id(&text()), false),
        "stat" => Op::Stat(text(), true),
        "lstat" => Op::Stat(text(), false),
        "list" => Op::List(text()),
        "access" => Op::Access(text(), octal(&text())),
        "times" => Op::Times(text(), Some(1), Some(2)),
        "now" => Op::Times(text(), None, None),
        "mkfifo" => Op::Mkfifo(text(), 0o644),
        other => panic!("no verb `{other}`"),
    }
}

fn flags(letters: &str) -> Flags {
    let has = |letter| letters.contains(letter);
    Flags {
        read: has('r'),
        write: has('w'),
        create: has('c'),
        exclusive: has('x'),
        truncate: has('t'),
        directory: has('d'),
        nofollow: has('n'),
        mode: 0o644,
    }
}

fn expand(word: &str) -> String {
    match word.split_once('@') {
        Some((before, count)) => match count.parse() {
            // A long path is made of short names.
            Ok(n) if n > 300 => before.to_owned() + &"d/".repeat(n / 2) + &"d".repeat(n % 2),
            Ok(n) => before.to_owned() + &"n".repeat(n),
            Err(_) => word.to_owned(),
        },
        None => word.to_owned(),
    }
}

fn decimal(word: &str) -> u32 {
    word.parse().expect("a number")
}

fn octal(word: &str) -> u16 {
    u16::from_str_radix(word, 8).expect("an octal number")
}

fn id(word: &str) -> Option<u32> {
    (word != "-").then(|| decimal(word))
}
