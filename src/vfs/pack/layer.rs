//! What an overlay changed, as a layer of an image: the tar that `commit` and builds store.

use super::super::overlay::{Change, ChangeKind, Overlay};
use super::super::{Cred, Kind, Namespace};
use super::{Item, Items, Pack};
use crate::base::errno::Errno;
use crate::oci::layer::Whiteout;
use std::sync::Arc;

/// Everything in which a tree differs from its image, as the tar of a layer that makes the one out of the other.
///
/// Whiteouts stand for what is gone, sorted among the rest. Mounts are no part of an overlay, so nothing of volumes gets
/// in. Where nothing differs the tar is that of the empty layer, 1,024 zeros. What changes while it is read may be in it or not.
pub fn layer(overlay: Arc<Overlay>) -> Pack {
    let changes = overlay.changes().into_iter();
    Pack::new(Changes {
        tree: Namespace::new(overlay, true),
        changes,
    })
}

struct Changes {
    /// The overlay alone: looking names up never leaves it.
    tree: Namespace,
    changes: std::vec::IntoIter<Change>,
}

impl Items for Changes {
    fn next(&mut self) -> super::super::Result<Option<Item>> {
        while let Some(Change { kind, path }) = self.changes.next() {
            let name = path.trim_start_matches('/').to_owned();
            let found = match kind {
                ChangeKind::Deleted => self.whiteout(name),
                ChangeKind::Added | ChangeKind::Modified => self.node(name, &path),
            };
            match found {
                Ok(Some(item)) => return Ok(Some(item)),
                // Gone since it was listed, or below something that is no folder any more.
                Ok(None) | Err(Errno::Noent | Errno::Notdir) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }
}

impl Changes {
    fn node(&self, name: String, path: &str) -> super::super::Result<Option<Item>> {
        let place = self.tree.resolve(&Cred::root(), "/", path, false)?;
        Ok(Some(Item::Node { name, place }))
    }

    /// What was in a folder that a file has replaced is hidden by the file.
    fn whiteout(&self, path: String) -> super::super::Result<Option<Item>> {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let parent = format!("/{parent}");
        let attr = self.tree.stat(&Cred::root(), "/", &parent, false)?;
        let opaque = false;
        Ok((attr.kind == Kind::Dir).then_some(Item::Whiteout(Whiteout { path, opaque })))
    }
}
