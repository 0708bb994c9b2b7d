//! macOS tells it in pages.

/// Bytes of memory; 0 if the system does not tell.
pub fn total() -> i64 {
    // SAFETY: `sysconf` takes a number and gives one.
    let (pages, size) = unsafe {
        (
            libc::sysconf(libc::_SC_PHYS_PAGES),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    if pages < 0 || size < 0 {
        return 0;
    }
    pages.saturating_mul(size)
}
