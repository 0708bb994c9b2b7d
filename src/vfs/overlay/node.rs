//! The nodes of an overlay: those it has made and those that stand before the image's.
//!
//! A `Meta` shadows one inode number entirely. A directory's `Names` hold only what differs from the image: `None`
//! is a whiteout. So renaming a directory of the image moves one name, and hard links survive a copy-up.

use super::super::image::ImageTree;
use super::super::{Attr, Ino, Kind, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything about a node but a directory's names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meta {
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u64,
    pub atime: Time,
    pub mtime: Time,
    pub ctime: Time,
    pub body: Body,
}

/// What a node is, with what only this kind has.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Dir {
        parent: Ino,
    },
    /// A file whose bytes are still the image's.
    Image,
    /// A file whose bytes are the overlay's own.
    Own {
        size: u64,
    },
    Symlink(Arc<str>),
    Special {
        kind: Kind,
        rdev: (u32, u32),
    },
}

impl Meta {
    /// The image's node, to be changed.
    pub fn of_image(image: &ImageTree, ino: Ino) -> Option<Meta> {
        let attr = image.attr(ino)?;
        let body = match attr.kind {
            Kind::Dir => Body::Dir {
                parent: image.parent(ino)?,
            },
            Kind::File => Body::Image,
            Kind::Symlink => Body::Symlink(image.read_link(ino)?.into()),
            kind => Body::Special {
                kind,
                rdev: attr.rdev,
            },
        };
        Some(Meta {
            mode: attr.mode,
            uid: attr.uid,
            gid: attr.gid,
            nlink: attr.nlink,
            atime: attr.atime,
            mtime: attr.mtime,
            ctime: attr.ctime,
            body,
        })
    }

    pub fn kind(&self) -> Kind {
        match self.body {
            Body::Dir { .. } => Kind::Dir,
            Body::Image | Body::Own { .. } => Kind::File,
            Body::Symlink(_) => Kind::Symlink,
            Body::Special { kind, .. } => kind,
        }
    }

    pub fn is_dir(&self) -> bool {
        matches!(self.body, Body::Dir { .. })
    }

    /// Bytes as `stat` shows them.
    pub fn size(&self, image: &ImageTree, ino: Ino) -> u64 {
        match &self.body {
            Body::Dir { .. } => 4096,
            Body::Image => image.attr(ino).map_or(0, |a| a.size),
            Body::Own { size } => *size,
            Body::Symlink(text) => text.len() as u64,
            Body::Special { .. } => 0,
        }
    }

    /// All but `blocks512`, which the contents know.
    pub fn attr(&self, image: &ImageTree, ino: Ino) -> Attr {
        let mut attr = Attr::new(ino, self.kind(), self.mode);
        attr.uid = self.uid;
        attr.gid = self.gid;
        attr.nlink = self.nlink;
        attr.size = self.size(image, ino);
        attr.atime = self.atime;
        attr.mtime = self.mtime;
        attr.ctime = self.ctime;
        match self.body {
            Body::Special { rdev, .. } => attr.rdev = rdev,
            Body::Dir { .. } => attr.blocks512 = 8,
            Body::Image => attr.blocks512 = attr.size.div_ceil(4096) * 8,
            _ => {}
        }
        attr
    }

    /// Contents or names changed at this moment.
    pub fn touch(&mut self, now: Time) {
        self.mtime = now;
        self.ctime = now;
    }

    /// What the node costs of the overlay's limit on nodes; long symlinks live in memory and cost more.
    pub fn weight(&self) -> u64 {
        match &self.body {
            Body::Symlink(text) => 1 + text.len() as u64 / 256,
            _ => 1,
        }
    }
}

/// How a directory's names differ from the image's.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_name: BTreeMap<Arc<str>, Child>,
    /// Names that the image's directory does not have, by cookie. The others keep their place in the image, so that a
    /// name which is replaced during a walk is not seen twice.
    order: BTreeMap<u64, Arc<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Child {
    ino: Option<Ino>,
    cookie: Option<u64>,
}

impl Names {
    /// `Some(None)` is a whiteout, `None` nothing but what the image says.
    pub fn get(&self, name: &str) -> Option<Option<Ino>> {
        self.by_name.get(name).map(|c| c.ino)
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, Option<Ino>)> {
        self.by_name.iter().map(|(name, child)| (name, child.ino))
    }

    /// Sets a name; `cookie` makes a new one where the image has no such name.
    pub fn set(&mut self, name: &str, ino: Option<Ino>, cookie: impl FnOnce() -> Option<u64>) {
        if let Some(child) = self.by_name.get_mut(name) {
            child.ino = ino;
            return;
        }
        let name: Arc<str> = name.into();
        let cookie = cookie();
        if let Some(cookie) = cookie {
            self.order.insert(cookie, Arc::clone(&name));
        }
        self.by_name.insert(name, Child { ino, cookie });
    }

    pub fn forget(&mut self, name: &str) {
        if let Some(Child {
            cookie: Some(cookie),
            ..
        }) = self.by_name.remove(name)
        {
            self.order.remove(&cookie);
        }
    }

    /// Own names after a cookie, in the order in which they were made.
    pub fn after(&self, cookie: u64) -> impl Iterator<Item = (u64, &Arc<str>, Ino)> {
        self.order
            .range(cookie.saturating_add(1)..)
            .filter_map(|(&cookie, name)| {
                let ino = self.by_name.get(name)?.ino?;
                Some((cookie, name, ino))
            })
    }

    /// Whether any name of its own leads to a node.
    pub fn any(&self) -> bool {
        self.by_name.values().any(|c| c.ino.is_some())
    }
}
