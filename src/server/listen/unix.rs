//! Unix: a socket file, mode 0600 in a folder of mode 0700 that belongs to the caller.

use super::Stream;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

pub struct Local {
    listener: UnixListener,
    path: PathBuf,
}

impl Local {
    /// Binds a socket file. A dead engine's file is replaced: the state folder's lock says that no other engine
    /// of this folder lives.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let meta = fs::symlink_metadata(folder)?;
        if meta.uid() == rustix::process::geteuid().as_raw()
            && meta.mode() & 0o1000 == 0
            && folder.ends_with("run")
        {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        if fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
            fs::remove_file(path)?;
        }
        // Between bind and chmod the folder's mode guards the socket; elsewhere the umask does.
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = bound?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    pub fn pipe(_name: &str) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "named pipes exist on Windows only",
        ))
    }

    pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.listener.accept().await?.0))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // A leftover file does no harm: the next engine replaces it.
        let _ = fs::remove_file(&self.path);
    }
}
