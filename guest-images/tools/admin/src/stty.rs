//! `stty`, `reset`, `resize`.

use applet::os::{self, Termios};
use applet::{die, out, words};

/// Name, field (i, o, c, l), bit.
const FLAGS: &[(&str, char, u32)] = &[
    ("ignbrk", 'i', 0o1),
    ("brkint", 'i', 0o2),
    ("ignpar", 'i', 0o4),
    ("istrip", 'i', 0o40),
    ("inlcr", 'i', 0o100),
    ("igncr", 'i', 0o200),
    ("icrnl", 'i', 0o400),
    ("ixon", 'i', 0o2000),
    ("ixany", 'i', 0o4000),
    ("ixoff", 'i', 0o10000),
    ("iutf8", 'i', 0o40000),
    ("opost", 'o', 0o1),
    ("onlcr", 'o', 0o4),
    ("ocrnl", 'o', 0o10),
    ("isig", 'l', 0o1),
    ("icanon", 'l', 0o2),
    ("iexten", 'l', 0o100000),
    ("echo", 'l', 0o10),
    ("echoe", 'l', 0o20),
    ("echok", 'l', 0o40),
    ("echonl", 'l', 0o100),
    ("noflsh", 'l', 0o200),
    ("tostop", 'l', 0o400),
    ("echoctl", 'l', 0o1000),
    ("echoke", 'l', 0o4000),
];

const CHARS: &[(&str, usize)] = &[
    ("intr", 0),
    ("quit", 1),
    ("erase", 2),
    ("kill", 3),
    ("eof", 4),
    ("eol", 11),
    ("start", 8),
    ("stop", 9),
    ("susp", 10),
    ("werase", 14),
    ("lnext", 15),
];

fn field(modes: &mut Termios, which: char) -> &mut u32 {
    match which {
        'i' => &mut modes.iflag,
        'o' => &mut modes.oflag,
        'c' => &mut modes.cflag,
        _ => &mut modes.lflag,
    }
}

fn visible(byte: u8) -> String {
    match byte {
        0 => "<undef>".into(),
        1..=31 => format!("^{}", (byte + 64) as char),
        127 => "^?".into(),
        other => (other as char).to_string(),
    }
}

fn sane() -> Termios {
    let mut cc = [0; 32];
    for (place, value) in [
        (0, 3),
        (1, 28),
        (2, 127),
        (3, 21),
        (4, 4),
        (6, 1),
        (8, 17),
        (9, 19),
        (10, 26),
        (12, 18),
        (13, 15),
        (14, 23),
        (15, 22),
    ] {
        cc[place] = value;
    }
    Termios {
        iflag: 0o400 | 0o2000 | 0o40000,
        oflag: 0o5,
        cflag: 0o277,
        lflag: 0o105073,
        cc,
    }
}

