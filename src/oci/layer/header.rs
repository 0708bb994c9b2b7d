//! One 512-byte tar header and the PAX records before it, read strictly.
//!
//! Where readers of the world disagree (two long names, a size that is no octal number, signs), the header is refused:
//! a tar must not mean one thing here and another elsewhere (CVE-2025-62518).

use super::super::error::{Error, Result};
use super::super::limits;

pub const BLOCK: usize = 512;

/// A header block whose checksum was right.
pub struct Header<'b>(&'b [u8; BLOCK]);

/// Which dialect a header speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V7,
    Ustar,
    Gnu,
}

impl<'b> Header<'b> {
    pub fn new(block: &'b [u8; BLOCK]) -> Result<Header<'b>> {
        let stored = octal(&block[148..156], "checksum")?;
        let sums = |signed: bool| {
            let value = |(at, byte): (usize, &u8)| match (at, signed) {
                (148..156, _) => i64::from(b' '),
                (_, true) => i64::from(*byte as i8),
                (_, false) => i64::from(*byte),
            };
            block.iter().enumerate().map(value).sum::<i64>()
        };
        // Some old writers summed signed bytes; every reader takes both.
        if [sums(false), sums(true)].contains(&(stored as i64)) {
            return Ok(Header(block));
        }
        Err(Error::Tar("a header's checksum is wrong".to_owned()))
    }

    pub fn type_flag(&self) -> u8 {
        self.0[156]
    }

    fn dialect(&self) -> Dialect {
        match &self.0[257..265] {
            b"ustar  \0" => Dialect::Gnu,
            magic if magic.starts_with(b"ustar\0") => Dialect::Ustar,
            _ => Dialect::V7,
        }
    }

    /// The name, with ustar's prefix before it.
    pub fn name(&self) -> Result<Vec<u8>> {
        let name = until_nul(&self.0[..100]).to_vec();
        let prefix = until_nul(&self.0[345..500]);
        match self.dialect() {
            Dialect::Ustar if !prefix.is_empty() => Ok([prefix, b"/", &name].concat()),
            // GNU keeps times there; anything else would be a name to some readers and not to others.
            Dialect::Gnu if !self.0[345..369].iter().all(|b| b"01234567 \0".contains(b)) => {
                Err(Error::Tar("a GNU header has a ustar prefix".to_owned()))
            }
            _ => Ok(name),
        }
    }

    pub fn link(&self) -> Vec<u8> {
        until_nul(&self.0[157..257]).to_vec()
    }

    pub fn size(&self) -> Result<u64> {
        number(&self.0[124..136], "size")
    }

    pub fn mode(&self) -> Result<u16> {
        Ok((number(&self.0[100..108], "mode")? & 0o7777) as u16)
    }

    pub fn uid(&self) -> Result<u64> {
        number(&self.0[108..116], "uid")
    }

    pub fn gid(&self) -> Result<u64> {
        number(&self.0[116..124], "gid")
    }

    /// Seconds since the epoch.
    pub fn mtime(&self) -> Result<i64> {
        let field = &self.0[136..148];
        if field[0] & 0x80 == 0 {
            return Ok(number(field, "mtime")? as i64);
        }
        // Base 256 with a sign: the second bit, as GNU tar writes times before 1970.
        let start = if field[0] & 0x40 == 0 { 0 } else { -1 };
        let first = (i128::from(field[0]) & 0x3f) | (i128::from(start) << 6);
        let value = field[1..]
            .iter()
            .fold(first, |n, b| n << 8 | i128::from(*b));
        i64::try_from(value).map_err(|_| wrong("mtime"))
    }

    /// Major and minor number; V7 has no such fields, but there too nothing else may stand in their place.
    pub fn device(&self) -> Result<(u32, u32)> {
        let small = |at: usize| {
            let value = number(&self.0[at..at + 8], "device number")?;
            u32::try_from(value).map_err(|_| wrong("device number"))
        };
        Ok((small(329)?, small(337)?))
    }
}

fn wrong(field: &str) -> Error {
    Error::Tar(format!("a header's {field} is no valid number"))
}

pub fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

/// An octal field, or GNU's base 256 when the first bit is set; never negative.
fn number(field: &[u8], what: &str) -> Result<u64> {
    if field[0] & 0x80 == 0 {
        return octal(field, what);
    }
    if field[0] != 0x80 {
        return Err(wrong(what));
    }
    field[1..].iter().try_fold(0_u64, |n, b| {
        let shifted = n.checked_mul(256).ok_or_else(|| wrong(what))?;
        Ok(shifted | u64::from(*b))
    })
}

fn octal(field: &[u8], what: &str) -> Result<u64> {
    let digits = until_nul(field).trim_ascii();
    if digits.len() > 21 || !digits.iter().all(|b| (b'0'..=b'7').contains(b)) {
        return Err(wrong(what));
    }
    Ok(digits.iter().fold(0, |n, b| n << 3 | u64::from(b - b'0')))
}

/// The PAX records that a layer can use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pax {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u64>,
    pub gid: Option<u64>,
    /// Nanoseconds since the epoch.
    pub mtime: Option<i64>,
    pub sparse: bool,
}

