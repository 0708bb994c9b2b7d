//! The `syslog` driver: each line is a message in one of the formats of RFC 3164 and RFC 5424, over TCP, UDP or a unix socket.
//!
//! A message that cannot be sent is tried once more over a new connection and then dropped, as in Docker: a log server that goes
//! away stops no container.

mod address;
mod format;
#[cfg(test)]
mod tests;

pub use address::facility;

use super::dial::{Address, Connection};
use super::info;
use super::remote::Entry;
use crate::engine::record::Record;
use crate::wire::StringMap;
use crate::wire::frame::Stream;
use format::Format;

/// Where syslog listens when no address was given, in the order in which they are tried.
const LOCAL: [&str; 3] = ["/dev/log", "/var/run/syslog", "/var/run/log"];
/// Severities of RFC 5424.
const INFO: u32 = 6;
const ERROR: u32 = 3;

/// Refuses options in Docker's words, at create.
pub fn check(options: &StringMap) -> Result<(), String> {
    let option = |key: &str| options.get(key).map_or("", String::as_str);
    address::parse(option("syslog-address"))?;
    facility(option("syslog-facility"))?;
    Format::named(option("syslog-format")).map(drop)
}

/// A connection to a syslog server and how messages for it look.
pub struct Syslog {
    /// `None` is this machine's syslog.
    address: Option<Address>,
    connection: Option<Connection>,
    format: Format,
    facility: u32,
    tag: String,
    process: u32,
}

impl Syslog {
    /// Connects. The error is Docker's.
    pub async fn open(record: &Record, options: &StringMap) -> Result<Self, String> {
        let option = |key: &str| options.get(key).map_or("", String::as_str);
        let tag = info::tag(record, options, "{{.ID}}")?;
        let address = address::parse(option("syslog-address"))?;
        Ok(Syslog {
            connection: Some(connect(address.as_ref()).await?),
            address,
            format: Format::named(option("syslog-format"))?,
            facility: facility(option("syslog-facility"))?,
            tag,
            process: std::process::id(),
        })
    }

    /// Sends one entry; empty lines are not sent.
    pub async fn send(&mut self, entry: &Entry) {
        if entry.line.is_empty() {
            return;
        }
        let severity = match entry.stream {
            Stream::Stderr => ERROR,
            _ => INFO,
        };
        let message = self.format.message(
            self.facility << 3 | severity,
            entry.time,
            &self.tag,
            self.process,
            &entry.line,
        );
        if let Some(connection) = &mut self.connection
            && connection.send(&message).await.is_ok()
        {
            return;
        }
        self.connection = connect(self.address.as_ref()).await.ok();
        let sent = match &mut self.connection {
            Some(connection) => connection.send(&message).await.is_ok(),
            None => false,
        };
        if !sent {
            tracing::debug!("a log message was not taken by syslog");
        }
    }
}

async fn connect(address: Option<&Address>) -> Result<Connection, String> {
    if let Some(address) = address {
        return Connection::open(address).await;
    }
    for path in LOCAL {
        for local in [
            Address::Unixgram(path.to_owned()),
            Address::Unix(path.to_owned()),
        ] {
            if let Ok(connection) = Connection::open(&local).await {
                return Ok(connection);
            }
        }
    }
    Err("Unix syslog delivery error".to_owned())
}
