//! Files of this machine on their way into and out of containers, for `cp`.
//!
//! `paths` holds Docker's rules for what a path means, `pack` makes a tar of local files, `unpack` puts a tar into a local
//! folder and never outside of it. Everything here waits for the disk: call it beside the tasks.

mod pack;
mod paths;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod unpack;

pub use pack::pack;
pub use paths::{
    Destination, Rename, Source, absolute, base, check_output, join_link, prepare, rebase_link,
    split_argument,
};
pub use unpack::unpack;

use std::io;

/// Go's words for a failed call: `lstat PATH: no such file or directory`.
fn failed(call: &str, path: &str, error: &io::Error) -> io::Error {
    use io::ErrorKind::{AlreadyExists, NotADirectory, NotFound, PermissionDenied, StorageFull};
    let words = match error.kind() {
        NotFound => "no such file or directory".to_owned(),
        PermissionDenied => "permission denied".to_owned(),
        NotADirectory => "not a directory".to_owned(),
        AlreadyExists => "file exists".to_owned(),
        StorageFull => "no space left on device".to_owned(),
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("{call} {path}: {words}"))
}
