//! `logs`: what a container has written, and what it writes while someone follows.

use crate::engine::options::{LogOptions, LogStream};
use crate::engine::{Engine, Error, Result, io};

impl Engine {
    pub fn logs(&self, id: &str, mut options: LogOptions) -> Result<LogStream> {
        let container = self.find(id)?;
        if !(options.stdout || options.stderr) {
            return Err(Error::invalid(
                "Bad parameters: you must choose at least one stream",
            ));
        }
        let (tty, driver, alive) = container.look(|r| {
            (
                r.config.tty,
                r.host_config.log_config.kind.clone(),
                r.state.phase.is_alive(),
            )
        });
        if driver == "none" {
            return Err(Error::not_implemented(
                "configured logging driver does not support reading",
            ));
        }
        // A container that does not run writes nothing more before its next start.
        options.follow &= alive;
        Ok(LogStream {
            tty,
            output: io::read_log(container.log.clone(), self.clock.clone(), options, tty),
        })
    }
}
