//! `ps`: busybox's four columns, or procps' selections and formats.

use applet::proc::{self, Process, processes};
use applet::{busybox, die, getopt, os, out, time, users};

/// One column: the word in `-o`, its heading, its width (negative: left-aligned).
const COLUMNS: &[(&str, &str, i32)] = &[
    ("pid", "PID", 7),
    ("ppid", "PPID", 7),
    ("pgid", "PGID", 7),
    ("pgrp", "PGRP", 7),
    ("sid", "SID", 7),
    ("sess", "SESS", 7),
    ("user", "USER", -8),
    ("uid", "UID", 5),
    ("uname", "USER", -8),
    ("euser", "EUSER", -8),
    ("ruser", "RUSER", -8),
    ("group", "GROUP", -8),
    ("gid", "GID", 5),
    ("tty", "TT", -8),
    ("tname", "TTY", -8),
    ("stat", "STAT", -4),
    ("state", "S", -1),
    ("s", "S", -1),
    ("time", "TIME", 8),
    ("cputime", "TIME", 8),
    ("etime", "ELAPSED", 11),
    ("etimes", "ELAPSED", 7),
    ("start", "STARTED", 8),
    ("start_time", "START", 5),
    ("stime", "STIME", 5),
    ("lstart", "STARTED", 24),
    ("pcpu", "%CPU", 4),
    ("%cpu", "%CPU", 4),
    ("pmem", "%MEM", 4),
    ("%mem", "%MEM", 4),
    ("vsz", "VSZ", 6),
    ("rss", "RSS", 5),
    ("ni", "NI", 3),
    ("nice", "NI", 3),
    ("pri", "PRI", 3),
    ("nlwp", "NLWP", 4),
    ("c", "C", 2),
    ("comm", "COMMAND", -15),
    ("ucmd", "CMD", -15),
    ("args", "COMMAND", -27),
    ("cmd", "CMD", -27),
    ("command", "COMMAND", -27),
];

struct View {
    now: f64,
    total_memory: u64,
    list: Vec<Process>,
}

