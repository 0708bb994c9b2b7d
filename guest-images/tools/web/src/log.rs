//! The access log and the error log. Lines of one round of the loop are written together.

use applet::time;
use schooner_sys::{Fd, O_APPEND, O_CREAT, O_WRONLY};
use std::collections::BTreeMap;

/// Lines that wait, by the path of their file.
#[derive(Default)]
pub struct Logs {
    files: BTreeMap<String, (Fd, Vec<u8>)>,
}

impl Logs {
    /// Adds a line; a file that cannot be opened keeps none.
    pub fn line(&mut self, path: &str, line: &str) {
        let (_, waiting) = match self.files.get_mut(path) {
            Some(file) => file,
            None => {
                let fd =
                    schooner_sys::open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644).unwrap_or(-1);
                self.files
                    .entry(path.to_owned())
                    .or_insert((fd, Vec::new()))
            }
        };
        waiting.extend_from_slice(line.as_bytes());
        waiting.push(b'\n');
    }

    /// Writes what waits.
    pub fn flush(&mut self) {
        for (fd, waiting) in self.files.values_mut() {
            if *fd >= 0 && !waiting.is_empty() {
                // Nobody is left to tell of a log that cannot be written.
                let _ = schooner_sys::write_all(*fd, waiting);
            }
            waiting.clear();
        }
    }

    /// `2025/07/15 10:00:00 [notice] 1#1: words`.
    pub fn error(&mut self, path: &str, level: &str, words: &str) {
        let now = time::format("%Y/%m/%d %H:%M:%S", &time::civil(time::now()));
        let pid = applet::os::pid();
        self.line(path, &format!("{now} [{level}] {pid}#{pid}: {words}"));
    }
}

/// Moments as text, made once a second.
#[derive(Default)]
pub struct Clock {
    second: i64,
    /// `Tue, 15 Jul 2025 10:00:00 GMT`.
    pub date: String,
    /// `15/Jul/2025:10:00:00 +0000`.
    pub local: String,
}

impl Clock {
    /// Looks at the time.
    pub fn tick(&mut self) {
        let now = time::now();
        if now / 1_000_000_000 != self.second {
            self.second = now / 1_000_000_000;
            self.date = http_date(now);
            self.local = time::format("%d/%b/%Y:%H:%M:%S %z", &time::civil(now));
        }
    }
}

/// A moment in nanoseconds since 1970 as headers have it.
pub fn http_date(moment: i64) -> String {
    time::format(
        "%a, %d %b %Y %H:%M:%S GMT",
        &time::civil_in(moment, 0, "GMT"),
    )
}
