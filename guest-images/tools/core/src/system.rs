//! The machine and the clock: `uname`, `hostname`, `sleep`, `uptime`, `free`, `tty`, `clear`, `nproc`, `true`, `false`.

use applet::{busybox, die, getopt, opts, os, out, proc, size, time, words};
use std::time::Duration;

/// `true`; `sync` too, since the kernel writes through.
pub fn yes_done(_: &[String]) -> i32 {
    0
}

/// `false`.
pub fn no(_: &[String]) -> i32 {
    1
}

/// `arch`.
pub fn arch(_: &[String]) -> i32 {
    writeln!(out(), "{}", os::uname().machine);
    0
}

/// `uname`.
pub fn uname(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("all", 'a'),
        ("kernel-name", 's'),
        ("nodename", 'n'),
        ("kernel-release", 'r'),
        ("kernel-version", 'v'),
        ("machine", 'm'),
        ("processor", 'p'),
        ("hardware-platform", 'i'),
        ("operating-system", 'o'),
    ];
    let args = getopt(argv, "asnrvmpio", LONG, "uname [-amnrspvio]");
    let names = os::uname();
    let none = args.options.is_empty();
    let system = if busybox() { "Linux" } else { "GNU/Linux" };
    let mut parts = Vec::new();
    let unknown = "unknown".to_string();
    for (letter, value) in [
        ('s', &names.sysname),
        ('n', &names.nodename),
        ('r', &names.release),
        ('v', &names.version),
        ('m', &names.machine),
    ] {
        if args.has(letter) || args.has('a') || none && letter == 's' {
            parts.push(value.clone());
        }
    }
    for letter in ['p', 'i'] {
        if args.has(letter) {
            parts.push(unknown.clone());
        }
    }
    if args.has('o') || args.has('a') {
        parts.push(system.into());
    }
    writeln!(out(), "{}", parts.join(" "));
    0
}

/// `hostname`.
pub fn hostname(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "sfidIF:",
        &[
            ("short", 's'),
            ("fqdn", 'f'),
            ("ip-address", 'i'),
            ("all-ip-addresses", 'I'),
        ],
        "hostname [-sidf] [HOSTNAME]",
    );
    if let Some(name) = args.rest.first() {
        if let Err(error) = os::set_hostname(name) {
            die(if busybox() {
                format!("sethostname: {}", words(&error))
            } else {
                "you must be root to change the host name".into()
            });
        }
        return 0;
    }
    let name = os::uname().nodename;
    if args.has('i') || args.has('I') {
        let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
        let found = hosts
            .lines()
            .filter(|line| line.split_whitespace().skip(1).any(|word| word == name))
            .find_map(|line| line.split_whitespace().next());
        match found {
            Some(address) => writeln!(out(), "{address}{}", if args.has('I') { " " } else { "" }),
            None if args.has('I') => out().text("\n"),
            None => die("Name or service not known"),
        }
        return 0;
    }
    let shown = match args.last_of("sd") {
        Some('s') => name.split('.').next().unwrap_or(&name).to_string(),
        Some(_) => name
            .split_once('.')
            .map(|(_, domain)| domain.to_string())
            .unwrap_or_default(),
        None => name,
    };
    writeln!(out(), "{shown}");
    0
}

/// Reads `1.5`, `2m`, `1h`.
pub fn duration(text: &str) -> Option<f64> {
    let (number, scale) = match text.chars().last()? {
        's' => (&text[..text.len() - 1], 1.0),
        'm' => (&text[..text.len() - 1], 60.0),
        'h' => (&text[..text.len() - 1], 3600.0),
        'd' => (&text[..text.len() - 1], 86_400.0),
        _ => (text, 1.0),
    };
    if matches!(number, "inf" | "infinity") || text == "infinity" {
        return Some(f64::from(u32::MAX) * 64.0);
    }
    number
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && *value >= 0.0)
        .map(|value| value * scale)
}

/// `sleep`.
pub fn sleep(argv: &[String]) -> i32 {
    let usage = "sleep [N]...";
    let args = getopt(argv, "", &[], usage);
    if args.rest.is_empty() {
        opts::complain("missing operand", usage);
    }
    let mut total = 0.0;
    for word in &args.rest {
        match duration(word) {
            Some(seconds) => total += seconds,
            None if busybox() => die(format_args!("invalid number '{word}'")),
            None => opts::complain(&format!("invalid time interval '{word}'"), usage),
        }
    }
    std::thread::sleep(Duration::from_secs_f64(total));
    0
}

