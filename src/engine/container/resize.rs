//! `resize`: the size of a container's terminal.

use crate::engine::ports::TtySize;
use crate::engine::state::Verdict;
use crate::engine::{Engine, Result};

impl Engine {
    pub fn resize(&self, id: &str, rows: u16, cols: u16) -> Result<()> {
        let container = self.find(id)?;
        if container.phase().can_resize() != Verdict::Go {
            return Err(container.not_running());
        }
        container.running()?.resize(TtySize { rows, cols });
        let attributes = [("height", rows.to_string()), ("width", cols.to_string())];
        self.tell(&container, "resize", &attributes);
        Ok(())
    }
}
