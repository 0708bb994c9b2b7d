//! `top`: batch and on the terminal, in busybox's or procps' shape.

use applet::keys::{Key, Raw};
use applet::proc::{self, Process};
use applet::{busybox, flush, getopt, os, out, time, users};
use std::collections::HashMap;
use std::time::{Duration, Instant};

struct Sample {
    ticks: HashMap<i32, u64>,
    at: Instant,
}

fn ticks(list: &[Process]) -> HashMap<i32, u64> {
    list.iter().map(|p| (p.pid, p.utime + p.stime)).collect()
}

/// `top`.
pub fn main(argv: &[String]) -> i32 {
    let long = &[("batch-mode", 'b'), ("iterations", 'n'), ("delay", 'd')];
    let args = getopt(
        argv,
        "bn:d:cHimo:p:u:w::",
        long,
        "top [-b] [-n COUNT] [-d SECONDS]",
    );
    let batch = args.has('b') || !os::is_terminal(1);
    let rounds: usize = args
        .value('n')
        .and_then(|text| text.parse().ok())
        .unwrap_or(usize::MAX);
    let pause: f64 = args
        .value('d')
        .and_then(|text| text.parse().ok())
        .unwrap_or(if busybox() { 5.0 } else { 3.0 });
    let raw = (!batch).then(Raw::open);
    let mut sample = Sample {
        ticks: HashMap::new(),
        at: Instant::now(),
    };
    let mut order = 'P';
    let mut left = rounds;
    while left > 0 {
        let (rows, columns) = raw.as_ref().map_or((usize::MAX, 512), Raw::size);
        if raw.is_some() {
            out().text("\x1b[H\x1b[J");
        }
        let lines = screen(&mut sample, order);
        let end = if raw.is_some() { "\r\n" } else { "\n" };
        for (at, line) in lines.iter().take(rows.saturating_sub(1)).enumerate() {
            let cut: String = line.chars().take(columns).collect();
            let header = line.trim_start().starts_with("PID ");
            if header && raw.is_some() {
                write!(
                    out(),
                    "{}\x1b[7m{cut:<w$}\x1b[m",
                    if at > 0 { end } else { "" },
                    w = columns.min(200)
                );
            } else {
                write!(out(), "{}{cut}", if at > 0 { end } else { "" });
            }
        }
        if raw.is_none() {
            out().text("\n");
        }
        flush();
        left -= 1;
        if left == 0 {
            break;
        }
        match &raw {
            None => {
                if !busybox() {
                    out().text("\n");
                }
                std::thread::sleep(Duration::from_secs_f64(pause));
            }
            Some(raw) => match raw.key(Some(Duration::from_secs_f64(pause))) {
                Key::Char('q') | Key::Ctrl('c') | Key::Closed => break,
                Key::Char(letter @ ('M' | 'P' | 'N' | 'T')) => order = letter,
                _ => {}
            },
        }
    }
    if raw.is_some() {
        out().text("\r\n");
    }
    drop(raw);
    flush();
    0
}

