//! The secret that TCP clients show: made once, kept in the state folder, readable by its owner alone.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

/// The token's file in the state folder.
pub const FILE: &str = "token";

/// Reads the token, making it on first use.
pub fn load(state: &Path) -> io::Result<String> {
    let path = state.join(FILE);
    let mut text = String::new();
    match OpenOptions::new().read(true).open(&path) {
        Ok(mut file) => {
            file.read_to_string(&mut text)?;
            if text.trim().len() >= 32 {
                return Ok(text.trim().to_owned());
            }
            std::fs::remove_file(&path)?;
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let token: String = (0..32)
        .map(|_| format!("{:02x}", rand::random::<u8>()))
        .collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(token.as_bytes())?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_the_same_and_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = load(folder.path()).expect("made");
        assert_eq!(first.len(), 64);
        assert_eq!(load(folder.path()).expect("kept"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let mode = std::fs::metadata(folder.path().join(FILE))
                .expect("there")
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
