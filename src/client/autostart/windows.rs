//! Windows: no console, and a process group of its own, so that Ctrl-C does not reach the engine.

use std::fs::OpenOptions;
use std::os::windows::process::CommandExt;
use std::process::Command;
use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

pub fn detach(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
}

/// The user's profile is private already.
pub fn owner_only(_options: &mut OpenOptions) {}
