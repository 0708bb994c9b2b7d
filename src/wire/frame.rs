//! The framing of attached streams and logs: `[stream, 0, 0, 0, length u32 BE]` before each piece.
//!
//! Encoding is one call; decoding is incremental, because pieces arrive cut anywhere. A length that no honest engine sends
//! ends the decoding instead of reserving memory for it.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Which stream a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Stream {
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,
    /// An error of the engine itself, in the middle of a stream.
    SystemErr = 3,
}

/// Bytes of a frame's header.
pub const HEADER: usize = 8;
/// The longest frame that is accepted when decoding.
pub const LONGEST: usize = 16 * 1024 * 1024;

/// Puts one piece into its frame.
pub fn encode(stream: Stream, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER + payload.len());
    encode_into(&mut out, stream, payload);
    out.freeze()
}

/// Appends one framed piece.
pub fn encode_into(out: &mut BytesMut, stream: Stream, payload: &[u8]) {
    out.put_slice(&[stream as u8, 0, 0, 0]);
    out.put_u32(u32::try_from(payload.len()).unwrap_or(u32::MAX));
    out.put_slice(payload);
}

/// A frame's stream or length makes no sense; the bytes are probably not framed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFramed;

impl std::fmt::Display for NotFramed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unrecognized input header")
    }
}

impl std::error::Error for NotFramed {}

/// Takes bytes as they come and gives whole frames back.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Result<Option<(Stream, Bytes)>, NotFramed> {
        if self.buffer.len() < HEADER {
            return Ok(None);
        }
        let stream = match self.buffer[0] {
            0 => Stream::Stdin,
            1 => Stream::Stdout,
            2 => Stream::Stderr,
            3 => Stream::SystemErr,
            _ => return Err(NotFramed),
        };
        let length = u32::from_be_bytes([
            self.buffer[4],
            self.buffer[5],
            self.buffer[6],
            self.buffer[7],
        ]) as usize;
        if length > LONGEST {
            return Err(NotFramed);
        }
        if self.buffer.len() < HEADER + length {
            return Ok(None);
        }
        self.buffer.advance(HEADER);
        Ok(Some((stream, self.buffer.split_to(length).freeze())))
    }

    /// Whether a frame was begun and not ended.
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_is_eight_bytes_and_its_payload() {
        assert_eq!(
            &encode(Stream::Stderr, b"hi\n")[..],
            b"\x02\0\0\0\0\0\0\x03hi\n"
        );
    }

    #[test]
    fn a_wild_length_is_refused_without_waiting_for_it() {
        let mut decoder = Decoder::default();
        decoder.push(b"\x01\0\0\0\xff\xff\xff\xff");
        assert_eq!(decoder.next_frame(), Err(NotFramed));
    }

    proptest! {
        #[test]
        fn frames_survive_any_cuts(pieces in prop::collection::vec((1u8..3, prop::collection::vec(any::<u8>(), 0..50)), 0..20), cut in 1usize..17) {
            let mut wire = BytesMut::new();
            for (s, p) in &pieces {
                encode_into(&mut wire, if *s == 1 { Stream::Stdout } else { Stream::Stderr }, p);
            }
            let mut decoder = Decoder::default();
            let mut seen = Vec::new();
            for part in wire.chunks(cut) {
                decoder.push(part);
                while let Some((s, p)) = decoder.next_frame().unwrap() {
                    seen.push((s as u8, p.to_vec()));
                }
            }
            prop_assert!(!decoder.is_partial());
            prop_assert_eq!(seen, pieces);
        }
    }
}
