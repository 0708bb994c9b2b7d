//! Unix: a process group of its own, so that Ctrl-C at the terminal does not reach the engine; a private log.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub fn detach(command: &mut Command) {
    command.process_group(0);
}

/// The log may quote what containers are called and run.
pub fn owner_only(options: &mut OpenOptions) {
    options.mode(0o600);
}
