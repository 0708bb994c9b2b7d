//! The terminal in raw mode, and keys as a person names them.

use crate::os::{self, Termios};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Escape,
    Backspace,
    Tab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Delete,
    /// Nothing came in time, or the input ended.
    None,
    Closed,
}

/// Raw mode while it lives; restored on drop.
pub struct Raw {
    fd: i32,
    before: Option<Termios>,
    /// What was read while looking for the rest of a key and belongs to the next one.
    rest: RefCell<VecDeque<u8>>,
}

/// What an escape byte begins: a key's sequence, or the key Escape and what was typed after it.
fn escape(mut byte: impl FnMut() -> Option<u8>) -> (Key, Vec<u8>) {
    let first = match byte() {
        Some(first @ (b'[' | b'O')) => first,
        other => return (Key::Escape, other.into_iter().collect()),
    };
    let mut seen = vec![first];
    let mut number = 0u32;
    while let Some(next) = byte() {
        seen.push(next);
        let key = match next {
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'H' => Key::Home,
            b'F' => Key::End,
            b'0'..=b'9' => {
                number = number.wrapping_mul(10).wrapping_add((next - b'0').into());
                continue;
            }
            b';' => continue,
            b'~' => match number {
                1 | 7 => Key::Home,
                4 | 8 => Key::End,
                3 => Key::Delete,
                5 => Key::PageUp,
                6 => Key::PageDown,
                _ => Key::None,
            },
            _ => break,
        };
        return (key, Vec::new());
    }
    // No key sends this: somebody has typed Escape, and went on.
    (Key::Escape, seen)
}

impl Raw {
    /// Takes the terminal: standard input, or `/dev/tty` when that is something else.
    pub fn open() -> Self {
        let fd = if os::is_terminal(0) {
            0
        } else {
            os::open_terminal().unwrap_or(0)
        };
        let before = os::get_terminal(fd).ok();
        if let Some(mut modes) = before {
            modes.make_raw();
            let _ = os::set_terminal(fd, &modes);
        }
        Self {
            fd,
            before,
            rest: RefCell::default(),
        }
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        let (rows, columns) = os::window(self.fd).unwrap_or((24, 80));
        (
            if rows == 0 { 24 } else { rows },
            if columns == 0 { 80 } else { columns },
        )
    }

    fn byte(&self, time: Option<Duration>) -> Option<u8> {
        if let Some(byte) = self.rest.borrow_mut().pop_front() {
            return Some(byte);
        }
        if time.is_some() && !os::readable(self.fd, time) {
            return None;
        }
        let mut buffer = [0];
        matches!(os::read_fd(self.fd, &mut buffer), Ok(1)).then_some(buffer[0])
    }

    /// The next key; waits as long as `time` says.
    pub fn key(&self, time: Option<Duration>) -> Key {
        let soon = Some(Duration::from_millis(50));
        let first = match self.byte(time) {
            Some(byte) => byte,
            None if time.is_some() => return Key::None,
            None => return Key::Closed,
        };
        match first {
            b'\r' | b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            127 | 8 => Key::Backspace,
            27 => {
                let (key, rest) = escape(|| self.byte(soon));
                self.rest.borrow_mut().extend(rest);
                key
            }
            1..=26 => Key::Ctrl((first + b'a' - 1) as char),
            128.. => {
                let extra = match first {
                    0xf0.. => 3,
                    0xe0.. => 2,
                    _ => 1,
                };
                let mut bytes = vec![first];
                bytes.extend((0..extra).filter_map(|_| self.byte(soon)));
                String::from_utf8(bytes)
                    .ok()
                    .and_then(|text| text.chars().next())
                    .map_or(Key::None, Key::Char)
            }
            byte => Key::Char(byte as char),
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let _ = os::set_terminal(self.fd, &before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(after_escape: &str) -> (Key, String) {
        let mut bytes = after_escape.bytes();
        let (key, mut rest) = escape(|| bytes.next());
        rest.extend(bytes);
        (key, String::from_utf8(rest).unwrap_or_default())
    }

    #[test]
    fn what_is_typed_after_escape_is_not_lost() {
        assert_eq!(keys(":wq\r"), (Key::Escape, ":wq\r".to_owned()));
        assert_eq!(keys(""), (Key::Escape, String::new()));
        assert_eq!(keys("Oxyz"), (Key::Escape, "Oxyz".to_owned()));
        assert_eq!(keys("["), (Key::Escape, "[".to_owned()));
    }

    #[test]
    fn sequences_are_keys() {
        assert_eq!(keys("[Ax"), (Key::Up, "x".to_owned()));
        assert_eq!(keys("OD"), (Key::Left, String::new()));
        assert_eq!(keys("[5~"), (Key::PageUp, String::new()));
        assert_eq!(keys("[1;5C"), (Key::Right, String::new()));
        assert_eq!(keys("[200~x"), (Key::None, "x".to_owned()));
    }
}
