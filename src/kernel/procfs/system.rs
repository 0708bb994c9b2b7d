//! The files of the system as a whole: of this sandbox, never of the host.

use super::process::ticks;
use super::{OSRELEASE, OSTYPE, VERSION, View};
use crate::kernel::sandbox::Sandbox;
use rand::RngCore;
use std::fmt::Write;
use std::sync::Arc;

/// The memory that an unlimited container is told of: what one program can address.
const UNLIMITED: u64 = 4 << 30;

fn views(sandbox: &Sandbox) -> Vec<View> {
    let mut views = Vec::new();
    sandbox.table.each(|entry| views.push(View::new(entry)));
    views
}

pub(super) fn cmdline(_: &Arc<Sandbox>) -> String {
    "\n".to_owned()
}

pub(super) fn cpuinfo(sandbox: &Arc<Sandbox>) -> String {
    let mut text = String::new();
    let cpus = sandbox.cpus();
    for number in cpus.iter() {
        let _ = write!(
            text,
            "processor\t: {number}\nvendor_id\t: WebAssembly\nmodel name\t: wasm32 virtual CPU\ncpu cores\t: {}\nflags\t\t: simd128\n\n",
            cpus.len()
        );
    }
    text
}

pub(super) fn filesystems(_: &Arc<Sandbox>) -> String {
    ["proc", "tmpfs", "devtmpfs", "devpts", "overlay"]
        .map(|name| format!("nodev\t{name}\n"))
        .concat()
}

/// Averages are not kept: only the counts are real.
pub(super) fn loadavg(sandbox: &Arc<Sandbox>) -> String {
    let views = views(sandbox);
    let running = views.iter().filter(|view| view.letter() == 'R').count();
    let last = views.iter().map(|view| view.process.pid).max().unwrap_or(0);
    format!("0.00 0.00 0.00 {running}/{} {last}\n", views.len())
}

/// The container's limit is its total, so that `free` tells what there is to use.
pub(super) fn meminfo(sandbox: &Arc<Sandbox>) -> String {
    let total = sandbox.memory.limit().unwrap_or(UNLIMITED) / 1024;
    let free = total.saturating_sub(sandbox.memory.used() / 1024);
    let mut text = String::new();
    for (name, size) in [
        ("MemTotal:", total),
        ("MemFree:", free),
        ("MemAvailable:", free),
        ("Buffers:", 0),
        ("Cached:", 0),
        ("SwapCached:", 0),
        ("Active:", total - free),
        ("Inactive:", 0),
        ("SwapTotal:", 0),
        ("SwapFree:", 0),
        ("Dirty:", 0),
        ("Writeback:", 0),
        ("AnonPages:", total - free),
        ("Mapped:", 0),
        ("Shmem:", 0),
        ("Slab:", 0),
        ("SReclaimable:", 0),
        ("SUnreclaim:", 0),
    ] {
        let _ = writeln!(text, "{name:<16}{size:8} kB");
    }
    text
}

pub(super) fn stat(sandbox: &Arc<Sandbox>) -> String {
    let clock = sandbox.machine.clock();
    let uptime = clock.monotonic();
    let cpus = sandbox.cpus();
    let count = u64::from(cpus.len());
    let user = ticks(sandbox.usage().cpu_ns);
    let idle = (ticks(uptime) * count).saturating_sub(user);
    let views = views(sandbox);
    let running = views.iter().filter(|view| view.letter() == 'R').count();
    let started = views.iter().map(|view| view.process.pid).max().unwrap_or(0);
    let mut text = format!("cpu  {user} 0 0 {idle} 0 0 0 0 0 0\n");
    for number in cpus.iter() {
        let _ = writeln!(
            text,
            "cpu{number} {} 0 0 {} 0 0 0 0 0 0",
            user / count,
            idle / count
        );
    }
    let boot = (clock.realtime() / 1_000_000_000).saturating_sub_unsigned(uptime / 1_000_000_000);
    let _ = write!(
        text,
        "intr 0\nctxt 0\nbtime {boot}\nprocesses {started}\nprocs_running {running}\nprocs_blocked 0\n"
    );
    text
}

pub(super) fn swaps(_: &Arc<Sandbox>) -> String {
    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n".to_owned()
}

pub(super) fn uptime(sandbox: &Arc<Sandbox>) -> String {
    let up = sandbox.machine.clock().monotonic();
    let idle = (up * u64::from(sandbox.cpus().len())).saturating_sub(sandbox.usage().cpu_ns);
    let show = |ns: u64| format!("{}.{:02}", ns / 1_000_000_000, ns / 10_000_000 % 100);
    format!("{} {}\n", show(up), show(idle))
}

pub(super) fn version(_: &Arc<Sandbox>) -> String {
    format!("{OSTYPE} version {OSRELEASE} (schooner) (WebAssembly) {VERSION}\n")
}

pub(super) fn kernel_version(_: &Arc<Sandbox>) -> String {
    format!("{VERSION}\n")
}

pub(super) fn ostype(_: &Arc<Sandbox>) -> String {
    format!("{OSTYPE}\n")
}

pub(super) fn osrelease(_: &Arc<Sandbox>) -> String {
    format!("{OSRELEASE}\n")
}

pub(super) fn hostname(sandbox: &Arc<Sandbox>) -> String {
    format!("{}\n", sandbox.hostname.lock())
}

pub(super) fn domainname(sandbox: &Arc<Sandbox>) -> String {
    match sandbox.domainname.as_str() {
        "" => "(none)\n".to_owned(),
        name => format!("{name}\n"),
    }
}

pub(super) fn pid_max(_: &Arc<Sandbox>) -> String {
    "4194304\n".to_owned()
}

/// A random UUID, version 4, another one at each read.
pub(super) fn uuid(_: &Arc<Sandbox>) -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text + "\n"
}
