//! `volume inspect`.

use crate::engine::{Engine, Result};
use crate::wire::Volume;

impl Engine {
    /// One volume.
    pub fn volume_inspect(&self, name: &str) -> Result<Volume> {
        Ok(self.volume(&self.volumes.get(name)?))
    }
}
