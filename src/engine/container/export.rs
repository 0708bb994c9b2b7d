//! `export`: a container's own tree as a tar, without what is mounted into it.

use crate::base::bridge::{self, Produced};
use crate::engine::{Engine, Error, Result, blocking};
use crate::vfs::{Namespace, pack};
use std::io;
use std::sync::Arc;

impl Engine {
    /// The tar of the container's tree as it is now; what changes meanwhile may be in it or not.
    pub async fn export(&self, id: &str) -> Result<Produced> {
        let container = self.find(id)?;
        container.is_whole("export")?;
        let record = container.look(Clone::clone);
        let runtime = self.runtime.clone();
        let mut pack = blocking(move || {
            let upper = runtime.upper(&record)?;
            let whole = pack::whole(Arc::new(Namespace::new(upper, true)));
            whole.map_err(|e| Error::system(e.words().to_lowercase()))
        })
        .await?;
        self.tell(&container, "export", &[]);
        Ok(bridge::produce(move |out| {
            io::copy(&mut pack, out).map(drop)
        }))
    }
}
