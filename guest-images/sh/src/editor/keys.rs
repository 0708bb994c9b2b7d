//! Bytes from a terminal, as keys.
//!
//! Pure: fed byte by byte, because a read may end in the middle of an escape sequence or of a character.

/// What a key does in the editor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Key {
    Char(char),
    /// A control character: `^A` is `Control('A')`.
    Control(char),
    /// A key with Alt, or after Escape.
    Alt(char),
    Enter,
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    WordLeft,
    WordRight,
    /// A text pasted at once (bracketed paste).
    Paste(String),
}

/// The state between bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
}

const PASTE_END: &[u8] = b"\x1b[201~";

impl Decoder {
    /// Takes a byte; gives a key when one is complete.
    pub fn feed(&mut self, byte: u8) -> Option<Key> {
        if let Some(text) = &mut self.paste {
            text.push(byte);
            if !text.ends_with(PASTE_END) {
                return None;
            }
            let mut text = self.paste.take().unwrap_or_default();
            text.truncate(text.len() - PASTE_END.len());
            return Some(Key::Paste(
                String::from_utf8_lossy(&text)
                    .replace("\r\n", "\n")
                    .replace('\r', "\n"),
            ));
        }
        self.pending.push(byte);
        let result = decode(&self.pending);
        match result {
            Decoded::More => None,
            Decoded::Nothing => {
                self.pending.clear();
                None
            }
            Decoded::PasteBegins => {
                self.pending.clear();
                self.paste = Some(Vec::new());
                None
            }
            Decoded::Key(key) => {
                self.pending.clear();
                Some(key)
            }
        }
    }
}

enum Decoded {
    More,
    Nothing,
    PasteBegins,
    Key(Key),
}

fn decode(bytes: &[u8]) -> Decoded {
    use Decoded::{More, Nothing};
    let key = |key| Decoded::Key(key);
    match bytes {
        [b'\r' | b'\n'] => key(Key::Enter),
        [b'\t'] => key(Key::Tab),
        [8 | 127] => key(Key::Backspace),
        [27] => More,
        [27, b'[' | b'O'] => More,
        [27, b'[' | b'O', middle @ .., last] => match last {
            b'0'..=b'9' | b';' | b'?' => More,
            b'A' => key(Key::Up),
            b'B' => key(Key::Down),
            // With a modifier: by words.
            b'C' if !middle.is_empty() => key(Key::WordRight),
            b'D' if !middle.is_empty() => key(Key::WordLeft),
            b'C' => key(Key::Right),
            b'D' => key(Key::Left),
            b'H' => key(Key::Home),
            b'F' => key(Key::End),
            b'~' => match middle {
                b"1" | b"7" => key(Key::Home),
                b"4" | b"8" => key(Key::End),
                b"3" => key(Key::Delete),
                b"200" => Decoded::PasteBegins,
                _ => Nothing,
            },
            _ => Nothing,
        },
        [27, byte] => match byte {
            127 | 8 => key(Key::Alt('\x7f')),
            byte if byte.is_ascii_graphic() => key(Key::Alt(char::from(*byte))),
            _ => Nothing,
        },
        [byte @ 0..=31] => key(Key::Control(char::from(byte + 64))),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => text.chars().next().map_or(Nothing, |c| key(Key::Char(c))),
            Err(error) if error.error_len().is_none() => More,
            Err(_) => Nothing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &str) -> Vec<Key> {
        let mut decoder = Decoder::default();
        bytes
            .bytes()
            .filter_map(|byte| decoder.feed(byte))
            .collect()
    }

    #[test]
    fn sequences() {
        assert_eq!(keys("aä"), [Key::Char('a'), Key::Char('ä')]);
        assert_eq!(
            keys("\x1b[A\x1b[1;5C\x1bOH\x1b[3~"),
            [Key::Up, Key::WordRight, Key::Home, Key::Delete]
        );
        assert_eq!(
            keys("\x01\x7f\r\t\x1bb"),
            [
                Key::Control('A'),
                Key::Backspace,
                Key::Enter,
                Key::Tab,
                Key::Alt('b')
            ]
        );
        assert_eq!(
            keys("\x1b[200~a\rb\x1b[201~x"),
            [Key::Paste("a\nb".into()), Key::Char('x')]
        );
        assert_eq!(keys("\x1b[99;9Rx"), [Key::Char('x')]);
    }
}
