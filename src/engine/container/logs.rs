//! `logs`: what a container has written, and what it writes while someone follows.

use crate::engine::logs::Driver;
use crate::engine::options::{LogOptions, LogStream};
use crate::engine::state::Phase;
use crate::engine::{Engine, Error, Result, logs};

impl Engine {
    pub async fn logs(&self, id: &str, mut options: LogOptions) -> Result<LogStream> {
        let container = self.find(id)?;
        if !(options.stdout || options.stderr) {
            return Err(Error::invalid(
                "Bad parameters: you must choose at least one stream",
            ));
        }
        let record = container.look(Clone::clone);
        let running = matches!(record.state.phase, Phase::Running | Phase::Paused);
        if !running {
            // Docker sets the driver up for reading, and so finds what is wrong with it.
            logs::probe(&record).await.map_err(Error::system)?;
        }
        if !Driver::of(&record).is_readable(&record) {
            return Err(Error::not_implemented(
                "configured logging driver does not support reading",
            ));
        }
        // A container that does not run writes nothing more before its next start, its policy's restart included.
        options.follow &= running;
        let tty = record.config.tty;
        Ok(LogStream {
            tty,
            output: logs::read(container.log.clone(), self.clock.clone(), options, tty),
        })
    }
}
