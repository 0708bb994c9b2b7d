//! The engine's process id in the state folder, for `engine status` and for people with a task manager.
//!
//! Only a note: who owns the folder is decided by the store's lock.

use std::path::{Path, PathBuf};

/// The note's name in the state folder.
const FILE: &str = "engine.pid";

/// The note, taken away when the engine leaves in good order.
pub struct PidFile(PathBuf);

impl PidFile {
    /// Writes the note; an engine that cannot is none the worse.
    pub fn write(state: &Path) -> Self {
        let path = state.join(FILE);
        if let Err(e) = std::fs::write(&path, format!("{}\n", std::process::id())) {
            tracing::warn!("cannot note the process id in {}: {e}", path.display());
        }
        Self(path)
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