fn screen(sample: &mut Sample, order: char) -> Vec<String> {
    let mut list = proc::processes();
    let now = ticks(&list);
    let seconds = sample.at.elapsed().as_secs_f64();
    let uptime = proc::uptime();
    let first = sample.ticks.is_empty();
    // The first screen shows the average since each process began, later ones what happened meanwhile.
    let usage: HashMap<i32, f64> = list
        .iter()
        .map(|p| {
            let used = p.utime + p.stime;
            let (used, time) = if first {
                (used, uptime - p.start as f64 / 100.0)
            } else {
                (
                    used.saturating_sub(*sample.ticks.get(&p.pid).unwrap_or(&0)),
                    seconds,
                )
            };
            (p.pid, used as f64 / time.max(0.01))
        })
        .collect();
    *sample = Sample {
        ticks: now,
        at: Instant::now(),
    };
    let share = |p: &Process| usage.get(&p.pid).copied().unwrap_or(0.0);
    match order {
        'M' => list.sort_by_key(|p| std::cmp::Reverse(p.rss)),
        'N' => list.sort_by_key(|p| std::cmp::Reverse(p.pid)),
        'T' => list.sort_by_key(|p| std::cmp::Reverse(p.utime + p.stime)),
        _ => list.sort_by(|a, b| share(b).total_cmp(&share(a))),
    }
    let memory = |field| proc::memory(field);
    let (total, free, buffers, cached) = (
        memory("MemTotal"),
        memory("MemFree"),
        memory("Buffers"),
        memory("Cached") + memory("SReclaimable"),
    );
    let available = memory("MemAvailable").max(free);
    let load = proc::load();
    let count = |state: char| list.iter().filter(|p| p.state == state).count();
    let busy: f64 = (usage.values().sum::<f64>() / proc::processors() as f64).min(100.0);
    if busybox() {
        let mut lines = vec![
            format!(
                "Mem: {}K used, {}K free, {}K shrd, {}K buff, {}K cached",
                total.saturating_sub(free),
                free,
                memory("Shmem"),
                buffers,
                cached
            ),
            format!(
                "CPU: {busy:>3.0}% usr   0% sys   0% nic {:>3.0}% idle   0% io   0% irq   0% sirq",
                100.0 - busy
            ),
            format!("Load average: {}", load.join(" ")),
            "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND".to_string(),
        ];
        for p in &list {
            let size = p.vsize / 1024;
            let size = if size > 99_999 {
                format!("{}m", size / 1024)
            } else {
                size.to_string()
            };
            let user: String = users::user_text(p.uid).chars().take(8).collect();
            lines.push(format!(
                "{:>5} {:>5} {user:<8} {:<4} {size:>5} {:>3}% {:>3} {:>3.0}% {}",
                p.pid,
                p.ppid,
                p.state,
                (p.vsize / 1024 * 100 / total.max(1)).min(999),
                0,
                share(p),
                p.command()
            ));
        }
        return lines;
    }
    let mib = |kib: u64| kib as f64 / 1024.0;
    let up = uptime as u64;
    let up_text = match (up / 86_400, up / 3600 % 24, up / 60 % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours:2}:{minutes:02}"),
        (days, hours, minutes) => format!(
            "{days} day{}, {hours:2}:{minutes:02}",
            if days == 1 { "" } else { "s" }
        ),
    };
    let mut lines = vec![
        format!(
            "top - {} up {up_text},  0 user,  load average: {}",
            time::format("%H:%M:%S", &time::civil(time::now())),
            load.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
        ),
        format!(
            "Tasks: {:>3} total, {:>3} running, {:>3} sleeping, {:>3} stopped, {:>3} zombie",
            list.len(),
            count('R'),
            count('S') + count('D') + count('I'),
            count('T'),
            count('Z')
        ),
        format!(
            "%Cpu(s): {busy:>4.1} us,  0.0 sy,  0.0 ni,{:>5.1} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st ",
            100.0 - busy
        ),
        format!(
            "MiB Mem : {:>8.1} total, {:>8.1} free, {:>8.1} used, {:>8.1} buff/cache     ",
            mib(total),
            mib(free),
            mib(total - available.min(total)),
            mib(buffers + cached)
        ),
        format!(
            "MiB Swap: {:>8.1} total, {:>8.1} free, {:>8.1} used. {:>8.1} avail Mem ",
            0.0,
            0.0,
            0.0,
            mib(available)
        ),
        String::new(),
        "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND"
            .to_string(),
    ];
    for p in &list {
        let ticks = p.utime + p.stime;
        let user: String = users::user_text(p.uid).chars().take(8).collect();
        lines.push(format!(
            "{:>7} {user:<8} {:>3} {:>3} {:>7} {:>6} {:>6} {} {:>5.1} {:>5.1} {:>9} {}",
            p.pid,
            20 + p.nice,
            p.nice,
            p.vsize / 1024,
            p.rss / 1024,
            0,
            p.state,
            share(p),
            (p.rss / 1024) as f64 * 100.0 / total.max(1) as f64,
            format!(
                "{}:{:02}.{:02}",
                ticks / 6000,
                ticks / 100 % 60,
                ticks % 100
            ),
            p.name
        ));
    }
    lines
}
