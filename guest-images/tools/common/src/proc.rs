//! What `/proc` tells about processes and memory.

use std::fs;

/// One process, from `/proc/PID/stat` and its neighbours.
#[derive(Clone, Debug, Default)]
pub struct Process {
    pub pid: i32,
    pub ppid: i32,
    pub pgrp: i32,
    pub session: i32,
    pub tty: i32,
    pub tty_group: i32,
    pub name: String,
    pub state: char,
    pub nice: i32,
    pub threads: u32,
    /// Ticks of 10 ms.
    pub utime: u64,
    pub stime: u64,
    /// Ticks since boot.
    pub start: u64,
    /// Bytes.
    pub vsize: u64,
    /// Bytes.
    pub rss: u64,
    pub uid: u32,
    pub gid: u32,
    pub args: Vec<String>,
}

impl Process {
    /// The command line, or `[name]` when there is none.
    pub fn command(&self) -> String {
        if self.args.is_empty() {
            format!("[{}]", self.name)
        } else {
            self.args.join(" ")
        }
    }

    /// The terminal as `ps` names it.
    pub fn terminal(&self) -> String {
        let (major, minor) = crate::os::device(self.tty as u32 as u64);
        match major {
            0 => "?".into(),
            136..=143 => format!("pts/{}", minor + (major - 136) * 256),
            4 => format!("tty{minor}"),
            _ => "console".into(),
        }
    }
}

fn read(path: &str) -> String {
    fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// One process; `None` when it is gone.
pub fn process(pid: i32) -> Option<Process> {
    let stat = read(&format!("/proc/{pid}/stat"));
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let rest: Vec<&str> = stat[close + 1..].split_whitespace().collect();
    let number = |at: usize| {
        rest.get(at)
            .and_then(|text| text.parse::<i64>().ok())
            .unwrap_or(0)
    };
    let mut process = Process {
        pid,
        name: stat[open + 1..close].to_string(),
        state: rest
            .first()
            .and_then(|text| text.chars().next())
            .unwrap_or('?'),
        ppid: number(1) as i32,
        pgrp: number(2) as i32,
        session: number(3) as i32,
        tty: number(4) as i32,
        tty_group: number(5) as i32,
        utime: number(11) as u64,
        stime: number(12) as u64,
        nice: number(16) as i32,
        threads: number(17) as u32,
        start: number(19) as u64,
        vsize: number(20) as u64,
        rss: number(21) as u64 * 4096,
        ..Process::default()
    };
    for line in read(&format!("/proc/{pid}/status")).lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Uid:") => {
                process.uid = words.next().and_then(|word| word.parse().ok()).unwrap_or(0)
            }
            Some("Gid:") => {
                process.gid = words.next().and_then(|word| word.parse().ok()).unwrap_or(0)
            }
            _ => {}
        }
    }
    let line = read(&format!("/proc/{pid}/cmdline"));
    process.args = line
        .trim_end_matches('\0')
        .split('\0')
        .filter(|_| !line.is_empty())
        .map(str::to_string)
        .collect();
    Some(process)
}

/// Every process, in the order of their numbers.
pub fn processes() -> Vec<Process> {
    let mut pids: Vec<i32> = fs::read_dir("/proc")
        .map(|dir| {
            dir.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .collect()
        })
        .unwrap_or_default();
    pids.sort_unstable();
    pids.into_iter().filter_map(process).collect()
}

/// A line of `/proc/meminfo`, in KiB.
pub fn memory(field: &str) -> u64 {
    read("/proc/meminfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix(field)?
                .strip_prefix(':')?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// Seconds since the sandbox began.
pub fn uptime() -> f64 {
    read("/proc/uptime")
        .split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0.0)
}

/// The line of `/proc/loadavg`.
pub fn load() -> Vec<String> {
    read("/proc/loadavg")
        .split_whitespace()
        .map(str::to_string)
        .collect()
}

/// The mounts: device, place, type, options.
pub fn mounts() -> Vec<[String; 4]> {
    read("/proc/mounts")
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').map(|word| word.replace("\\040", " "));
            Some([words.next()?, words.next()?, words.next()?, words.next()?])
        })
        .collect()
}

/// How many processors there are.
pub fn processors() -> usize {
    read("/proc/cpuinfo")
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count()
        .max(1)
}