impl Pax {
    /// Reads the records of an extended header: `LENGTH KEY=VALUE\n` each.
    pub fn parse(mut data: &[u8]) -> Result<Pax> {
        let broken = || Error::Tar("a PAX header is malformed".to_owned());
        let mut pax = Pax::default();
        while !data.is_empty() {
            let space = data.iter().take(8).position(|b| *b == b' ');
            let (digits, _) = data.split_at(space.ok_or_else(broken)?);
            let length = decimal(digits).ok_or_else(broken)? as usize;
            if length <= digits.len() + 1 || length > data.len() {
                return Err(broken());
            }
            let (record, rest) = data.split_at(length);
            let record = record[digits.len() + 1..]
                .strip_suffix(b"\n")
                .ok_or_else(broken)?;
            let equals = record.iter().position(|b| *b == b'=').ok_or_else(broken)?;
            pax.take(&record[..equals], &record[equals + 1..])
                .ok_or_else(broken)?;
            data = rest;
        }
        Ok(pax)
    }

    /// An empty value takes a record back. `None` when the value is no value of its key.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let set = !value.is_empty();
        let bytes = || set.then(|| value.to_vec());
        let count = || match set {
            true => decimal(value).map(Some),
            false => Some(None),
        };
        match key {
            b"path" => self.path = bytes(),
            b"linkpath" => self.link = bytes(),
            b"size" => self.size = count()?,
            b"uid" => self.uid = count()?,
            b"gid" => self.gid = count()?,
            b"mtime" if set => self.mtime = Some(time(value)?),
            b"mtime" => self.mtime = None,
            _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        Some(())
    }

    /// Whether a global header with these records would change what members mean.
    pub fn changes_members(&self) -> bool {
        *self != Pax::default()
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Decimal seconds with a fraction, as nanoseconds; digits beyond nanoseconds are cut towards the past.
fn time(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds = i64::try_from(decimal(whole.as_bytes())?).ok()?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(9)
        .fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    let total = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(if negative { -total } else { total })
}

/// Bounds the length of an extended header before it is read.
pub fn check_extended(size: u64) -> Result<()> {
    if size <= limits::EXTENDED_HEADER {
        return Ok(());
    }
    Err(Error::Limit {
        what: "extended tar header",
        limit: format!("{} bytes", limits::EXTENDED_HEADER),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pax_records_are_read() {
        let pax =
            Pax::parse(b"12 path=a/b\n18 mtime=1.5000000\n11 uid=123\n24 SCHILY.xattr.user.x=y\n");
        // The last length is wrong on purpose.
        assert!(pax.is_err());
        let pax = Pax::parse(b"12 path=a/b\n20 mtime=-1.5000000\n11 uid=123\n").unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"a/b"[..]));
        assert_eq!(pax.mtime, Some(-1_500_000_000));
        assert_eq!(pax.uid, Some(123));
        let taken_back = Pax::parse(b"12 path=a/b\n8 path=\n").unwrap();
        assert_eq!(taken_back, Pax::default());
    }

    #[test]
    fn malformed_records_are_refused() {
        for wrong in [
            &b"12 path=a/b"[..],
            b"13 path=a/b\n",
            b"3 \n",
            b"0 a=b\n",
            b"-5 a=b\n",
            b"9 size=x\n",
            b"10 uid=-5\n",
            b"99999999999999999999 a=b\n",
            b"6 path\n",
        ] {
            assert!(Pax::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn numbers_are_strict() {
        assert_eq!(octal(b"0000644\0", "x").unwrap(), 0o644);
        assert_eq!(octal(b"   644 \0", "x").unwrap(), 0o644);
        assert_eq!(octal(b"\0\0\0\0\0\0\0\0", "x").unwrap(), 0);
        assert_eq!(number(b"\x80\0\0\0\0\0\x01\0", "x").unwrap(), 256);
        for wrong in [
            &b"-0000001"[..],
            b"0o000644",
            b"1_000000",
            b"\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(number(wrong, "x").is_err(), "{wrong:?}");
        }
    }
}
