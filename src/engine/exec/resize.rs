//! `POST /exec/{id}/resize`.

use crate::engine::ports::TtySize;
use crate::engine::{Engine, Error, Result};

impl Engine {
    pub fn exec_resize(&self, id: &str, rows: u16, cols: u16) -> Result<()> {
        let exec = self.execs.find(id)?;
        let process = exec.state.lock().process.clone();
        match process {
            Some(process) => {
                process.resize(TtySize { rows, cols });
                Ok(())
            }
            None => Err(Error::not_found(format!(
                "NotFound: process does not exist {id}: not found"
            ))),
        }
    }
}
