//! Where an engine lives: its state folder and the address that its clients use when none is given.
//!
//! Pure rules over the environment; creating folders is left to `store`, opening sockets to `server` and `client`.

use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};

/// Names the state folder explicitly; tests and classrooms with several engines set it.
pub const HOME_VARIABLE: &str = "SCHOONER_HOME";

/// The longest path that `sockaddr_un` takes on every Unix (macOS has the smallest, 104 with the terminator).
const LONGEST_SOCKET_PATH: usize = 103;

/// Returns the state folder: `SCHOONER_HOME`, or `schooner` in the platform's local data folder.
///
/// `None` only where the platform names no home folder for the user.
pub fn state_dir() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os(HOME_VARIABLE).filter(|d| !d.is_empty()) {
        return Some(std::path::absolute(&dir).unwrap_or_else(|_| PathBuf::from(dir)));
    }
    let platform = etcetera::choose_base_strategy().ok()?;
    // On Windows `data_dir` is the roaming profile; an engine's state belongs to one machine.
    let base = platform
        .cache_dir()
        .parent()
        .filter(|_| cfg!(windows))
        .map(Path::to_path_buf);
    Some(base.unwrap_or_else(|| platform.data_dir()).join("schooner"))
}

/// Returns the user's own folder, where other programs keep their configuration too.
pub fn user_dir() -> Option<PathBuf> {
    etcetera::home_dir().ok()
}

/// Returns the address of the engine that owns `state`, as `--host` writes it.
///
/// A folder too deep for a socket path gets a short socket folder under the system's temporary one, named by the
/// folder's digest, so that two engines never share an address.
pub fn endpoint(state: &Path) -> String {
    if cfg!(windows) {
        return format!("npipe:////./pipe/schooner-{}", fingerprint(state));
    }
    let inside = state.join("run").join("engine.sock");
    if inside.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return format!("unix://{}", inside.display());
    }
    let short = std::env::temp_dir().join(format!("schooner-{}", fingerprint(state)));
    format!("unix://{}", short.join("engine.sock").display())
}

/// The first 16 hex digits of the path's SHA-256.
fn fingerprint(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    let sum = Sha256::digest(path.to_string_lossy().as_bytes());
    sum.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_deep_folder_still_has_an_address_that_a_socket_can_take() {
        let deep = PathBuf::from(format!("/{}", "d/".repeat(80)));
        let host = endpoint(&deep);
        let path = host.strip_prefix("unix://").expect("a unix address");
        assert!(path.len() <= LONGEST_SOCKET_PATH, "{path}");
        assert_ne!(
            host,
            endpoint(&deep.join("e")),
            "two folders, two addresses"
        );
    }

    #[test]
    #[cfg(unix)]
    fn the_socket_lies_in_the_state_folder() {
        assert_eq!(
            endpoint(Path::new("/home/ada/.local/share/schooner")),
            "unix:///home/ada/.local/share/schooner/run/engine.sock"
        );
    }
}
