//! How much memory the machine has, which `info` and `stats` show.

#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "macos")]
pub use macos::total;
#[cfg(windows)]
pub use windows::total;

/// Bytes of memory; 0 where the system does not tell.
#[cfg(target_os = "linux")]
pub fn total() -> i64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<i64>().ok());
    kib.map_or(0, |kib| kib.saturating_mul(1024))
}

/// Bytes of memory; 0 where the system does not tell.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
pub fn total() -> i64 {
    0
}
