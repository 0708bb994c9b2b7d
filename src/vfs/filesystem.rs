//! The trait of one mountable tree. Inode based, like FUSE: paths, permissions and mounts are the namespace's.
//!
//! A filesystem checks structure (kinds, emptiness, loops, names in use) under its own lock; it never checks
//! who is asking. Every call is synchronous and may come from any thread.

use super::types::{Attr, ContentId, DirEntry, Ino, Make, Result, SetAttr, StatFs};

/// Where following a symbolic link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Ordinary text, resolved from the link's directory.
    Text(String),
    /// The link is its own end: something without a name stands behind it (`/proc/self/fd/1` → a pipe).
    /// Resolving stops at the link and the kernel opens what it stands for.
    Itself,
}

/// One mountable tree.
pub trait Filesystem: Send + Sync {
    /// The type in `/proc/mounts`.
    fn type_name(&self) -> &'static str;

    /// The root directory.
    fn root(&self) -> Ino;

    /// The node under a name; never called with `.` or `..`.
    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino>;

    /// What is known of a node.
    fn attr(&self, ino: Ino) -> Result<Attr>;

    /// Changes attributes; `size` truncates or extends.
    fn set_attr(&self, ino: Ino, set: &SetAttr) -> Result<()>;

    /// Up to `max` entries after `cookie` (0 = from the start), without `.` and `..`. An entry that exists
    /// throughout a walk is seen exactly once, whatever happens to the others.
    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>>;

    /// The directory that holds a directory; the root is its own.
    fn parent(&self, dir: Ino) -> Result<Ino>;

    /// The text of a symlink.
    fn read_link(&self, ino: Ino) -> Result<String>;

    /// Where following a symlink leads.
    fn follow(&self, ino: Ino) -> Result<Follow> {
        self.read_link(ino).map(Follow::Text)
    }

    /// The attributes of what stands behind a link that is `Follow::Itself`.
    fn followed_attr(&self, ino: Ino) -> Result<Attr> {
        self.attr(ino)
    }

    /// Makes a node.
    fn make(&self, dir: Ino, name: &str, what: &Make) -> Result<Ino>;

    /// Gives a file one more name.
    fn link(&self, ino: Ino, dir: Ino, name: &str) -> Result<()>;

    /// Takes the name from anything but a directory.
    fn unlink(&self, dir: Ino, name: &str) -> Result<()>;

    /// Removes an empty directory.
    fn rmdir(&self, dir: Ino, name: &str) -> Result<()>;

    /// Moves a name, replacing what stands there unless `noreplace`.
    fn rename(
        &self,
        old_dir: Ino,
        old_name: &str,
        new_dir: Ino,
        new_name: &str,
        noreplace: bool,
    ) -> Result<()>;

    /// Reads; 0 means the end.
    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize>;

    /// Writes; may be short when space runs out.
    fn write(&self, ino: Ino, offset: u64, buf: &[u8]) -> Result<usize>;

    /// Writes at the end, in one step with finding it. Answers where the bytes went and how many.
    fn append(&self, ino: Ino, buf: &[u8]) -> Result<(u64, usize)> {
        let end = self.attr(ino)?.size;
        Ok((end, self.write(ino, end, buf)?))
    }

    /// Brings a node's contents and attributes to the disk.
    fn sync(&self, ino: Ino) -> Result<()>;

    /// One more open file: an unlinked node lives until the last release.
    fn hold(&self, ino: Ino);

    /// One open file less.
    fn release(&self, ino: Ino);

    /// Sizes and free space.
    fn statfs(&self) -> StatFs;

    /// Names a file's bytes when they are still those of the image.
    fn content_id(&self, ino: Ino) -> Option<ContentId>;
}
