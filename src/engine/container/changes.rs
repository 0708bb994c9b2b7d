//! `diff`: what a container changed of its image.

use crate::engine::{Engine, Result, blocking};
use crate::vfs::overlay::ChangeKind;
use crate::wire::FilesystemChange;

impl Engine {
    /// Every change, sorted by path; `None` where there is none, which Docker prints as `null`.
    pub async fn changes(&self, id: &str) -> Result<Option<Vec<FilesystemChange>>> {
        let record = self.find(id)?.look(Clone::clone);
        let runtime = self.runtime.clone();
        let changes = blocking(move || Ok(runtime.upper(&record)?.changes())).await?;
        let changes: Vec<_> = changes
            .into_iter()
            .map(|change| FilesystemChange {
                path: change.path,
                kind: match change.kind {
                    ChangeKind::Modified => 0,
                    ChangeKind::Added => 1,
                    ChangeKind::Deleted => 2,
                },
            })
            .collect();
        Ok((!changes.is_empty()).then_some(changes))
    }
}