/// `usleep`: microseconds.
pub fn usleep(argv: &[String]) -> i32 {
    let micros = argv.get(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    std::thread::sleep(Duration::from_micros(micros));
    0
}

/// `nproc`.
pub fn nproc(argv: &[String]) -> i32 {
    let args = getopt(argv, "ι:α", &[("ignore", 'ι'), ("all", 'α')], "nproc");
    let less = args
        .value('ι')
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    writeln!(out(), "{}", proc::processors().saturating_sub(less).max(1));
    0
}

/// `tty`.
pub fn tty(argv: &[String]) -> i32 {
    let args = getopt(argv, "s", &[("silent", 's'), ("quiet", 's')], "tty [-s]");
    let terminal = os::is_terminal(0);
    if !args.has('s') {
        let name =
            applet::walk::read_link("/proc/self/fd/0").unwrap_or_else(|_| "/dev/pts/0".into());
        writeln!(
            out(),
            "{}",
            if terminal { name.as_str() } else { "not a tty" }
        );
    }
    i32::from(!terminal)
}

/// `clear`.
pub fn clear(_: &[String]) -> i32 {
    out().text("\x1b[H\x1b[J\x1b[3J");
    0
}

/// The first half of `uptime`'s line, which `top` has too.
pub fn uptime_line() -> String {
    let seconds = proc::uptime() as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let mut text = format!(
        " {} up ",
        time::format("%H:%M:%S", &time::civil(time::now()))
    );
    if days > 0 {
        text.push_str(&format!("{days} day{}, ", if days == 1 { "" } else { "s" }));
    }
    if hours > 0 {
        text.push_str(&format!("{hours:2}:{minutes:02}"));
    } else {
        text.push_str(&format!("{minutes} min"));
    }
    text
}

/// `uptime`.
pub fn uptime(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "ps",
        &[("pretty", 'p'), ("since", 's')],
        "uptime [-ps]",
    );
    let seconds = proc::uptime();
    let mut o = out();
    if args.has('s') {
        let since = time::now() - (seconds * 1e9) as i64;
        writeln!(
            o,
            "{}",
            time::format("%Y-%m-%d %H:%M:%S", &time::civil(since))
        );
    } else if args.has('p') {
        let minutes = seconds as u64 / 60;
        writeln!(
            o,
            "up {} minute{}",
            minutes,
            if minutes == 1 { "" } else { "s" }
        );
    } else {
        let load = proc::load();
        let load: Vec<&str> = load.iter().take(3).map(String::as_str).collect();
        writeln!(
            o,
            "{},  0 user{},  load average: {}",
            uptime_line(),
            if busybox() { "s" } else { "" },
            load.join(", ")
        );
    }
    0
}

/// `free`.
pub fn free(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("bytes", 'b'),
        ("kibi", 'k'),
        ("mebi", 'm'),
        ("gibi", 'g'),
        ("human", 'h'),
        ("total", 't'),
        ("wide", 'w'),
        ("si", 'σ'),
    ];
    let args = getopt(argv, "bkmghtwσs:c:", LONG, "free [-bkmgh]");
    let total = proc::memory("MemTotal");
    let free = proc::memory("MemFree");
    let buffers = proc::memory("Buffers");
    let cached = proc::memory("Cached") + proc::memory("SReclaimable");
    let shared = proc::memory("Shmem");
    let available = proc::memory("MemAvailable");
    let used = total.saturating_sub(if busybox() {
        free + buffers + cached
    } else {
        available.max(free)
    });
    let swap = (proc::memory("SwapTotal"), proc::memory("SwapFree"));
    let show = |kib: u64| match args.last_of("bkmgh") {
        Some('b') => (kib * 1024).to_string(),
        Some('m') => (kib / 1024).to_string(),
        Some('g') => (kib / 1024 / 1024).to_string(),
        Some('h') if busybox() => size::busybox(kib * 1024),
        Some('h') => {
            let text = size::human(kib * 1024, 1024);
            if text.ends_with(|c: char| c.is_ascii_digit()) {
                format!("{text}B")
            } else {
                format!("{text}i")
            }
        }
        _ => kib.to_string(),
    };
    let mut o = out();
    let (label, width) = (7, if busybox() { 11 } else { 12 });
    let rest = 12;
    writeln!(
        o,
        "{:label$}{:>w$}{:>rest$}{:>rest$}{:>rest$}{:>rest$}{:>rest$}",
        "",
        "total",
        "used",
        "free",
        "shared",
        "buff/cache",
        "available",
        w = width + 1
    );
    writeln!(
        o,
        "{:label$}{:>w$}{:>rest$}{:>rest$}{:>rest$}{:>rest$}{:>rest$}",
        "Mem:",
        show(total),
        show(used),
        show(free),
        show(shared),
        show(buffers + cached),
        show(available),
        w = width + 1
    );
    writeln!(
        o,
        "{:label$}{:>w$}{:>rest$}{:>rest$}",
        "Swap:",
        show(swap.0),
        show(swap.0 - swap.1.min(swap.0)),
        show(swap.1),
        w = width + 1
    );
    if args.has('t') {
        writeln!(
            o,
            "{:label$}{:>w$}{:>rest$}{:>rest$}",
            "Total:",
            show(total + swap.0),
            show(used),
            show(free + swap.1),
            w = width + 1
        );
    }
    0
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations() {
        assert_eq!(super::duration("0.5"), Some(0.5));
        assert_eq!(super::duration("2m"), Some(120.0));
        assert_eq!(super::duration("x"), None);
    }
}
