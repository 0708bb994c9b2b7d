//! The guest's side of Schooner's system calls: what WASI preview1 lacks, as safe functions.
//!
//! A program's `main` begins with [`start`], which fetches the inherited cwd. Numbers and bit values (signals, `O_*`, modes,
//! termios) are those of Linux x86-64; only error numbers are WASI's. Raw imports are in [`raw`]; the structures that cross
//! the border are in [`types`]. Works without std (`default-features = false`); `execve` and `getcwd` need `alloc`.
//!
//! Link with `--export=__stack_pointer --export-if-defined=__clone_entry` (this workspace's `.cargo/config.toml` does).
#![cfg_attr(not(feature = "std"), no_std)]
extern crate alloc;

pub mod errno;
pub mod file;
pub mod poll;
pub mod process;
pub mod raw;
pub mod signal;
pub mod socket;
pub mod system;
pub mod terminal;
pub mod types;

pub use errno::{Errno, Result};
pub use file::*;
pub use poll::*;
pub use process::*;
pub use signal::*;
pub use system::*;
pub use terminal::*;
pub use types::*;
