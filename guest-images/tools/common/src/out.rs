//! Standard output behind one buffer, and messages on standard error.
//!
//! A reader that went away ends the program quietly, as SIGPIPE would. Standard output is flushed before every message, so that both
//! appear in the order in which they were written.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
const LIMIT: usize = 32 * 1024;

/// A handle to standard output. `write!` and `writeln!` work on it and need no result to be looked at.
#[derive(Clone, Copy)]
pub struct Out;

/// Standard output.
pub fn out() -> Out {
    Out
}

fn buffer() -> MutexGuard<'static, Vec<u8>> {
    BUFFER.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Out {
    /// Adds bytes.
    pub fn bytes(self, bytes: &[u8]) {
        let mut held = buffer();
        held.extend_from_slice(bytes);
        if held.len() >= LIMIT {
            drop(held);
            flush();
        }
    }

    /// Adds text.
    pub fn text(self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// What `write!` calls.
    pub fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) {
        struct Adapter;
        impl fmt::Write for Adapter {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                Out.text(text);
                Ok(())
            }
        }
        let _ = fmt::write(&mut Adapter, arguments);
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        flush();
        Ok(())
    }
}

/// Hands everything to the kernel.
pub fn flush() {
    let bytes = std::mem::take(&mut *buffer());
    if bytes.is_empty() {
        return;
    }
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
        if error.kind() == io::ErrorKind::BrokenPipe {
            std::process::exit(141);
        }
        let _ = writeln!(
            io::stderr(),
            "{}: write error: {}",
            crate::name(),
            words(&error)
        );
        std::process::exit(1);
    }
}

/// The system's words for an error, without Rust's number behind them.
pub fn words(error: &io::Error) -> String {
    #[cfg(target_os = "wasi")]
    if let Some(number) = error.raw_os_error() {
        return schooner_sys::Errno(number as u16).words().to_string();
    }
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

/// `name: message` on standard error.
pub fn warn(message: impl fmt::Display) {
    flush();
    let _ = writeln!(io::stderr(), "{}: {message}", crate::name());
}

/// A message, then the end with exit code 1.
pub fn die(message: impl fmt::Display) -> ! {
    warn(message);
    std::process::exit(1)
}
