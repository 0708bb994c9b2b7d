//! A real pseudo terminal around a program, driven as a person would: type, and wait for what appears.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A program on a terminal of 80 columns and 24 rows.
pub struct Terminal {
    master: File,
    child: Child,
    pieces: Receiver<Vec<u8>>,
    /// What came from the program.
    raw: Vec<u8>,
    /// The same as text, without the sequences that move the cursor and switch modes.
    pub seen: String,
    /// Where the next `expect` looks from.
    mark: usize,
}

impl Terminal {
    /// Starts a program with all three descriptors on the terminal.
    pub fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new())
            .expect("a name")
            .into_string()
            .expect("text");
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .expect("the other side");
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).expect("a size");
        let clone = || slave.try_clone().expect("a descriptor");
        let child = command
            .stdin(clone())
            .stdout(clone())
            .stderr(clone())
            .env("TERM", "xterm")
            .spawn();
        drop(command);
        let master = File::from(master);
        let mut reader = master.try_clone().expect("a descriptor");
        let (send, pieces) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // EIO is how a terminal without its other side ends.
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            master,
            child: child.expect("a program that starts"),
            pieces,
            raw: Vec::new(),
            seen: String::new(),
            mark: 0,
        }
    }

    /// Types some keys.
    pub fn send(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).expect("typed");
    }

    /// Types keys again every two seconds until a text appears; fails with the screen when it does not.
    pub fn send_until(&mut self, keys: &str, text: &str) {
        for _ in 0..30 {
            self.send(keys);
            if self.appears(text, Duration::from_secs(2)).is_ok() {
                return;
            }
        }
        panic!("{text:?} did not appear; the screen:\n{}", self.seen);
    }

    /// Waits until a text appears after what was expected before; fails with the screen when it does not.
    pub fn expect(&mut self, text: &str) {
        if let Err(e) = self.appears(text, Duration::from_secs(60)) {
            panic!("{text:?} did not appear ({e}); the screen:\n{}", self.seen)
        }
    }

    fn appears(&mut self, text: &str, patience: Duration) -> Result<(), RecvTimeoutError> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(at) = self.seen[self.mark..].find(text) {
                self.mark += at + text.len();
                return Ok(());
            }
            match self
                .pieces
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(piece) => self.take(&piece),
                Err(e) => return Err(e),
            }
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.raw.extend_from_slice(piece);
        let sequences = regex::Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").expect("a pattern");
        let text = String::from_utf8_lossy(&self.raw);
        self.seen = sequences.replace_all(&text, "").into_owned();
    }

    /// Changes the window and tells the program, as a terminal emulator does.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: cols,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.master, size).expect("a size");
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::WINCH).expect("told");
    }

    /// Waits for the program's end and everything that it still says.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("an end");
        while let Ok(piece) = self.pieces.recv_timeout(Duration::from_millis(300)) {
            self.take(&piece);
        }
        (status, self.seen)
    }
}
