//! Writes layer tars: the same entries always give the same bytes.
//!
//! ustar headers, with a PAX header before a member only where ustar cannot say it: long or non-ASCII names, fractions of
//! seconds, times before 1970, large owner numbers. Owner names, access and change times are left out. Docker cuts times
//! to seconds; whoever wants that does it before.

use super::layer::{Entry, EntryKind, Whiteout};
use std::io::{self, Read, Write};
use tar::{EntryType, Header};

/// Writes members one after another; `finish` ends the archive.
pub struct LayerWriter<W: Write> {
    out: W,
}

/// Twelve digits less the terminator.
const LARGEST_OCTAL: u64 = 0o77_777_777_777;
/// Eight digits less the terminator.
const LARGEST_SMALL: u64 = 0o7_777_777;

impl<W: Write> LayerWriter<W> {
    pub fn new(out: W) -> LayerWriter<W> {
        LayerWriter { out }
    }

    /// Writes one member; `contents` must give `entry.size` bytes when it is a file. `entry.offset` is not looked at.
    pub fn entry(&mut self, entry: &Entry, contents: &mut dyn Read) -> io::Result<()> {
        let size = self.begin(entry)?;
        let copied = io::copy(&mut contents.take(size), &mut self.out)?;
        if copied != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.pad(size)
    }

    /// Writes a member's header alone and says how many bytes of contents have to follow, and then `pad`.
    pub fn begin(&mut self, entry: &Entry) -> io::Result<u64> {
        let mut name = if entry.path.is_empty() {
            ".".to_owned()
        } else {
            entry.path.clone()
        };
        if entry.kind == EntryKind::Dir && !name.ends_with('/') {
            name.push('/');
        }
        let size = match entry.kind {
            EntryKind::File => entry.size,
            _ => 0,
        };
        self.header(&name, entry, size)?;
        Ok(size)
    }

    /// The destination, for the contents between `begin` and `pad`.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes the marker that hides something of the layers below.
    pub fn whiteout(&mut self, whiteout: &Whiteout) -> io::Result<()> {
        let path = &whiteout.path;
        let marker = match (whiteout.opaque, path.rsplit_once('/')) {
            (true, _) if path.is_empty() => ".wh..wh..opq".to_owned(),
            (true, _) => format!("{path}/.wh..wh..opq"),
            (false, Some((parent, name))) => format!("{parent}/.wh.{name}"),
            (false, None) => format!(".wh.{path}"),
        };
        let entry = Entry {
            path: marker.clone(),
            kind: EntryKind::File,
            mode: 0,
            uid: 0,
            gid: 0,
            mtime: 0,
            size: 0,
            offset: 0,
            link: String::new(),
            rdev: (0, 0),
        };
        self.header(&marker, &entry, 0)
    }

    /// Ends the archive and gives the destination back.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        Ok(self.out)
    }

    /// Ends the archive; nothing may follow.
    pub fn end(&mut self) -> io::Result<()> {
        self.out.write_all(&[0; 1024])?;
        self.out.flush()
    }

    fn header(&mut self, name: &str, entry: &Entry, size: u64) -> io::Result<()> {
        let mut header = Header::new_ustar();
        let mut pax = Vec::new();
        header.set_entry_type(entry_type(entry.kind));
        header.set_mode(u32::from(entry.mode));
        header.set_size(size);
        header.set_uid(fit(u64::from(entry.uid), LARGEST_SMALL, "uid", &mut pax));
        header.set_gid(fit(u64::from(entry.gid), LARGEST_SMALL, "gid", &mut pax));
        let seconds = entry.mtime.div_euclid(1_000_000_000);
        let exact = entry.mtime >= 0 && entry.mtime % 1_000_000_000 == 0;
        if !exact {
            record(&mut pax, "mtime", &decimal_time(entry.mtime));
        }
        header.set_mtime(u64::try_from(seconds).map_or(0, |s| s.min(LARGEST_OCTAL)));
        let bytes = header.as_mut_bytes();
        if short(name) {
            bytes[..name.len()].copy_from_slice(name.as_bytes());
        } else {
            record(&mut pax, "path", name);
            let cut = ascii(name, 100);
            bytes[..cut.len()].copy_from_slice(&cut);
        }
        if short(&entry.link) {
            bytes[157..157 + entry.link.len()].copy_from_slice(entry.link.as_bytes());
        } else {
            record(&mut pax, "linkpath", &entry.link);
        }
        if matches!(entry.kind, EntryKind::CharDevice | EntryKind::BlockDevice) {
            let (major, minor) = entry.rdev;
            if u64::from(major.max(minor)) > LARGEST_SMALL {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "a device number is too large for tar",
                ));
            }
            header.set_device_major(major)?;
            header.set_device_minor(minor)?;
        }
        if !pax.is_empty() {
            self.extended(name, &pax)?;
        }
        header.set_cksum();
        self.out.write_all(header.as_bytes())
    }

    fn extended(&mut self, name: &str, pax: &[u8]) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        header.set_mode(0o644);
        header.set_size(pax.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let base = name
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(name);
        let label = [&b"PaxHeaders.0/"[..], &ascii(base, 80)].concat();
        header.as_mut_bytes()[..label.len()].copy_from_slice(&label);
        header.set_cksum();
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(pax)?;
        self.pad(pax.len() as u64)
    }

    /// Fills the last block of contents of this size.
    pub fn pad(&mut self, size: u64) -> io::Result<()> {
        let zeroes = size.wrapping_neg() % 512;
        self.out.write_all(&[0; 512][..zeroes as usize])
    }
}

fn entry_type(kind: EntryKind) -> EntryType {
    match kind {
        EntryKind::File => EntryType::Regular,
        EntryKind::Dir => EntryType::Directory,
        EntryKind::Symlink => EntryType::Symlink,
        EntryKind::HardLink => EntryType::Link,
        EntryKind::CharDevice => EntryType::Char,
        EntryKind::BlockDevice => EntryType::Block,
        EntryKind::Fifo => EntryType::Fifo,
    }
}

/// The header's number, with a PAX record when it is too large for its field.
fn fit(number: u64, largest: u64, key: &str, pax: &mut Vec<u8>) -> u64 {
    if number <= largest {
        return number;
    }
    record(pax, key, &number.to_string());
    0
}

fn short(name: &str) -> bool {
    name.len() <= 100 && name.is_ascii()
}

/// What old readers see of a name that only PAX can say.
fn ascii(name: &str, longest: usize) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii).take(longest).collect()
}

fn decimal_time(nanos: i64) -> String {
    let (sign, whole) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let text = format!(
        "{sign}{}.{:09}",
        whole / 1_000_000_000,
        whole % 1_000_000_000
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(pax: &mut Vec<u8>, key: &str, value: &str) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + rest.to_string().len();
    if length.to_string().len() > rest.to_string().len() {
        length = rest + length.to_string().len();
    }
    pax.extend_from_slice(format!("{length} {key}={value}\n").as_bytes());
}
