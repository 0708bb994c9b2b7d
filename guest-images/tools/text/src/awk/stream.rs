//! Input records, output files, and commands. Commands go through `sh -c` and a temporary file on either side.

use applet::regex::{Regex, Syntax};
use applet::{flush, open_input, os, out};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};

/// A source of records.
pub struct Records {
    reader: BufReader<Box<dyn Read>>,
    /// What is left of a source that was read whole, for separators that are patterns.
    whole: Option<Vec<u8>>,
    at: usize,
}

impl Records {
    pub fn open(path: &str) -> std::io::Result<Self> {
        Ok(Self {
            reader: BufReader::with_capacity(32 * 1024, open_input(path)?),
            whole: None,
            at: 0,
        })
    }

    /// The next record, separated as `RS` says.
    pub fn next(&mut self, separator: &str) -> Option<String> {
        let mut chars = separator.chars();
        let record = match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii() && self.whole.is_none() => {
                let mut bytes = Vec::new();
                if self.reader.read_until(c as u8, &mut bytes).unwrap_or(0) == 0 {
                    return None;
                }
                if bytes.last() == Some(&(c as u8)) {
                    bytes.pop();
                }
                bytes
            }
            _ => {
                let pattern = if separator.is_empty() {
                    "\n\n+"
                } else {
                    separator
                };
                if self.whole.is_none() {
                    let mut bytes = Vec::new();
                    let _ = self.reader.read_to_end(&mut bytes);
                    self.whole = Some(bytes);
                    self.at = 0;
                }
                let whole = self.whole.as_deref()?;
                if separator.is_empty() {
                    self.at += whole[self.at..]
                        .iter()
                        .take_while(|byte| **byte == b'\n')
                        .count();
                }
                if self.at >= whole.len() {
                    return None;
                }
                let regex = Regex::new(pattern, Syntax::Extended, false).ok()?;
                let (end, next) = regex
                    .bounds(whole, self.at)
                    .filter(|(from, to)| to > from)
                    .unwrap_or_else(|| {
                        // A final newline is not part of the last record.
                        let end = if whole.ends_with(b"\n") {
                            whole.len() - 1
                        } else {
                            whole.len()
                        };
                        (end.max(self.at), whole.len())
                    });
                let record = whole[self.at..end].to_vec();
                self.at = next;
                record
            }
        };
        Some(
            String::from_utf8(record)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        )
    }
}

enum Sink {
    File(File),
    Command(Vec<u8>),
}

/// Everything that is open by name.
#[derive(Default)]
pub struct Streams {
    sinks: HashMap<String, Sink>,
    sources: HashMap<String, Records>,
    count: usize,
}

fn shell(command: &str) -> i32 {
    flush();
    os::run(&["sh".into(), "-c".into(), command.into()]).unwrap_or(127)
}

/// `system()`.
pub fn system(command: &str) -> i32 {
    shell(command)
}

impl Streams {
    fn temporary(&mut self) -> String {
        self.count += 1;
        format!("/tmp/.awk{}-{}", os::pid(), self.count)
    }

    /// `print > path`.
    pub fn write(&mut self, path: &str, append: bool, text: &str) -> Result<(), String> {
        match path {
            "/dev/stdout" | "-" => {
                out().text(text);
                return Ok(());
            }
            "/dev/stderr" => {
                flush();
                let _ = std::io::stderr().write_all(text.as_bytes());
                return Ok(());
            }
            _ => {}
        }
        if !self.sinks.contains_key(path) {
            let file = File::options()
                .create(true)
                .append(append)
                .write(true)
                .truncate(!append)
                .open(path);
            let file = file
                .map_err(|error| format!("can't redirect to {path}: {}", applet::words(&error)))?;
            self.sinks.insert(path.to_string(), Sink::File(file));
        }
        if let Some(Sink::File(file)) = self.sinks.get_mut(path) {
            let _ = file.write_all(text.as_bytes());
        }
        Ok(())
    }

    /// `print | command`: gathered, and given to the command when it is closed.
    pub fn pipe(&mut self, command: &str, text: &str) {
        if let Sink::Command(bytes) = self
            .sinks
            .entry(command.to_string())
            .or_insert_with(|| Sink::Command(Vec::new()))
        {
            bytes.extend_from_slice(text.as_bytes());
        }
    }

    /// A record of a file or of a command's output. `Err` when it cannot be opened.
    pub fn read(
        &mut self,
        name: &str,
        command: bool,
        separator: &str,
    ) -> Result<Option<String>, ()> {
        if !self.sources.contains_key(name) {
            let records = if command {
                let file = self.temporary();
                shell(&format!("{{ {name}\n}} > {file}"));
                let records = Records::open(&file);
                // The open file lives on without its name.
                let _ = std::fs::remove_file(&file);
                records
            } else {
                Records::open(name)
            };
            self.sources
                .insert(name.to_string(), records.map_err(|_| ())?);
        }
        Ok(self
            .sources
            .get_mut(name)
            .and_then(|records| records.next(separator)))
    }

    /// Closes whatever has this name; the command's exit code, or -1 when nothing has.
    pub fn close(&mut self, name: &str) -> i32 {
        let mut code = if self.sources.remove(name).is_some() {
            0
        } else {
            -1
        };
        match self.sinks.remove(name) {
            Some(Sink::File(_)) => code = 0,
            Some(Sink::Command(bytes)) => {
                let file = self.temporary();
                code = match std::fs::write(&file, bytes) {
                    Ok(()) => shell(&format!("{{ {name}\n}} < {file}")),
                    Err(_) => 1,
                };
                let _ = std::fs::remove_file(&file);
            }
            None => {}
        }
        code
    }

    /// At the end of the program.
    pub fn close_all(&mut self) {
        let mut names: Vec<String> = self.sinks.keys().cloned().collect();
        names.sort();
        for name in names {
            self.close(&name);
        }
    }
}
