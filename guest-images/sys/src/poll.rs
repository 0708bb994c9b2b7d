//! Waiting for descriptors, signals and time.

use crate::errno::{Errno, Result};
use crate::{PollFd, SigSet, raw};

pub const POLLIN: u16 = 1;
pub const POLLOUT: u16 = 4;
pub const POLLERR: u16 = 8;
pub const POLLHUP: u16 = 16;
pub const POLLNVAL: u16 = 32;

/// Waits until a descriptor is ready, the time is over (0 ready), or a caught signal arrives (EINTR). `None` waits forever.
///
/// With `mask`, those signals alone are blocked during the call, atomically.
pub fn ppoll(
    fds: &mut [PollFd],
    timeout: Option<core::time::Duration>,
    mask: Option<SigSet>,
) -> Result<usize> {
    let timeout = timeout.map_or(-1, |time| {
        i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
    });
    let mask = mask.map(|set| set.0);
    let pointer = mask
        .as_ref()
        .map_or(core::ptr::null(), |set| set as *const u64);
    let mut ready = 0;
    Errno::check(unsafe { raw::ppoll(fds.as_mut_ptr(), fds.len(), timeout, pointer, &mut ready) })?;
    Ok(ready as usize)
}

/// Sleeps, or ends early with EINTR.
pub fn sleep(time: core::time::Duration) -> Result<()> {
    ppoll(&mut [], Some(time), None).map(|_| ())
}

/// Waits for a caught signal with `mask` blocked meanwhile. Always ends with EINTR.
pub fn sigsuspend(mask: SigSet) -> Errno {
    ppoll(&mut [], None, Some(mask))
        .err()
        .unwrap_or(Errno::EINTR)
}
