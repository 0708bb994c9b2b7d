//! The keys that detach from a container, `ctrl-p,ctrl-q` unless the user chose others.

/// Reads `--detach-keys`: letters, `ctrl-` with a letter or one of `@ [ \ ] ^ _`, separated by commas.
pub fn parse_keys(text: &str) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(vec![16, 17]);
    }
    text.split(',').map(|key| one(key, text)).collect()
}

fn one(key: &str, all: &str) -> Result<u8, String> {
    let bad = || format!("invalid detach keys ({all}): Unknown character: '{key}'");
    if let [byte] = key.as_bytes() {
        return Ok(*byte);
    }
    let name = key.to_lowercase();
    let name = name.strip_prefix("ctrl-").ok_or_else(bad)?;
    match name.as_bytes() {
        [letter @ b'a'..=b'z'] => Ok(letter - b'a' + 1),
        [sign @ (b'@' | b'[' | b'\\' | b']' | b'^' | b'_')] => Ok(sign - b'@'),
        _ => Err(bad()),
    }
}

/// Watches what is typed for the sequence of keys.
#[derive(Debug)]
pub struct Detector {
    keys: Vec<u8>,
    /// How many of the keys were just typed; they are held back until it is clear that they are meant for the container.
    held: usize,
}

impl Detector {
    pub fn new(keys: Vec<u8>) -> Self {
        Self { keys, held: 0 }
    }

    /// Takes what was typed; gives what the container gets, and whether the user detached.
    pub fn feed(&mut self, typed: &[u8]) -> (Vec<u8>, bool) {
        let mut pass = Vec::with_capacity(typed.len());
        for byte in typed {
            if self.keys.get(self.held) == Some(byte) {
                self.held += 1;
                if self.held == self.keys.len() {
                    self.held = 0;
                    return (pass, true);
                }
                continue;
            }
            pass.extend_from_slice(&self.keys[..self.held]);
            self.held = 0;
            if self.keys.first() == Some(byte) {
                self.held = 1;
            } else {
                pass.push(*byte);
            }
        }
        (pass, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_their_bytes() {
        assert_eq!(parse_keys(""), Ok(vec![16, 17]));
        assert_eq!(parse_keys("ctrl-a,b"), Ok(vec![1, b'b']));
        assert_eq!(parse_keys("ctrl-@,ctrl-["), Ok(vec![0, 27]));
        assert!(parse_keys("foo").is_err());
        assert!(parse_keys("ctrl-aa").is_err());
    }

    #[test]
    fn only_the_whole_sequence_detaches() {
        let mut detector = Detector::new(vec![16, 17]);
        assert_eq!(detector.feed(b"ab\x10"), (b"ab".to_vec(), false));
        assert_eq!(detector.feed(b"c"), (b"\x10c".to_vec(), false));
        assert_eq!(detector.feed(b"\x10\x10\x11rest"), (b"\x10".to_vec(), true));
    }
}