/// `stty`.
pub fn main(argv: &[String]) -> i32 {
    let mut modes = match os::get_terminal(0) {
        Ok(modes) => modes,
        Err(error) => die(format_args!("standard input: {}", words(&error))),
    };
    let (rows, columns) = os::window(0).unwrap_or((0, 0));
    let mut o = out();
    let words_given = &argv[1..];
    match words_given.first().map(String::as_str) {
        None => {
            o.text("speed 38400 baud; line = 0;\n");
            let usual = sane();
            let odd: Vec<String> = list(&mut modes)
                .into_iter()
                .filter(|name| !list(&mut usual.clone()).contains(name))
                .collect();
            if !odd.is_empty() {
                writeln!(o, "{}", odd.join(" "));
            }
            return 0;
        }
        Some("-a" | "--all") => {
            writeln!(
                o,
                "speed 38400 baud; rows {rows}; columns {columns}; line = 0;"
            );
            let chars: Vec<String> = CHARS
                .iter()
                .map(|(name, place)| format!("{name} = {};", visible(modes.cc[*place])))
                .collect();
            writeln!(
                o,
                "{}\nmin = {}; time = {};",
                chars.join(" "),
                modes.cc[6],
                modes.cc[5]
            );
            writeln!(o, "{}", list(&mut modes).join(" "));
            return 0;
        }
        Some("size") => {
            writeln!(o, "{rows} {columns}");
            return 0;
        }
        Some("-g" | "--save") => {
            let cc: Vec<String> = modes.cc.iter().map(|byte| format!("{byte:x}")).collect();
            writeln!(
                o,
                "{:x}:{:x}:{:x}:{:x}:{}",
                modes.iflag,
                modes.oflag,
                modes.cflag,
                modes.lflag,
                cc.join(":")
            );
            return 0;
        }
        Some(_) => {}
    }
    let mut at = 0;
    let (mut new_rows, mut new_columns) = (rows, columns);
    while at < words_given.len() {
        let word = words_given[at].as_str();
        at += 1;
        let (name, on) = word
            .strip_prefix('-')
            .map_or((word, true), |name| (name, false));
        if let Some((_, which, bit)) = FLAGS.iter().find(|(known, ..)| *known == name) {
            let field = field(&mut modes, *which);
            *field = if on { *field | bit } else { *field & !bit };
        } else if let Some((_, place)) = CHARS.iter().find(|(known, _)| *known == word) {
            let text = words_given.get(at).map_or("", String::as_str);
            at += 1;
            modes.cc[*place] = match text.as_bytes() {
                [b'^', b'?'] => 127,
                [b'^', b'-'] => 0,
                [b'^', c] => c & 31,
                [c] => *c,
                _ if text == "undef" => 0,
                _ => die(format_args!("invalid argument '{text}'")),
            };
        } else if matches!(word, "rows" | "cols" | "columns" | "min" | "time") {
            let Some(value) = words_given
                .get(at)
                .and_then(|text| text.parse::<usize>().ok())
            else {
                die(format_args!("missing argument to '{word}'"))
            };
            at += 1;
            match word {
                "rows" => new_rows = value,
                "min" => modes.cc[6] = value as u8,
                "time" => modes.cc[5] = value as u8,
                _ => new_columns = value,
            }
        } else if matches!(word, "raw" | "-cooked") {
            modes.make_raw();
            modes.oflag &= !1;
        } else if matches!(word, "cooked" | "-raw") {
            modes.iflag |= 0o2402;
            modes.oflag |= 1;
            modes.lflag |= 3;
        } else if matches!(word, "cbreak" | "-cbreak") {
            modes.lflag = if on {
                modes.lflag & !2
            } else {
                modes.lflag | 2
            };
        } else if word == "sane" {
            modes = sane();
        } else if word.contains(':') {
            let numbers: Vec<u32> = word
                .split(':')
                .filter_map(|part| u32::from_str_radix(part, 16).ok())
                .collect();
            if numbers.len() < 4 {
                die(format_args!("invalid argument '{word}'"));
            }
            (modes.iflag, modes.oflag, modes.cflag, modes.lflag) =
                (numbers[0], numbers[1], numbers[2], numbers[3]);
            for (place, value) in numbers[4..].iter().enumerate().take(32) {
                modes.cc[place] = *value as u8;
            }
        } else if word.parse::<u32>().is_ok()
            || matches!(word, "cs8" | "clocal" | "crtscts" | "parenb" | "cstopb")
        {
            // The line's speed and framing mean nothing here.
        } else {
            die(format_args!("invalid argument '{word}'"));
        }
    }
    if (new_rows, new_columns) != (rows, columns) {
        let _ = os::set_window(0, new_rows as u16, new_columns as u16);
    }
    match os::set_terminal(0, &modes) {
        Ok(()) => 0,
        Err(error) => die(format_args!("standard input: {}", words(&error))),
    }
}

fn list(modes: &mut Termios) -> Vec<String> {
    FLAGS
        .iter()
        .map(|(name, which, bit)| {
            if *field(modes, *which) & bit != 0 {
                name.to_string()
            } else {
                format!("-{name}")
            }
        })
        .collect()
}

/// `reset`.
pub fn reset(_: &[String]) -> i32 {
    if os::is_terminal(0) {
        let _ = os::set_terminal(0, &sane());
    }
    out().text("\x1bc\x1b(B\x1b[m\x1b[J\x1b[?25h");
    0
}

/// `resize`: prints what the shell should know.
pub fn resize(_: &[String]) -> i32 {
    let (rows, columns) = os::window(0).unwrap_or((24, 80));
    writeln!(
        out(),
        "COLUMNS={columns};LINES={rows};export COLUMNS LINES;"
    );
    0
}
