//! Log files in the containers' folders.

use crate::engine::ports::LogDisk;
use crate::store::disk::Open;
use crate::store::{DiskFile, Store, container_dir};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The logs of a store.
pub struct StoredLogs(pub Arc<Store>);

fn at(container: &str, name: &str) -> String {
    format!("{}/{name}", container_dir(container))
}

impl LogDisk for StoredLogs {
    fn append(&self, container: &str, name: &str) -> io::Result<(Box<dyn Write + Send>, u64)> {
        let file = self.0.disk().open(&at(container, name), Open::Create)?;
        let length = file.len()?;
        Ok((Box::new(Appender(file)), length))
    }

    fn read(&self, container: &str, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let file = self.0.disk().open(&at(container, name), Open::Read)?;
        Ok(Box::new(Cursor { file, offset: 0 }))
    }

    fn rename(&self, container: &str, from: &str, to: &str) -> io::Result<()> {
        self.0
            .disk()
            .rename(&at(container, from), &at(container, to))
    }

    fn remove(&self, container: &str, name: &str) -> io::Result<()> {
        self.0.disk().remove(&at(container, name))
    }

    fn path(&self, container: &str, name: &str) -> String {
        format!("{}/{}", self.0.disk().describe(), at(container, name))
    }
}

struct Appender(Arc<dyn DiskFile>);

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append(bytes).map(|_| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Cursor {
    file: Arc<dyn DiskFile>,
    offset: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(self.offset, buffer)?;
        self.offset += count as u64;
        Ok(count)
    }
}
