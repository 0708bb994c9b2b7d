//! Cuts a stream into the lines of a log: at line feeds, and at 16 KiB, as Docker does.

/// The longest piece in one log entry.
pub const LONGEST_LINE: usize = 16 * 1024;

/// The unfinished line of one stream.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes bytes and hands each entry over; a whole line ends in its line feed, a part of one does not.
    pub fn push(&mut self, mut bytes: &[u8], mut entry: impl FnMut(&[u8])) {
        while let Some(at) = bytes.iter().position(|b| *b == b'\n') {
            let (line, after) = bytes.split_at(at + 1);
            self.add(line, &mut entry);
            // `add` leaves the part of the line that fits; with its line feed the line is whole.
            entry(&self.rest);
            self.rest.clear();
            bytes = after;
        }
        self.add(bytes, &mut entry);
    }

    /// Hands over what has no line feed; the stream has ended.
    pub fn finish(&mut self, mut entry: impl FnMut(&[u8])) {
        if !self.rest.is_empty() {
            entry(&self.rest);
            self.rest.clear();
        }
    }

    /// Adds bytes of one line, giving away full pieces. The line feed does not count towards the length.
    fn add(&mut self, mut bytes: &[u8], entry: &mut impl FnMut(&[u8])) {
        loop {
            let text = bytes.len() - usize::from(bytes.last() == Some(&b'\n'));
            let room = LONGEST_LINE - self.rest.len();
            if text <= room {
                self.rest.extend_from_slice(bytes);
                // A full piece leaves at once unless its line feed is already here.
                if text == room && text == bytes.len() && text > 0 {
                    entry(&self.rest);
                    self.rest.clear();
                }
                return;
            }
            self.rest.extend_from_slice(&bytes[..room]);
            entry(&self.rest);
            self.rest.clear();
            bytes = &bytes[room..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for piece in pieces {
            lines.push(piece, |e| out.push(e.to_vec()));
        }
        lines.finish(|e| out.push(e.to_vec()));
        out
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        assert_eq!(
            entries(&[b"he", b"llo\nwor", b"ld"]),
            [&b"hello\n"[..], b"world"]
        );
    }

    #[test]
    fn a_long_line_is_split_at_sixteen_kibibytes() {
        let long = vec![b'x'; LONGEST_LINE + 5];
        let found = entries(&[&long, b"\n"]);
        assert_eq!(
            found.iter().map(Vec::len).collect::<Vec<_>>(),
            [LONGEST_LINE, 6]
        );
    }

    #[test]
    fn a_line_that_just_fits_is_whole() {
        let mut exact = vec![b'x'; LONGEST_LINE];
        exact.push(b'\n');
        assert_eq!(entries(&[&exact]).len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in prop::collection::vec(prop_oneof![9 => Just(b'x'), 1 => Just(b'\n')], 0..50_000), cut in 1usize..40_000) {
            let pieces: Vec<&[u8]> = text.chunks(cut).collect();
            let found = entries(&pieces);
            prop_assert!(found.iter().all(|e| e.len() <= LONGEST_LINE + 1 && !e.is_empty()));
            prop_assert_eq!(found.concat(), text);
        }
    }
}
