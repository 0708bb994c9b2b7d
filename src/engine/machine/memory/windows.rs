//! Windows tells it in a structure.

use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};

/// Bytes of memory; 0 if the call fails.
pub fn total() -> i64 {
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the structure is ours, and its length says so.
    let told = unsafe { GlobalMemoryStatusEx(&mut status) } != 0;
    if told {
        i64::try_from(status.ullTotalPhys).unwrap_or(i64::MAX)
    } else {
        0
    }
}
