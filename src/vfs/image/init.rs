//! The init layer: what dockerd puts between an image and a container's own files, invisible to `diff`.
//!
//! Mount points and the generated files of /etc must exist in every image. As Docker does, a file or symlink that
//! stands in the way is replaced, so an image cannot redirect /etc/hosts by a link.

use super::super::Time;

/// What an entry of the init layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitKind {
    /// A directory, 0755.
    Dir,
    /// An empty file, 0755 as Docker makes it.
    File,
    /// A symlink with its text.
    Symlink(String),
}

/// The init layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitLayer {
    /// Paths below the root, and what to make there.
    pub entries: Vec<(String, InitKind)>,
    /// The times of what is made.
    pub time: Time,
}

impl InitLayer {
    /// Nothing: the image as it is, for `save` and `export` of images.
    pub fn none() -> InitLayer {
        InitLayer::default()
    }

    /// What dockerd's `initlayer.Setup` makes.
    pub fn docker(time: Time) -> InitLayer {
        let dir = |path: &str| (path.to_owned(), InitKind::Dir);
        let file = |path: &str| (path.to_owned(), InitKind::File);
        InitLayer {
            entries: vec![
                dir("dev/pts"),
                dir("dev/shm"),
                dir("proc"),
                dir("sys"),
                file(".dockerenv"),
                file("etc/resolv.conf"),
                file("etc/hosts"),
                file("etc/hostname"),
                file("dev/console"),
                (
                    "etc/mtab".to_owned(),
                    InitKind::Symlink("/proc/mounts".to_owned()),
                ),
            ],
            time,
        }
    }
}
