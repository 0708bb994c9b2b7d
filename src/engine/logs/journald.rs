//! The `journald` driver: entries with fields, over systemd's native protocol.
//!
//! A field is `NAME=value` and a line feed; a value with line feeds is `NAME`, a line feed, its length as 64 bits little-endian, and
//! the value. <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>

use super::dial::Datagrams;
use super::info;
use super::remote::Entry;
use crate::base::id::short;
use crate::engine::record::Record;
use crate::wire::StringMap;
use crate::wire::frame::Stream;

/// Where journald listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// A connection to journald and what every entry of the run carries.
pub struct Journald {
    socket: Datagrams,
    common: Vec<u8>,
    /// Counts the entries of the run.
    ordinal: u64,
}

impl Journald {
    /// Connects. The error is Docker's.
    pub fn open(record: &Record, options: &StringMap) -> Result<Self, String> {
        let absent = "journald is not enabled on this host";
        let socket = Datagrams::connect(SOCKET).map_err(|_| absent.to_owned())?;
        Self::over(socket, record, options)
    }

    fn over(socket: Datagrams, record: &Record, options: &StringMap) -> Result<Self, String> {
        let tag = info::tag(record, options, "{{.ID}}")?;
        let mut common = Vec::new();
        for (name, value) in [
            ("CONTAINER_ID", short(&record.id)),
            ("CONTAINER_ID_FULL", &record.id),
            ("CONTAINER_NAME", &record.name),
            ("CONTAINER_TAG", &tag),
            ("IMAGE_NAME", &record.config.image),
            ("SYSLOG_IDENTIFIER", &tag),
        ] {
            field(&mut common, name, value.as_bytes());
        }
        for (key, value) in info::extra(record, options)? {
            let name = sanitized(&key);
            if !name.is_empty() {
                field(&mut common, &name, value.as_bytes());
            }
        }
        Ok(Journald {
            socket,
            common,
            ordinal: 0,
        })
    }

    /// Sends one entry; one that journald does not take is lost, as in Docker.
    pub async fn send(&mut self, entry: &Entry) {
        self.ordinal += 1;
        let priority: &[u8] = match entry.stream {
            Stream::Stderr => b"3",
            _ => b"6",
        };
        let mut message = Vec::with_capacity(self.common.len() + entry.line.len() + 160);
        field(&mut message, "MESSAGE", &entry.line);
        field(&mut message, "PRIORITY", priority);
        message.extend_from_slice(&self.common);
        let ordinal = self.ordinal.to_string();
        field(&mut message, "CONTAINER_LOG_ORDINAL", ordinal.as_bytes());
        let time = entry.time.rfc3339();
        field(&mut message, "SYSLOG_TIMESTAMP", time.as_bytes());
        if entry.partial {
            field(&mut message, "CONTAINER_PARTIAL_MESSAGE", b"true");
        }
        if let Err(e) = self.socket.send(&message).await {
            tracing::debug!("a log message was not taken by journald: {e}");
        }
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// The name of a field: capitals, digits and underscores, and no underscore first.
fn sanitized(key: &str) -> String {
    let name: String = key
        .to_uppercase()
        .chars()
        .map(|c| match c {
            'A'..='Z' | '0'..='9' => c,
            _ => '_',
        })
        .collect();
    name.trim_start_matches('_').to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::engine::Timestamp;

    #[tokio::test]
    async fn an_entry_carries_its_container() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let journal = tokio::net::UnixDatagram::bind(&path).unwrap();
        let mut record = Record {
            id: "0123456789abcdef".to_owned(),
            name: "web".to_owned(),
            ..Record::default()
        };
        record.config.image = "busybox".to_owned();
        record.config.env = Some(vec!["_a.b=two\nlines".to_owned()]);
        let options = StringMap::from([("env".to_owned(), "_a.b".to_owned())]);
        let socket = Datagrams::connect(path.to_str().unwrap()).unwrap();
        let mut sender = Journald::over(socket, &record, &options).unwrap();
        let mut entry = Entry::new(Stream::Stderr, b"x=1\n", Timestamp(1_000_000_000));
        sender.send(&entry).await;
        let mut buffer = [0; 1000];
        let length = journal.recv(&mut buffer).await.unwrap();
        let wanted = b"MESSAGE=x=1\nPRIORITY=3\nCONTAINER_ID=0123456789ab\nCONTAINER_ID_FULL=0123456789abcdef\n\
            CONTAINER_NAME=web\nCONTAINER_TAG=0123456789ab\nIMAGE_NAME=busybox\nSYSLOG_IDENTIFIER=0123456789ab\n\
            A_B\n\x09\0\0\0\0\0\0\0two\nlines\nCONTAINER_LOG_ORDINAL=1\nSYSLOG_TIMESTAMP=1970-01-01T00:00:01Z\n";
        assert_eq!(
            String::from_utf8_lossy(&buffer[..length]),
            String::from_utf8_lossy(wanted)
        );
        entry.partial = true;
        sender.send(&entry).await;
        let length = journal.recv(&mut buffer).await.unwrap();
        assert!(buffer[..length].ends_with(b"CONTAINER_PARTIAL_MESSAGE=true\n"));
    }
}
