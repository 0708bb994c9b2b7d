//! The detach keys: a filter over what a person types into an attached terminal.
//!
//! The keys are looked for byte by byte, however the terminal cut them into pieces; bytes of an unfinished sequence are held back
//! until the next byte decides.

use crate::engine::{Error, Result};

/// A parsed sequence such as `ctrl-p,ctrl-q`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscapeKeys(Vec<u8>);

impl Default for EscapeKeys {
    fn default() -> Self {
        EscapeKeys(vec![16, 17])
    }
}

impl EscapeKeys {
    /// Reads `detachKeys`; the error is Docker's.
    pub fn parse(text: &str) -> Result<Self> {
        let key = |word: &str| -> Option<u8> {
            let Some(control) = word.strip_prefix("ctrl-") else {
                let mut chars = word.bytes();
                return chars.next().filter(|_| chars.next().is_none());
            };
            match control.as_bytes() {
                [letter @ b'a'..=b'z'] => Some(letter - b'a' + 1),
                b"@" => Some(0),
                b"[" => Some(27),
                b"\\" => Some(28),
                b"]" => Some(29),
                b"^" => Some(30),
                b"_" => Some(31),
                _ => None,
            }
        };
        text.split(',')
            .map(|word| {
                key(word)
                    .ok_or_else(|| Error::invalid(format!("Invalid detach keys ({text}) provided")))
            })
            .collect::<Result<Vec<u8>>>()
            .map(EscapeKeys)
    }
}

/// The filter's state.
#[derive(Debug)]
pub struct Escape {
    keys: Vec<u8>,
    matched: usize,
}

impl Escape {
    pub fn new(keys: EscapeKeys) -> Self {
        Escape {
            keys: keys.0,
            matched: 0,
        }
    }

    /// Passes input through. The flag says that the sequence was typed: whatever follows it is dropped.
    pub fn filter(&mut self, input: &[u8]) -> (Vec<u8>, bool) {
        let mut out = Vec::with_capacity(input.len());
        for &byte in input {
            if byte != self.keys[self.matched] {
                out.extend_from_slice(&self.keys[..self.matched]);
                self.matched = 0;
                if byte != self.keys[0] {
                    out.push(byte);
                    continue;
                }
            }
            self.matched += 1;
            if self.matched == self.keys.len() {
                self.matched = 0;
                return (out, true);
            }
        }
        (out, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_ctrl_p_ctrl_q() {
        assert_eq!(
            EscapeKeys::parse("ctrl-p,ctrl-q").unwrap(),
            EscapeKeys::default()
        );
        assert_eq!(
            EscapeKeys::parse("ctrl-\\,a").unwrap(),
            EscapeKeys(vec![28, b'a'])
        );
        assert_eq!(
            EscapeKeys::parse("ctrl-!").unwrap_err().message,
            "Invalid detach keys (ctrl-!) provided"
        );
        assert!(EscapeKeys::parse("ab").is_err());
    }

    #[test]
    fn the_sequence_is_found_however_it_is_cut() {
        let mut whole = Escape::new(EscapeKeys::default());
        assert_eq!(whole.filter(b"a\x10\x11b"), (b"a".to_vec(), true));
        let mut cut = Escape::new(EscapeKeys::default());
        assert_eq!(cut.filter(b"a\x10"), (b"a".to_vec(), false));
        assert_eq!(cut.filter(b"\x11"), (Vec::new(), true));
    }

    #[test]
    fn an_unfinished_sequence_is_ordinary_input() {
        let mut keys = Escape::new(EscapeKeys::default());
        assert_eq!(keys.filter(b"\x10"), (Vec::new(), false));
        assert_eq!(keys.filter(b"x"), (b"\x10x".to_vec(), false));
        assert_eq!(keys.filter(b"\x10\x10\x10"), (b"\x10\x10".to_vec(), false));
        assert_eq!(keys.filter(b"\x11"), (Vec::new(), true));
    }
}
