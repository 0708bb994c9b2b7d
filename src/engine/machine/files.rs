//! The few file operations that the engine itself does in a container's tree, as root.

use crate::base::errno::Errno;
use crate::vfs::{Cred, Namespace, OpenOptions, Result};

/// The longest file that is read whole.
const LONGEST: usize = 4 << 20;

/// `mkdir -p` with mode 0755. `ENOTDIR` where a file is in the way.
pub fn make_dirs(namespace: &Namespace, path: &str) -> Result<()> {
    let root = Cred::root();
    let mut at = String::new();
    for name in path.split('/').filter(|n| !n.is_empty() && *n != ".") {
        at.push('/');
        at.push_str(name);
        match namespace.stat(&root, "/", &at, true) {
            Ok(attr) if attr.is_dir() => {}
            Ok(_) => return Err(Errno::Notdir),
            Err(Errno::Noent) => namespace.mkdir(&root, "/", &at, 0o755)?,
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The whole of a small file.
pub fn read(namespace: &Namespace, path: &str) -> Result<Vec<u8>> {
    let file = namespace.open(
        &Cred::root(),
        "/",
        path,
        &OpenOptions {
            read: true,
            ..OpenOptions::default()
        },
    )?;
    if !matches!(file.attr()?.kind, crate::vfs::Kind::File) {
        return Err(Errno::Inval);
    }
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while bytes.len() < LONGEST {
        match file.read_at(bytes.len() as u64, &mut buffer)? {
            0 => break,
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(bytes)
}
