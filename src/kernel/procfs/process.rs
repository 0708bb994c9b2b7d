//! The files of one process, in the formats of proc(5).

use super::{HZ, View};
use crate::base::capability::Capabilities;
use crate::kernel::process::Rlimits;
use crate::kernel::sandbox::Sandbox;
use crate::kernel::table::RunState;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes of a page in these files.
const PAGE: u64 = 4096;

pub(super) fn ticks(ns: u64) -> u64 {
    ns / (1_000_000_000 / HZ)
}

/// The strings of a vector, each ended by a NUL.
fn nul_ended(strings: &[String]) -> Vec<u8> {
    strings
        .iter()
        .flat_map(|text| text.bytes().chain([0]))
        .collect()
}

pub(super) fn cmdline(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    match view.is_zombie() {
        true => Vec::new(),
        false => nul_ended(&view.process.image.lock().argv),
    }
}

pub(super) fn environ(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    match view.is_zombie() {
        true => Vec::new(),
        false => nul_ended(&view.process.image.lock().env),
    }
}

pub(super) fn comm(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    format!("{}\n", view.process.comm()).into_bytes()
}

pub(super) fn cwd(view: &View) -> String {
    view.process.cwd()
}

pub(super) fn exe(view: &View) -> String {
    view.process.image.lock().exe.clone()
}

pub(super) fn root(_: &View) -> String {
    "/".to_owned()
}

pub(super) fn cgroup(_: &Arc<Sandbox>, _: &View) -> Vec<u8> {
    b"0::/\n".to_vec()
}

/// Linear memory has no map to show.
pub(super) fn maps(_: &Arc<Sandbox>, _: &View) -> Vec<u8> {
    Vec::new()
}

pub(super) fn zero(_: &Arc<Sandbox>, _: &View) -> Vec<u8> {
    b"0\n".to_vec()
}

pub(super) fn statm(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    let pages = view.process.usage.memory().div_ceil(PAGE);
    format!("{pages} {pages} 0 0 0 {pages} 0\n").into_bytes()
}

/// The 52 fields, numbered as in proc(5).
pub(super) fn stat(sandbox: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    let process = &view.process;
    let usage = &process.usage;
    let terminal = sandbox.table.terminal_of(process.pid);
    let tty = terminal
        .as_ref()
        .and_then(|terminal| sandbox.terminal_index(terminal));
    let tty_number = tty.map_or(0, |index| 136 << 8 | index);
    let foreground = terminal
        .and_then(|terminal| terminal.foreground())
        .map_or(-1, i64::from);
    let nice = process.nice.load(Ordering::Relaxed);
    let [pending, blocked, ignored, caught] = process.signals.sets().map(|set| set.0);
    let exit_code = match view.state {
        RunState::Zombie(status) => crate::kernel::status::Change::Ended(status).wstatus(),
        _ => 0,
    };
    let mut text = format!("{} ({}) {}", process.pid, process.comm(), view.letter());
    let mut add = |fields: &[i64]| {
        for field in fields {
            let _ = write!(text, " {field}");
        }
    };
    // 4–13: ppid pgrp session tty_nr tpgid flags, then four kinds of page faults.
    add(&[
        view.ppid.into(),
        view.pgrp.into(),
        view.sid.into(),
        tty_number.into(),
        foreground,
        0,
        0,
        0,
        0,
        0,
    ]);
    // 14–20: utime stime cutime cstime priority nice num_threads.
    add(&[
        ticks(usage.cpu_ns()) as i64,
        0,
        ticks(usage.children_cpu_ns()) as i64,
        0,
    ]);
    add(&[i64::from(20 + nice), nice.into(), 1]);
    // 21–25: itrealvalue starttime vsize rss rsslim.
    let memory = usage.memory() as i64;
    add(&[
        0,
        ticks(process.started) as i64,
        memory,
        memory / PAGE as i64,
        i64::MAX,
    ]);
    // 26–37: addresses, the four signal sets, wchan, swap.
    add(&[0, 0, 0, 0, 0]);
    add(&[
        pending as i64,
        blocked as i64,
        ignored as i64,
        caught as i64,
    ]);
    add(&[0, 0, 0]);
    // 38–52: exit_signal processor rt_priority policy … exit_code.
    add(&[17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, exit_code.into()]);
    text.push('\n');
    text.into_bytes()
}

