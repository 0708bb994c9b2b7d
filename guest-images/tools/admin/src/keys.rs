//! The terminal in raw mode, and keys as a person names them.

use applet::os::{self, Termios};
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
        Self { fd, before }
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
            27 => match self.byte(soon) {
                Some(b'[' | b'O') => {
                    let mut number = 0;
                    loop {
                        match self.byte(soon) {
                            Some(b'A') => return Key::Up,
                            Some(b'B') => return Key::Down,
                            Some(b'C') => return Key::Right,
                            Some(b'D') => return Key::Left,
                            Some(b'H') => return Key::Home,
                            Some(b'F') => return Key::End,
                            Some(digit @ b'0'..=b'9') => {
                                number = number * 10 + u32::from(digit - b'0')
                            }
                            Some(b'~') => {
                                return match number {
                                    1 | 7 => Key::Home,
                                    4 | 8 => Key::End,
                                    3 => Key::Delete,
                                    5 => Key::PageUp,
                                    6 => Key::PageDown,
                                    _ => Key::None,
                                };
                            }
                            Some(b';') => {}
                            _ => return Key::None,
                        }
                    }
                }
                _ => Key::Escape,
            },
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