fn clock(ticks: u64) -> String {
    let seconds = ticks / 100;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

impl View {
    fn read() -> Self {
        Self {
            now: proc::uptime(),
            total_memory: proc::memory("MemTotal"),
            list: processes(),
        }
    }

    fn age(&self, p: &Process) -> u64 {
        (self.now - p.start as f64 / 100.0).max(0.0) as u64
    }

    fn cpu(&self, p: &Process) -> f64 {
        let age = (self.now - p.start as f64 / 100.0).max(0.01);
        ((p.utime + p.stime) as f64 / age).min(999.0)
    }

    fn started(&self, p: &Process, pattern: &str) -> String {
        time::format(
            pattern,
            &time::civil(time::now() - self.age(p) as i64 * time::NANOS),
        )
    }

    fn stat(&self, p: &Process) -> String {
        let mut text = p.state.to_string();
        if p.nice < 0 {
            text.push('<');
        } else if p.nice > 0 {
            text.push('N');
        }
        if p.session == p.pid {
            text.push('s');
        }
        if p.tty != 0 && p.tty_group == p.pgrp {
            text.push('+');
        }
        text
    }

    fn cell(&self, column: &str, p: &Process) -> String {
        match column {
            "pid" => p.pid.to_string(),
            "ppid" => p.ppid.to_string(),
            "pgid" | "pgrp" => p.pgrp.to_string(),
            "sid" | "sess" => p.session.to_string(),
            "uid" => p.uid.to_string(),
            "gid" => p.gid.to_string(),
            "group" => users::group_text(p.gid),
            "user" | "uname" | "euser" | "ruser" => {
                let name = users::user_text(p.uid);
                if name.len() > 8 {
                    format!("{}+", &name[..7])
                } else {
                    name
                }
            }
            "tty" | "tname" => p.terminal(),
            "stat" if busybox() => p.state.to_string(),
            "stat" => self.stat(p),
            "state" | "s" => p.state.to_string(),
            "time" | "cputime" if busybox() => short_clock(p.utime + p.stime),
            "time" | "cputime" => clock(p.utime + p.stime),
            "etimes" => self.age(p).to_string(),
            "etime" => {
                let s = self.age(p);
                match (s / 86_400, s / 3600 % 24) {
                    (0, 0) => format!("{:02}:{:02}", s / 60, s % 60),
                    (0, h) => format!("{h:02}:{:02}:{:02}", s / 60 % 60, s % 60),
                    (d, h) => format!("{d}-{h:02}:{:02}:{:02}", s / 60 % 60, s % 60),
                }
            }
            "start" => self.started(p, "%H:%M:%S"),
            "start_time" | "stime" => self.started(
                p,
                if self.age(p) > 86_400 {
                    "%b%d"
                } else {
                    "%H:%M"
                },
            ),
            "lstart" => self.started(p, "%a %b %e %H:%M:%S %Y"),
            "pcpu" | "%cpu" => format!("{:.1}", self.cpu(p)),
            "pmem" | "%mem" => format!(
                "{:.1}",
                (p.rss / 1024) as f64 * 100.0 / self.total_memory.max(1) as f64
            ),
            "vsz" if busybox() => human(p.vsize),
            "rss" if busybox() => human(p.rss),
            "vsz" => (p.vsize / 1024).to_string(),
            "rss" => (p.rss / 1024).to_string(),
            "ni" | "nice" => p.nice.to_string(),
            "pri" => (19 - p.nice).to_string(),
            "nlwp" => p.threads.to_string(),
            "c" => (self.cpu(p) as u32).to_string(),
            "comm" | "ucmd" => p.name.clone(),
            _ => p.command(),
        }
    }
}

fn human(bytes: u64) -> String {
    let kib = bytes / 1024;
    if kib < 10_000 {
        kib.to_string()
    } else {
        format!("{}m", kib / 1024)
    }
}

fn short_clock(ticks: u64) -> String {
    let seconds = ticks / 100;
    if seconds < 6000 * 60 {
        format!("{:>2}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!("{:>3}h{:02}", seconds / 3600, seconds / 60 % 60)
    }
}

/// `ps`.
pub fn main(argv: &[String]) -> i32 {
    if busybox() { small(argv) } else { large(argv) }
}

fn small(argv: &[String]) -> i32 {
    // Alpine's ps ignores the habits of other systems (`ps aux`, `ps -ef`) rather than refusing them.
    let args = getopt(argv, "o:TefAalwux", &[], "ps [-o COL1,COL2=HEADER]");
    let view = View::read();
    let mut o = out();
    if args.has('o') {
        let columns = chosen(&args.values('o').collect::<Vec<_>>().join(","), 1);
        return table(&view, &columns, &view.list, true);
    }
    let wide = !os::is_terminal(1);
    writeln!(o, "PID   USER     TIME  COMMAND");
    for p in &view.list {
        let line = format!(
            "{:>5} {:<8} {:>5} {}",
            p.pid,
            clip(&users::user_text(p.uid), 8),
            short_clock(p.utime + p.stime),
            braces(p)
        );
        writeln!(
            o,
            "{}",
            if wide {
                line
            } else {
                clip(&line, os::columns())
            }
        );
    }
    0
}

fn braces(p: &Process) -> String {
    // busybox shows `{name} command line` when the process calls itself something else.
    let argv0 = p
        .args
        .first()
        .map_or("", |word| applet::walk::base(word))
        .trim_start_matches('-');
    if p.args.is_empty() || argv0.starts_with(&p.name) {
        p.command()
    } else {
        format!("{{{}}} {}", p.name, p.command())
    }
}

fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A column as printed: its word, heading and width.
type Chosen = (String, String, i32);

fn chosen(list: &str, sign: i32) -> Vec<Chosen> {
    let mut columns = Vec::new();
    for word in list.split([',', ' ']).filter(|word| !word.is_empty()) {
        let (word, heading) = word
            .split_once('=')
            .map_or((word, None), |(word, heading)| (word, Some(heading)));
        match COLUMNS.iter().find(|(known, ..)| *known == word) {
            Some((known, title, width)) => {
                let title = heading.unwrap_or(title).to_string();
                columns.push((
                    known.to_string(),
                    title.clone(),
                    width.signum() * sign * width.abs().max(title.len() as i32),
                ));
            }
            None if busybox() => die(format_args!(
                "bad -o argument '{word}', supported arguments: user,group,comm,args,pid,ppid,pgid,tty,vsz,sid,stat,rss,time,etime,nice"
            )),
            None => {
                eprintln!("error: unknown user-defined format specifier \"{word}\"");
                std::process::exit(1)
            }
        }
    }
    columns
}

fn table(view: &View, columns: &[Chosen], list: &[Process], pad_last: bool) -> i32 {
    let mut o = out();
    let limit = if os::is_terminal(1) {
        os::columns()
    } else {
        usize::MAX
    };
    let mut rows: Vec<Vec<String>> = list
        .iter()
        .map(|p| {
            columns
                .iter()
                .map(|(word, ..)| view.cell(word, p))
                .collect()
        })
        .collect();
    if columns.iter().any(|(_, title, _)| !title.is_empty()) {
        rows.insert(
            0,
            columns.iter().map(|(_, title, _)| title.clone()).collect(),
        );
    }
    for row in rows {
        let mut line = String::new();
        for (at, (text, (.., width))) in row.iter().zip(columns).enumerate() {
            let size = width.unsigned_abs() as usize;
            let last = at + 1 == columns.len();
            if *width > 0 {
                line.push_str(&format!("{text:>size$}"));
            } else if last && !pad_last || last {
                line.push_str(text);
            } else {
                line.push_str(&format!("{text:<size$}"));
            }
            if !last {
                line.push(' ');
            }
        }
        writeln!(o, "{}", clip(&line, limit));
    }
    0
}

fn large(argv: &[String]) -> i32 {
    // `ps aux`: letters without a dash have meanings of their own.
    let mut argv = argv.to_vec();
    let bsd = argv
        .get(1)
        .filter(|word| {
            !word.is_empty()
                && !word.starts_with('-')
                && word.chars().all(|c| "auxwefljvo".contains(c))
        })
        .cloned();
    if bsd.is_some() {
        argv.remove(1);
    }
    const LONG: &[(&str, char)] = &[
        ("pid", 'p'),
        ("format", 'o'),
        ("forest", 'φ'),
        ("sort", 'κ'),
        ("no-headers", 'η'),
        ("no-headings", 'η'),
        ("ppid", 'π'),
        ("user", 'u'),
        ("cols", 'ω'),
        ("width", 'ω'),
    ];
    let args = getopt(
        &argv,
        "eAaflFjHwxT Lp:o:u:U:C:t:g:O:φκ:ηπ:ω:Zy",
        LONG,
        "ps [options]",
    );
    let view = View::read();
    let me = os::euid();
    let mine = view
        .list
        .iter()
        .find(|p| p.pid == os::pid())
        .map_or(0, |p| p.tty);
    let numbers = |letter| {
        args.values(letter)
            .flat_map(|text| text.split([',', ' ']))
            .filter_map(|word| word.parse::<i32>().ok())
            .collect::<Vec<_>>()
    };
    let mut pids = numbers('p');
    pids.extend(args.rest.iter().filter_map(|word| word.parse::<i32>().ok()));
    let parents = numbers('π');
    let names: Vec<&str> = args.values('C').flat_map(|text| text.split(',')).collect();
    let people: Vec<u32> = args
        .values('u')
        .chain(args.values('U'))
        .flat_map(|text| text.split(','))
        .filter_map(users::find_user)
        .collect();
    let by = bsd.as_deref().unwrap_or("");
    let picked = !pids.is_empty()
        || !parents.is_empty()
        || !names.is_empty()
        || !people.is_empty()
        || args.has('p')
        || args.has('C');
    let everything = args.has('e') || args.has('A') || by.contains('x') && by.contains('a');
    let mut list: Vec<Process> = view
        .list
        .iter()
        .filter(|p| {
            if picked {
                pids.contains(&p.pid)
                    || parents.contains(&p.ppid)
                    || names.contains(&p.name.as_str())
                    || people.contains(&p.uid)
            } else if everything {
                true
            } else if by.contains('x') {
                p.uid == me
            } else if args.has('a') {
                p.session != p.pid && p.tty != 0
            } else if by.contains('a') {
                p.tty != 0
            } else {
                p.uid == me && p.tty == mine
            }
        })
        .cloned()
        .collect();
    if let Some(key) = args.value('κ') {
        for word in key.split(',').rev() {
            let reverse = word.starts_with('-');
            let word = word.trim_start_matches(['-', '+']);
            list.sort_by(|a, b| {
                let (a, b) = (view.cell(word, a), view.cell(word, b));
                let order = match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a.total_cmp(&b),
                    _ => a.cmp(&b),
                };
                if reverse { order.reverse() } else { order }
            });
        }
    }
    let format = if args.has('o') {
        args.values('o').collect::<Vec<_>>().join(",")
    } else if by.contains('u') {
        "user,pid,%cpu,%mem,vsz,rss,tname=TTY,stat,start_time,time,args".into()
    } else if by.contains('l') || args.has('l') {
        "s,uid,pid,ppid,c,pri,ni,vsz,tname=TTY,time,ucmd".into()
    } else if args.has('F') || args.has('f') {
        "user=UID,pid,ppid,c,stime,tname=TTY,time,cmd".into()
    } else if args.has('j') || by.contains('j') {
        "pid,pgid,sid,tname=TTY,time,ucmd".into()
    } else if bsd.is_some() {
        "pid,tname=TTY,stat,time,args".into()
    } else {
        "pid,tname=TTY,time,ucmd".to_string()
    };
    let mut columns = chosen(&format, 1);
    if by.contains('u') || bsd.is_some() && !args.has('o') {
        for column in &mut columns {
            if column.0 == "time" {
                column.2 = 6;
            }
        }
    }
    if args.has('η') {
        columns.iter_mut().for_each(|column| column.1.clear());
    }
    let code = i32::from(picked && list.is_empty());
    let short = by.contains('u') || bsd.is_some() && !args.has('o');
    if short {
        return code | bsd_table(&view, &columns, &list);
    }
    code | table(&view, &columns, &list, false)
}

/// BSD style shows the time as minutes and seconds.
fn bsd_table(view: &View, columns: &[Chosen], list: &[Process]) -> i32 {
    let mut o = out();
    let limit = if os::is_terminal(1) {
        os::columns()
    } else {
        usize::MAX
    };
    let mut rows = vec![
        columns
            .iter()
            .map(|(_, title, _)| title.clone())
            .collect::<Vec<_>>(),
    ];
    for p in list {
        rows.push(
            columns
                .iter()
                .map(|(word, ..)| {
                    let seconds = (p.utime + p.stime) / 100;
                    if word == "time" {
                        format!("{}:{:02}", seconds / 60, seconds % 60)
                    } else {
                        view.cell(word, p)
                    }
                })
                .collect(),
        );
    }
    for row in rows {
        let mut line = String::new();
        for (at, (text, (.., width))) in row.iter().zip(columns).enumerate() {
            let size = width.unsigned_abs() as usize;
            match (*width > 0, at + 1 == columns.len()) {
                (true, _) => line.push_str(&format!("{text:>size$} ")),
                (false, false) => line.push_str(&format!("{text:<size$} ")),
                (false, true) => line.push_str(text),
            }
        }
        writeln!(o, "{}", clip(&line, limit));
    }
    0
}
