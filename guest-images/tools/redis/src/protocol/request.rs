//! Requests out of the bytes that a client sent: arrays of bulk strings, or a line of words.

use super::{Arg, words};

/// Bytes of a line that begins a request.
const LONGEST_LINE: usize = 64 << 10;
/// Arguments of one command.
const MOST_ARGUMENTS: i64 = 1 << 20;
/// Bytes of one argument (`proto-max-bulk-len`).
const LONGEST_ARGUMENT: i64 = 512 << 20;
/// Both limits for those who have not said who they are.
const STRANGER_ARGUMENTS: i64 = 10;
const STRANGER_BYTES: i64 = 16 << 10;

/// What one look at the input gave.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    Command(Vec<Arg>),
    More,
    /// The connection ends with `-ERR Protocol error: …`.
    Broken(String),
}

/// The unread input of a client, and a request that is not complete.
#[derive(Default)]
pub struct Reader {
    input: Vec<u8>,
    at: usize,
    args: Vec<Arg>,
    /// Arguments that are still to come.
    missing: usize,
    /// Length of the next argument.
    length: Option<usize>,
}

impl Reader {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.input.len() - self.at
    }

    /// The next request. `stranger`: nobody who has authenticated, who is given less room.
    pub fn next(&mut self, stranger: bool) -> Parsed {
        loop {
            match self.step(stranger) {
                Ok(Some(args)) if args.is_empty() => {}
                Ok(Some(args)) => return Parsed::Command(args),
                Ok(None) => {
                    self.input.drain(..self.at);
                    self.at = 0;
                    return Parsed::More;
                }
                Err(words) => return Parsed::Broken(words),
            }
        }
    }

    /// A request, which may be empty and is then none; `None` when more must come.
    fn step(&mut self, stranger: bool) -> Result<Option<Vec<Arg>>, String> {
        if self.missing == 0 {
            match self.input.get(self.at) {
                None => return Ok(None),
                Some(b'*') => {
                    let Some(line) = self.line("too big mbulk count string")? else {
                        return Ok(None);
                    };
                    let most = if stranger {
                        STRANGER_ARGUMENTS
                    } else {
                        MOST_ARGUMENTS
                    };
                    let count = match number(&line[1..]) {
                        Some(count) if count <= MOST_ARGUMENTS && count > most => {
                            return Err("unauthenticated multibulk length".into());
                        }
                        Some(count) if count <= most => count,
                        _ => return Err("invalid multibulk length".into()),
                    };
                    if count <= 0 {
                        return Ok(Some(Vec::new()));
                    }
                    self.missing = count as usize;
                }
                Some(_) => {
                    let Some(line) = self.line("too big inline request")? else {
                        return Ok(None);
                    };
                    return match words::split(&line) {
                        Some(args) => Ok(Some(args)),
                        None => Err("unbalanced quotes in request".into()),
                    };
                }
            }
        }
        while self.missing > 0 {
            let length = match self.length {
                Some(length) => length,
                None => {
                    match self.input.get(self.at) {
                        None => return Ok(None),
                        Some(b'$') => {}
                        Some(other) => {
                            return Err(format!("expected '$', got '{}'", char::from(*other)));
                        }
                    }
                    let Some(line) = self.line("too big bulk count string")? else {
                        return Ok(None);
                    };
                    match number(&line[1..]) {
                        Some(length) if stranger && length > STRANGER_BYTES => {
                            return Err("unauthenticated bulk length".into());
                        }
                        Some(length) if (0..=LONGEST_ARGUMENT).contains(&length) => length as usize,
                        _ => return Err("invalid bulk length".into()),
                    }
                }
            };
            if self.waiting() < length + 2 {
                self.length = Some(length);
                return Ok(None);
            }
            self.length = None;
            self.args
                .push(self.input[self.at..self.at + length].to_vec());
            self.at += length + 2;
            self.missing -= 1;
        }
        Ok(Some(std::mem::take(&mut self.args)))
    }

    /// The next line without its end; `None` when it is not all there.
    fn line(&mut self, complaint: &str) -> Result<Option<Vec<u8>>, String> {
        let rest = &self.input[self.at..];
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let line = rest[..end]
                    .strip_suffix(b"\r")
                    .unwrap_or(&rest[..end])
                    .to_vec();
                self.at += end + 1;
                Ok(Some(line))
            }
            None if rest.len() > LONGEST_LINE => Err(complaint.to_owned()),
            None => Ok(None),
        }
    }
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<Parsed> {
        let mut reader = Reader::default();
        // Byte by byte: nothing may depend on how the network cuts.
        let mut found = Vec::new();
        for byte in input {
            reader.feed(&[*byte]);
            match reader.next(false) {
                Parsed::More => {}
                parsed => found.push(parsed),
            }
        }
        found
    }

    #[test]
    fn arrays_lines_and_mistakes() {
        let command = |args: &[&[u8]]| Parsed::Command(args.iter().map(|a| a.to_vec()).collect());
        assert_eq!(
            read(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n\r\nping  \"a b\"\r\n*0\r\n"),
            [command(&[b"GET", b"a"]), command(&[b"ping", b"a b"])]
        );
        let broken = |input: &[u8]| read(input).remove(0);
        assert_eq!(
            broken(b"*x\r\n"),
            Parsed::Broken("invalid multibulk length".into())
        );
        assert_eq!(
            broken(b"*1\r\nx"),
            Parsed::Broken("expected '$', got 'x'".into())
        );
        assert_eq!(
            broken(b"get \"a\r\n"),
            Parsed::Broken("unbalanced quotes in request".into())
        );
    }
}
