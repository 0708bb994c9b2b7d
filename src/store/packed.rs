//! Compressed forms of layers: what a layer is called in registries, and where it was seen.
//!
//! Layers are kept as plain tars, and compressing one again need not give the bytes that a registry has. So what was
//! pulled and verified, or pushed, is remembered: a push then finds the layer already there. Only a memory: losing it
//! costs an upload, so it is written lazily, and forgotten with the layer.

use super::Store;
use super::error::Result;
use super::records::{Commit, Table};
use crate::base::digest::Digest;
use serde::{Deserialize, Serialize};

/// One compressed form of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    pub digest: Digest,
    /// Bytes of the compressed form.
    pub size: u64,
    /// The media type under which it was seen.
    pub media_type: String,
    /// Repositories that had it (`localhost:5000/me/app`), the last one first.
    pub repositories: Vec<String>,
}

/// Forms of one layer that are remembered.
const FORMS: usize = 8;
/// Repositories of one form.
const REPOSITORIES: usize = 16;

impl Store {
    /// The known forms of a layer, the last seen first.
    pub fn packed(&self, diff_id: &Digest) -> Result<Vec<Packed>> {
        let known = self.records.get(Table::Packed, &diff_id.to_string())?;
        Ok(known.unwrap_or_default())
    }

    /// Remembers that a repository has a layer in this form. The form must have been seen to be the layer's.
    pub fn remember_packed(&self, diff_id: &Digest, form: Packed) -> Result<()> {
        let key = diff_id.to_string();
        self.records.transaction(Commit::Later, |changes| {
            let known: Option<Vec<Packed>> = changes.get(Table::Packed, &key)?;
            let mut forms = known.unwrap_or_default();
            let mut form = form.clone();
            if let Some(at) = forms.iter().position(|f| f.digest == form.digest) {
                let before = forms.remove(at).repositories;
                let others = before
                    .into_iter()
                    .filter(|r| !form.repositories.contains(r));
                let others: Vec<String> = others.collect();
                form.repositories.extend(others);
            }
            form.repositories.truncate(REPOSITORIES);
            forms.insert(0, form);
            forms.truncate(FORMS);
            changes.put(Table::Packed, &key, &forms)
        })
    }

    /// Forgets layers that are gone.
    pub(super) fn forget_packed(&self, gone: &[Digest]) -> Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        self.records.transaction(Commit::Later, |changes| {
            for diff_id in gone {
                changes.delete(Table::Packed, &diff_id.to_string())?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::MemoryDisk;
    use std::sync::Arc;

    #[test]
    fn the_last_seen_comes_first_and_the_memory_is_bounded() {
        let store = Store::open(Arc::new(MemoryDisk::default())).unwrap();
        let layer = Digest::of(b"layer");
        let form = |n: usize, repository: usize| Packed {
            digest: Digest::of(&[n as u8]),
            size: n as u64,
            media_type: String::new(),
            repositories: vec![format!("localhost:5000/{repository}")],
        };
        for n in 0..FORMS + 2 {
            store.remember_packed(&layer, form(n, 0)).unwrap();
        }
        for repository in 0..REPOSITORIES + 2 {
            store.remember_packed(&layer, form(5, repository)).unwrap();
        }
        let known = store.packed(&layer).unwrap();
        assert_eq!(known.len(), FORMS);
        assert_eq!(known[0].digest, form(5, 0).digest);
        assert_eq!(known[0].repositories.len(), REPOSITORIES);
        assert_eq!(known[0].repositories[0], "localhost:5000/17");
        store.forget_packed(&[layer]).unwrap();
        assert_eq!(store.packed(&layer).unwrap(), []);
    }
}