pub(super) fn status(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    let process = &view.process;
    let identity = process.identity.lock().clone();
    let state = match view.letter() {
        'R' => "R (running)",
        'T' => "T (stopped)",
        'Z' => "Z (zombie)",
        _ => "S (sleeping)",
    };
    let umask = process.paths.lock().umask;
    let cred = &identity.cred;
    let ids = |real: u32, effective: u32, saved: u32| {
        format!("{real}\t{effective}\t{saved}\t{effective}")
    };
    let groups: String = cred.groups.iter().map(|gid| format!("{gid} ")).collect();
    let (pid, ppid) = (process.pid, view.ppid);
    let mut text = format!(
        "Name:\t{}\nUmask:\t{umask:04o}\nState:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{ppid}\nTracerPid:\t0\n\
         Uid:\t{}\nGid:\t{}\nFDSize:\t64\nGroups:\t{groups}\nNStgid:\t{pid}\nNSpid:\t{pid}\nNSpgid:\t{}\nNSsid:\t{}\n",
        process.comm(),
        ids(identity.uid, cred.uid, identity.saved_uid),
        ids(identity.gid, cred.gid, identity.saved_gid),
        view.pgrp,
        view.sid,
    );
    // A zombie has no memory left to tell of.
    if !view.is_zombie() {
        let (now, peak) = (process.usage.memory() / 1024, process.usage.peak() / 1024);
        for (name, size) in [
            ("VmPeak", peak),
            ("VmSize", now),
            ("VmHWM", peak),
            ("VmRSS", now),
            ("VmData", now),
            ("VmSwap", 0),
        ] {
            let _ = writeln!(text, "{name}:\t{size:8} kB");
        }
    }
    let [pending, blocked, ignored, caught] = process.signals.sets().map(|set| set.0);
    let _ = write!(
        text,
        "Threads:\t1\nSigQ:\t0/1024\nSigPnd:\t{pending:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{blocked:016x}\nSigIgn:\t{ignored:016x}\n\
         SigCgt:\t{caught:016x}\n",
        0
    );
    let (none, powers) = (Capabilities::NONE, cred.effective());
    for (name, set) in [
        ("CapInh", none),
        ("CapPrm", powers),
        ("CapEff", powers),
        ("CapBnd", cred.powers),
        ("CapAmb", none),
    ] {
        let _ = writeln!(text, "{name}:\t{set:016x}");
    }
    let _ = writeln!(text, "NoNewPrivs:\t{}", u8::from(cred.locked));
    text.push_str("Seccomp:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    text.into_bytes()
}

/// Name and unit of each limit, in the order of the numbers.
const LIMITS: [(&str, &str); Rlimits::COUNT] = [
    ("Max cpu time", "seconds"),
    ("Max file size", "bytes"),
    ("Max data size", "bytes"),
    ("Max stack size", "bytes"),
    ("Max core file size", "bytes"),
    ("Max resident set", "bytes"),
    ("Max processes", "processes"),
    ("Max open files", "files"),
    ("Max locked memory", "bytes"),
    ("Max address space", "bytes"),
    ("Max file locks", "locks"),
    ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"),
    ("Max nice priority", ""),
    ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
];

pub(super) fn limits(_: &Arc<Sandbox>, view: &View) -> Vec<u8> {
    let limits = view.process.limits.lock().clone();
    let show = |value: u64| match value {
        Rlimits::INFINITY => "unlimited".to_owned(),
        value => value.to_string(),
    };
    let mut text = format!(
        "{:<25} {:<20} {:<20} {:<10}\n",
        "Limit", "Soft Limit", "Hard Limit", "Units"
    );
    for ((name, unit), (soft, hard)) in LIMITS.iter().zip(limits.0) {
        let _ = writeln!(
            text,
            "{name:<25} {:<20} {:<20} {unit:<10}",
            show(soft),
            show(hard)
        );
    }
    text.into_bytes()
}
