//! The format specifiers of `ps` and what they show of a process.
//!
//! Every specifier of procps 4 is known with its header; those for which these processes have no answer show `-`.

use crate::base::time;
use crate::engine::ports::ProcessLine;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Pid,
    Ppid,
    Group,
    Session,
    /// The foreground group of the terminal.
    Foreground,
    User,
    UserNumber,
    GroupName,
    GroupNumber,
    Name,
    Args,
    State,
    /// The state with what else is known: `s` leads a session, `+` is in the foreground, `<` and `N` the nice value.
    Stat,
    Terminal,
    /// Of one CPU over the whole life, with a decimal and without.
    Percent,
    Hundredths,
    MemoryPercent,
    Kibibytes,
    Pages,
    /// `[D-]HH:MM:SS` and BSD's `M:SS`.
    Time,
    BsdTime,
    Seconds,
    /// The time of day, or the day for what is older.
    Began,
    BeganSecond,
    BeganFull,
    Elapsed,
    ElapsedSeconds,
    Nice,
    /// `pri`, and the one that `-l` shows.
    Priority,
    OldPriority,
    Zero,
    One,
    Class,
    Signals,
    Nothing,
}

/// Specifiers, their header, their cell. Names that mean the same share a line.
const TABLE: &[(&str, &str, Cell)] = &[
    ("pid", "PID", Cell::Pid),
    ("tgid", "TGID", Cell::Pid),
    ("tid", "TID", Cell::Pid),
    ("lwp", "LWP", Cell::Pid),
    ("spid", "SPID", Cell::Pid),
    ("ppid", "PPID", Cell::Ppid),
    ("pgid", "PGID", Cell::Group),
    ("pgrp", "PGRP", Cell::Group),
    ("sid", "SID", Cell::Session),
    ("sess session", "SESS", Cell::Session),
    ("tpgid", "TPGID", Cell::Foreground),
    ("user uname", "USER", Cell::User),
    ("euser", "EUSER", Cell::User),
    ("ruser", "RUSER", Cell::User),
    ("suser", "SUSER", Cell::User),
    ("fuser", "FUSER", Cell::User),
    ("fsuser", "FSUSER", Cell::User),
    ("svuser", "SVUSER", Cell::User),
    ("uid_hack", "UID", Cell::User),
    ("uid", "UID", Cell::UserNumber),
    ("euid", "EUID", Cell::UserNumber),
    ("ruid", "RUID", Cell::UserNumber),
    ("suid", "SUID", Cell::UserNumber),
    ("fuid", "FUID", Cell::UserNumber),
    ("fsuid", "FSUID", Cell::UserNumber),
    ("svuid", "SVUID", Cell::UserNumber),
    ("group", "GROUP", Cell::GroupName),
    ("egroup", "EGROUP", Cell::GroupName),
    ("rgroup", "RGROUP", Cell::GroupName),
    ("sgroup", "SGROUP", Cell::GroupName),
    ("fgroup", "FGROUP", Cell::GroupName),
    ("fsgroup", "FSGROUP", Cell::GroupName),
    ("svgroup", "SVGROUP", Cell::GroupName),
    ("gid", "GID", Cell::GroupNumber),
    ("egid", "EGID", Cell::GroupNumber),
    ("rgid", "RGID", Cell::GroupNumber),
    ("sgid", "SGID", Cell::GroupNumber),
    ("fgid", "FGID", Cell::GroupNumber),
    ("fsgid", "FSGID", Cell::GroupNumber),
    ("svgid", "SVGID", Cell::GroupNumber),
    ("comm ucomm fname", "COMMAND", Cell::Name),
    ("ucmd", "CMD", Cell::Name),
    ("args command", "COMMAND", Cell::Args),
    ("cmd", "CMD", Cell::Args),
    ("s state", "S", Cell::State),
    ("stat", "STAT", Cell::Stat),
    ("tt tty", "TT", Cell::Terminal),
    ("tname tty4 tty8 longtname", "TTY", Cell::Terminal),
    ("%cpu pcpu", "%CPU", Cell::Percent),
    ("cp", "CP", Cell::Hundredths),
    ("c util", "C", Cell::Hundredths),
    ("%mem pmem", "%MEM", Cell::MemoryPercent),
    ("vsz vsize", "VSZ", Cell::Kibibytes),
    ("rss rssize rsz sgi_rss", "RSS", Cell::Kibibytes),
    ("pss", "PSS", Cell::Kibibytes),
    ("uss", "USS", Cell::Kibibytes),
    ("size m_size", "SIZE", Cell::Kibibytes),
    ("drs m_drs", "DRS", Cell::Kibibytes),
    ("dsiz", "DSIZ", Cell::Kibibytes),
    ("trs m_trs", "TRS", Cell::Zero),
    ("trss", "TRSS", Cell::Zero),
    ("tsiz", "TSIZ", Cell::Zero),
    ("sz", "SZ", Cell::Pages),
    ("time cputime atime", "TIME", Cell::Time),
    ("bsdtime", "TIME", Cell::BsdTime),
    ("times cputimes", "TIME", Cell::Seconds),
    ("stime", "STIME", Cell::Began),
    ("bsdstart start_time", "START", Cell::Began),
    ("start", "STARTED", Cell::BeganSecond),
    ("lstart", "STARTED", Cell::BeganFull),
    ("etime", "ELAPSED", Cell::Elapsed),
    ("etimes", "ELAPSED", Cell::ElapsedSeconds),
    ("ni nice", "NI", Cell::Nice),
    ("pri intpri priority", "PRI", Cell::Priority),
    ("opri", "PRI", Cell::OldPriority),
    ("pri_api", "API", Cell::Priority),
    ("pri_bar", "BAR", Cell::Priority),
    ("pri_baz", "BAZ", Cell::Priority),
    ("pri_foo", "FOO", Cell::Priority),
    ("nlwp", "NLWP", Cell::One),
    ("thcount", "THCNT", Cell::One),
    ("f flag flags", "F", Cell::Zero),
    ("psr", "PSR", Cell::Zero),
    ("cpuid", "CPUID", Cell::Zero),
    ("lastcpu", "C", Cell::Zero),
    ("sgi_p", "P", Cell::Nothing),
    ("majflt maj_flt", "MAJFL", Cell::Zero),
    ("minflt min_flt", "MINFL", Cell::Zero),
    ("pagein", "PAGEIN", Cell::Zero),
    ("cls", "CLS", Cell::Class),
    ("class", "CLS", Cell::Class),
    ("policy", "POL", Cell::Class),
    ("sched", "SCH", Cell::Zero),
    ("pending sig", "PENDING", Cell::Signals),
    ("tsig", "PENDING", Cell::Signals),
    ("sig_pend", "SIGNAL", Cell::Signals),
    ("blocked sigmask sig_block", "BLOCKED", Cell::Signals),
    ("ignored sigignore sig_ignore", "IGNORED", Cell::Signals),
    ("caught sigcatch", "CAUGHT", Cell::Signals),
    ("sig_catch", "CATCHED", Cell::Signals),
    ("stackp start_stack", "STACKP", Cell::Signals),
    ("esp", "ESP", Cell::Signals),
    ("eip", "EIP", Cell::Signals),
    ("oom", "OOM", Cell::Zero),
    ("oomadj", "OOMADJ", Cell::Zero),
    ("wchan wname", "WCHAN", Cell::Nothing),
    ("_addr", "ADDR", Cell::Nothing),
    ("_tmout", "TMOUT", Cell::Nothing),
    ("_alarm", "ALARM", Cell::Nothing),
    ("label", "LABEL", Cell::Nothing),
    ("context", "CONTEXT", Cell::Nothing),
    ("cgroup", "CGROUP", Cell::Nothing),
    ("cgname", "CGNAME", Cell::Nothing),
    ("exe", "EXE", Cell::Nothing),
    ("lim", "LIM", Cell::Nothing),
    ("lsession", "SESSION", Cell::Nothing),
    ("luid", "LUID", Cell::Nothing),
    ("lxc", "LXC", Cell::Nothing),
    ("machine", "MACHINE", Cell::Nothing),
    ("numa", "NUMA", Cell::Nothing),
    ("ouid", "OWNER", Cell::Nothing),
    ("rtprio", "RTPRIO", Cell::Nothing),
    ("seat", "SEAT", Cell::Nothing),
    ("slice", "SLICE", Cell::Nothing),
    ("unit", "UNIT", Cell::Nothing),
    ("uunit", "UUNIT", Cell::Nothing),
    ("supgid", "SUPGID", Cell::Nothing),
    ("supgrp", "SUPGRP", Cell::Nothing),
    ("zone", "ZONE", Cell::Nothing),
    ("cgroupns", "CGROUPNS", Cell::Nothing),
    ("ipcns", "IPCNS", Cell::Nothing),
    ("mntns", "MNTNS", Cell::Nothing),
    ("netns", "NETNS", Cell::Nothing),
    ("pidns", "PIDNS", Cell::Nothing),
    ("timens", "TIMENS", Cell::Nothing),
    ("userns", "USERNS", Cell::Nothing),
    ("utsns", "UTSNS", Cell::Nothing),
];

