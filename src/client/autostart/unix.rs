//! Unix: a process group of its own, so that Ctrl-C at the terminal does not reach the engine.

use std::os::unix::process::CommandExt;
use std::process::Command;

pub fn detach(command: &mut Command) {
    command.process_group(0);
}
