//! How a message looks on the wire.

use crate::base::time;
use crate::engine::Timestamp;
use crate::engine::system::HOST;

/// `syslog-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What local syslog daemons read: RFC 3164 without a host.
    Unix,
    Rfc3164,
    Rfc5424,
    /// With microseconds.
    Rfc5424Micro,
}

impl Format {
    /// The format of that name; the refusal is Docker's.
    pub fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "" => Format::Unix,
            "rfc3164" => Format::Rfc3164,
            "rfc5424" => Format::Rfc5424,
            "rfc5424micro" => Format::Rfc5424Micro,
            _ => return Err("Invalid syslog format".to_owned()),
        })
    }

    /// One message and the line feed that ends it. Times are in the machine's zone.
    pub fn message(
        self,
        priority: u32,
        at: Timestamp,
        tag: &str,
        process: u32,
        line: &[u8],
    ) -> Vec<u8> {
        let head = match self {
            Format::Unix => {
                format!("<{priority}>{} {tag}[{process}]: ", time::stamp_local(at.0))
            }
            Format::Rfc3164 => {
                let stamp = time::stamp_local(at.0);
                format!("<{priority}>{stamp} {HOST} {tag}[{process}]: ")
            }
            Format::Rfc5424 | Format::Rfc5424Micro => {
                let digits = if self == Format::Rfc5424 { 0 } else { 6 };
                let stamp = time::rfc3339_local(at.0, digits);
                format!("<{priority}>1 {stamp} {HOST} {tag} {process} {tag} - ")
            }
        };
        let mut message = head.into_bytes();
        message.extend_from_slice(line);
        message.push(b'\n');
        message
    }
}