/// The header and the cell of a specifier.
pub fn find(name: &str) -> Option<(&'static str, Cell)> {
    TABLE
        .iter()
        .find(|(names, ..)| names.split(' ').any(|n| n == name))
        .map(|(_, header, cell)| (*header, *cell))
}

/// What the cells are measured against.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Nanoseconds since 1970.
    pub now: i64,
    /// Bytes of memory of the machine.
    pub memory: u64,
}

impl Cell {
    /// The text, which is never empty.
    pub fn text(self, p: &ProcessLine, scene: Scene) -> String {
        let age = u64::try_from(scene.now.saturating_sub(p.started_ns)).unwrap_or(0);
        // Thousandths of a CPU.
        let share = p.cpu_ns.saturating_mul(1000) / age.max(1);
        let (used, lived) = (p.cpu_ns / 1_000_000_000, age / 1_000_000_000);
        match self {
            Cell::Pid => p.pid.to_string(),
            Cell::Ppid => p.ppid.to_string(),
            Cell::Group => p.pgrp.to_string(),
            Cell::Session => p.sid.to_string(),
            Cell::Foreground => p
                .foreground
                .map_or_else(|| "-1".to_owned(), |g| g.to_string()),
            Cell::User => name_of(p.uid),
            Cell::UserNumber => p.uid.to_string(),
            Cell::GroupName => name_of(p.gid),
            Cell::GroupNumber => p.gid.to_string(),
            Cell::Name if p.comm.is_empty() => "?".to_owned(),
            Cell::Name => p.comm.clone(),
            Cell::Args => match p.argv.join(" ") {
                args if args.trim().is_empty() => format!("[{}]", p.comm),
                args => args,
            },
            Cell::State => p.state.to_string(),
            Cell::Stat => stat(p),
            Cell::Terminal => p.tty.map_or_else(|| "?".to_owned(), |n| format!("pts/{n}")),
            Cell::Percent => format!("{}.{}", share / 10, share % 10),
            Cell::Hundredths => (share / 10).min(99).to_string(),
            Cell::MemoryPercent => {
                let permille = p.memory.saturating_mul(1000) / scene.memory.max(1);
                format!("{}.{}", permille / 10, permille % 10)
            }
            Cell::Kibibytes => (p.memory / 1024).to_string(),
            Cell::Pages => (p.memory / 4096).to_string(),
            Cell::Time => {
                let days = used / 86_400;
                let day = if days > 0 {
                    format!("{days}-")
                } else {
                    String::new()
                };
                format!(
                    "{day}{:02}:{:02}:{:02}",
                    used / 3600 % 24,
                    used / 60 % 60,
                    used % 60
                )
            }
            Cell::BsdTime => format!("{}:{:02}", used / 60, used % 60),
            Cell::Seconds => used.to_string(),
            Cell::Began => {
                let same =
                    |format| time::local(p.started_ns, format) == time::local(scene.now, format);
                let format = match (same("%Y"), same("%j")) {
                    (true, true) => "%H:%M",
                    (true, false) => "%b%d",
                    _ => "%Y",
                };
                time::local(p.started_ns, format)
            }
            Cell::BeganSecond if lived > 86_400 => time::local(p.started_ns, "%b %d"),
            Cell::BeganSecond => time::local(p.started_ns, "%H:%M:%S"),
            Cell::BeganFull => time::ansic(p.started_ns),
            Cell::Elapsed => match (lived / 86_400, lived / 3600 % 24) {
                (0, 0) => format!("{:02}:{:02}", lived / 60, lived % 60),
                (0, h) => format!("{h:02}:{:02}:{:02}", lived / 60 % 60, lived % 60),
                (d, h) => format!("{d}-{h:02}:{:02}:{:02}", lived / 60 % 60, lived % 60),
            },
            Cell::ElapsedSeconds => lived.to_string(),
            Cell::Nice => p.nice.to_string(),
            Cell::Priority => (19 - p.nice).to_string(),
            Cell::OldPriority => (80 + p.nice).to_string(),
            Cell::Zero => "0".to_owned(),
            Cell::One => "1".to_owned(),
            Cell::Class => "TS".to_owned(),
            Cell::Signals => "0".repeat(16),
            Cell::Nothing => "-".to_owned(),
        }
    }
}

/// The engine's machine knows no other user of the containers by name.
fn name_of(number: u32) -> String {
    match number {
        0 => "root".to_owned(),
        other => other.to_string(),
    }
}

fn stat(p: &ProcessLine) -> String {
    let mut text = p.state.to_string();
    match p.nice {
        ..0 => text.push('<'),
        0 => {}
        1.. => text.push('N'),
    }
    if p.sid == p.pid {
        text.push('s');
    }
    if p.foreground == Some(p.pgrp) {
        text.push('+');
    }
    text
}
