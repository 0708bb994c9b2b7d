//! Logs: what a container writes, kept for `docker logs` and sent to where its log driver says.
//!
//! [`Log`] is one run's log: it cuts the streams into lines, writes them into the container's [`LogFile`], and gives them to a
//! [`Remote`] (`syslog`, `journald`) if there is one. The file of a remote driver is the local copy that Docker keeps too, so that
//! `logs` works with every driver but `none`. `driver` refuses at create what Docker refuses then; `settings` reads the options at
//! each start, where Docker finds the rest. Sockets to log servers are opened in `dial` alone.

mod dial;
mod driver;
mod file;
mod info;
mod journald;
mod jsonline;
mod lines;
mod log;
mod read;
mod remote;
mod rotate;
mod settings;
mod syslog;

pub use driver::{Driver, check, known};
pub use file::LogFile;
pub use log::Log;
pub use read::read;
pub use settings::Settings;

use super::record::Record;
use std::sync::Arc;

/// Whether the log could be opened; the error is the driver's own words.
pub async fn probe(record: &Record) -> Result<(), String> {
    Settings::of(record)?;
    remote::Remote::open(record, Driver::of(record))
        .await
        .map(drop)
}

/// Opens the log for a run of the container; `None` where nothing is logged. The error is the driver's own words.
pub async fn open(record: &Record, file: &Arc<LogFile>) -> Result<Option<Arc<Log>>, String> {
    let driver = Driver::of(record);
    if driver == Driver::None {
        return Ok(None);
    }
    let settings = Settings::of(record)?;
    let remote = remote::Remote::open(record, driver).await?;
    file.configure(settings);
    Ok(Some(Arc::new(Log::new(
        driver.is_readable(record).then(|| file.clone()),
        remote,
    ))))
}
