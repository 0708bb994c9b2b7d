//! Reading files and standard input, by the line or as a whole. `-` is standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

/// Opens a file for reading; `-` is standard input.
pub fn open_input(path: &str) -> io::Result<Box<dyn Read>> {
    if path == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    // Opening a directory works; reading it is what fails, with words that depend on the system.
    if crate::os::fstat_is_dir(&file) {
        return Err(crate::os::error_is_dir());
    }
    Ok(Box::new(file))
}

/// Reads everything.
pub fn read_all(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_input(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Lines as bytes, without their ends; remembers whether the last one had its end.
pub struct Lines {
    reader: BufReader<Box<dyn Read>>,
    end: u8,
    /// Whether the line that was just returned ended with the separator.
    pub terminated: bool,
}

impl Lines {
    /// The lines of a file; `-` is standard input.
    pub fn open(path: &str) -> io::Result<Self> {
        Ok(Self::new(open_input(path)?))
    }

    /// The lines of any reader.
    pub fn new(reader: Box<dyn Read>) -> Self {
        Self {
            reader: BufReader::with_capacity(32 * 1024, reader),
            end: b'\n',
            terminated: true,
        }
    }

    /// Separates at another byte (NUL for `-z`).
    pub fn ending(mut self, end: u8) -> Self {
        self.end = end;
        self
    }

    /// The next line, or `None` at the end. Read errors end the file with a message.
    pub fn next_line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        match self.reader.read_until(self.end, &mut line) {
            Ok(0) => None,
            Ok(_) => {
                self.terminated = line.last() == Some(&self.end);
                if self.terminated {
                    line.pop();
                }
                Some(line)
            }
            Err(error) => {
                crate::warn(format_args!("read error: {}", crate::words(&error)));
                None
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Vec<u8>;
    fn next(&mut self) -> Option<Vec<u8>> {
        self.next_line()
    }
}
