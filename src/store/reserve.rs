//! A file that is given up when the disk is full, so that deleting can still be recorded.

use super::disk::{Disk, Open};
use super::paths;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Enough for the pages of many record changes.
const BYTES: usize = 1 << 20;

#[derive(Clone, Debug, Default)]
pub(super) struct Reserve {
    there: Arc<AtomicBool>,
}

impl Reserve {
    /// Makes the file unless it is there. A full disk leaves none, which is no error.
    pub fn fill(&self, disk: &dyn Disk) {
        let whole = |len| len == BYTES as u64;
        if matches!(disk.stat(paths::RESERVE), Ok(Some(item)) if whole(item.len)) {
            self.there.store(true, Ordering::Release);
            return;
        }
        // Zeroes would cost a compressing or sparse filesystem nothing, and so give nothing back.
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (seed >> 56) as u8
        })
        .take(BYTES)
        .collect();
        let written = disk
            .open(paths::RESERVE, Open::Create)
            .and_then(|file| file.write_at(0, &noise));
        match written {
            Ok(()) => self.there.store(true, Ordering::Release),
            Err(_) => {
                let _ = disk.remove(paths::RESERVE);
            }
        }
    }

    /// Gives the space back to the disk; false when there was none to give.
    pub fn release(&self, disk: &dyn Disk) -> bool {
        self.there.swap(false, Ordering::AcqRel) && disk.remove(paths::RESERVE).is_ok()
    }
}
