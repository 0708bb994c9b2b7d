//! The compressions that layers come in, recognised by their first bytes, and the limits on bombs.
//!
//! Decoding streams: memory is bounded by the largest window, whatever the input says.

use super::error::Error;
use super::limits;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    /// Recognises a stream by its first bytes; six are enough. What is not recognised is taken as it is.
    pub fn detect(start: &[u8]) -> Compression {
        let begins = |magic: &[u8]| start.starts_with(magic);
        if begins(&[0x1f, 0x8b, 0x08]) {
            Compression::Gzip
        } else if begins(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Compression::Zstd
        } else if begins(b"BZh") {
            Compression::Bzip2
        } else if begins(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
            Compression::Xz
        } else {
            Compression::None
        }
    }

    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Bzip2 => "bzip2",
            Compression::Xz => "xz",
        }
    }
}

/// Reads the plain bytes of a stream. At its end the source has been read to its end too.
pub struct Reader<'r> {
    decoder: Box<dyn Read + 'r>,
    compression: Compression,
    source: Arc<Source>,
    given: u64,
    limit: u64,
}

/// What the decoder's source has seen.
#[derive(Default)]
struct Source {
    taken: AtomicU64,
    /// The source itself failed, so a decoder's error is not about the stream.
    failed: AtomicBool,
}

impl<'r> Reader<'r> {
    /// Recognises the compression; at most [`limits::LAYER_BYTES`] plain bytes come out.
    pub fn new(from: impl Read + 'r) -> io::Result<Reader<'r>> {
        Reader::limited(from, limits::LAYER_BYTES)
    }

    /// The same with another limit on the plain bytes.
    pub fn limited(from: impl Read + 'r, limit: u64) -> io::Result<Reader<'r>> {
        let source = Arc::new(Source::default());
        let mut from = Counted {
            from,
            source: source.clone(),
        };
        let mut start = Vec::with_capacity(6);
        (&mut from).take(6).read_to_end(&mut start)?;
        let compression = Compression::detect(&start);
        let whole = BufReader::with_capacity(64 * 1024, io::Cursor::new(start).chain(from));
        Ok(Reader {
            decoder: decoder(compression, whole)?,
            compression,
            source,
            given: 0,
            limit,
        })
    }

    /// What was recognised.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    fn check(&self) -> io::Result<()> {
        if self.given > self.limit {
            return Err(too_much(format!("{} bytes", self.limit), "layer size"));
        }
        let taken = self.source.taken.load(Ordering::Relaxed);
        if self.compression != Compression::None
            && self.given > limits::RATIO_GRACE
            && self.given / limits::RATIO > taken
        {
            let limit = format!("{} to 1 after {} bytes", limits::RATIO, limits::RATIO_GRACE);
            return Err(too_much(limit, "compression ratio"));
        }
        Ok(())
    }
}

fn too_much(limit: String, what: &'static str) -> io::Error {
    Error::Limit { what, limit }.into()
}

fn decoder<'r>(
    compression: Compression,
    from: impl BufRead + 'r,
) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match compression {
        Compression::None => Box::new(from),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
        Compression::Zstd => {
            let mut zstd = zstd::Decoder::with_buffer(from)?;
            zstd.window_log_max(limits::ZSTD_WINDOW_LOG)?;
            Box::new(zstd)
        }
        Compression::Xz => {
            let memory = limits::XZ_DICTIONARY / 1024 + 256;
            Box::new(lzma_rust2::XzReader::new_mem_limit(from, true, memory))
        }
    })
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.decoder.read(buffer) {
            Ok(n) => {
                self.given += n as u64;
                self.check().map(|()| n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) if self.source.failed.load(Ordering::Relaxed) => Err(e),
            Err(e) if e.kind() == io::ErrorKind::OutOfMemory => Err(too_much(
                format!("{} bytes", limits::XZ_DICTIONARY),
                "xz dictionary",
            )),
            Err(e) => Err(Error::Compression {
                kind: self.compression.name(),
                why: e.to_string(),
            }
            .into()),
        }
    }
}

struct Counted<R> {
    from: R,
    source: Arc<Source>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.from.read(buffer) {
            Ok(n) => {
                self.source.taken.fetch_add(n as u64, Ordering::Relaxed);
                Ok(n)
            }
            Err(e) => {
                if e.kind() != io::ErrorKind::Interrupted {
                    self.source.failed.store(true, Ordering::Relaxed);
                }
                Err(e)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// "schooner\n" forty times, as xz.
    const XZ: &[u8] = b"\
        \xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\
        \xe5\xa3\xe0\x01\x67\x00\x11\x5d\x00\x39\x98\xc9\x4f\x9a\x3d\xd7\x00\x08\x4f\xad\x0f\xf0\
        \xde\xbe\x80\x00\x00\x00\x00\x00\xc6\xc9\x83\x45\x0d\xff\x0d\x0a\x00\x01\x2d\xe8\x02\x00\
        \x00\x00\xa0\x86\xca\xca\xb1\xc4\x67\xfb\x02\x00\x00\x00\x00\x04\x59\x5a\
        ";

    fn plain() -> Vec<u8> {
        b"schooner\n".repeat(40)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> (Compression, io::Result<Vec<u8>>) {
        let mut reader = Reader::new(bytes).unwrap();
        let mut out = Vec::new();
        let result = reader.read_to_end(&mut out).map(|_| out);
        (reader.compression(), result)
    }

    #[test]
    fn every_compression_is_recognised_and_read() {
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&plain()).unwrap();
        let streams = [
            (Compression::None, plain()),
            (Compression::Gzip, gzip(&plain())),
            (
                Compression::Zstd,
                zstd::encode_all(&plain()[..], 1).unwrap(),
            ),
            (Compression::Bzip2, bzip2.finish().unwrap()),
            (Compression::Xz, XZ.to_vec()),
        ];
        for (kind, stream) in streams {
            let (found, bytes) = read(&stream);
            assert_eq!(found, kind);
            assert_eq!(bytes.unwrap(), plain(), "{}", kind.name());
            if kind != Compression::None {
                let error = read(&stream[..stream.len() - 4]).1.unwrap_err();
                let words = format!("invalid {} stream", kind.name());
                assert!(error.to_string().contains(&words), "{error}");
            }
        }
        let two = [gzip(b"a"), gzip(b"b")].concat();
        assert_eq!(read(&two).1.unwrap(), b"ab");
    }

    #[test]
    fn a_bomb_is_stopped_and_the_limit_named() {
        let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
        let zeroes = vec![0; 1 << 20];
        for _ in 0..110 {
            bomb.write_all(&zeroes).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        let mut reader = Reader::new(&bomb[..]).unwrap();
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "compression ratio is over the limit of 200 to 1 after 104857600 bytes"
        );
        let mut reader = Reader::limited(&bomb[..], 1000).unwrap();
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert!(
            error.to_string().starts_with("layer size is over"),
            "{error}"
        );
    }

    #[test]
    fn a_failing_source_is_not_the_streams_fault() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let start = gzip(&plain());
        let mut reader = Reader::new(start[..12].chain(Broken)).unwrap();
        let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
