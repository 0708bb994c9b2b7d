//! The four physical changes of an overlay's nodes, and their form in the journal.
//!
//! One operation is one batch of changes, framed together: it is replayed whole or not at all. Replaying does what
//! the live operation did, through the same `State::apply`, so the two cannot differ.

use super::super::{Ino, Kind, Time};
use super::node::{Body, Meta};

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// The node is so from now on; a directory's names stay.
    Put(Ino, Meta),
    /// The name leads to a node, or is whited out.
    Name {
        dir: Ino,
        name: Box<str>,
        ino: Option<Ino>,
    },
    /// The name is as in the image again (where there is none).
    Forget { dir: Ino, name: Box<str> },
    /// The node is gone.
    Drop(Ino),
}

/// Bytes that are no change.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed;

impl Change {
    /// Appends the change's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Change::Put(ino, meta) => {
                let tag = match &meta.body {
                    Body::Dir { .. } => 1,
                    Body::Image => 2,
                    Body::Own { .. } => 3,
                    Body::Symlink(_) => 4,
                    Body::Special { .. } => 5,
                };
                out.push(tag);
                number(out, *ino);
                number(out, u64::from(meta.mode));
                number(out, u64::from(meta.uid));
                number(out, u64::from(meta.gid));
                number(out, meta.nlink);
                for time in [meta.atime, meta.mtime, meta.ctime] {
                    out.extend(time.0.to_le_bytes());
                }
                match &meta.body {
                    Body::Dir { parent } => number(out, *parent),
                    // The size is that of the host's file, which is written first.
                    Body::Image | Body::Own { .. } => {}
                    Body::Symlink(target) => text(out, target),
                    Body::Special { kind, rdev } => {
                        number(out, u64::from(kind.mode_bits()));
                        number(out, u64::from(rdev.0));
                        number(out, u64::from(rdev.1));
                    }
                }
            }
            Change::Name { dir, name, ino } => {
                out.push(if ino.is_some() { 6 } else { 7 });
                number(out, *dir);
                text(out, name);
                if let Some(ino) = ino {
                    number(out, *ino);
                }
            }
            Change::Forget { dir, name } => {
                out.push(8);
                number(out, *dir);
                text(out, name);
            }
            Change::Drop(ino) => {
                out.push(9);
                number(out, *ino);
            }
        }
    }

    /// Takes one change off the front.
    pub fn decode(from: &mut &[u8]) -> Result<Change, Malformed> {
        let tag = take(from, 1)?[0];
        Ok(match tag {
            1..=5 => {
                let ino = read_number(from)?;
                let mode = narrow::<u16>(read_number(from)?)? & 0o7777;
                let uid = narrow(read_number(from)?)?;
                let gid = narrow(read_number(from)?)?;
                let nlink = read_number(from)?;
                let (atime, mtime, ctime) = (time(from)?, time(from)?, time(from)?);
                let body = match tag {
                    1 => Body::Dir {
                        parent: read_number(from)?,
                    },
                    2 => Body::Image,
                    3 => Body::Own { size: 0 },
                    4 => Body::Symlink(read_text(from)?.into()),
                    _ => Body::Special {
                        kind: narrow(read_number(from)?)
                            .ok()
                            .and_then(Kind::from_mode_bits)
                            .ok_or(Malformed)?,
                        rdev: (narrow(read_number(from)?)?, narrow(read_number(from)?)?),
                    },
                };
                let meta = Meta {
                    mode,
                    uid,
                    gid,
                    nlink,
                    atime,
                    mtime,
                    ctime,
                    body,
                };
                Change::Put(ino, meta)
            }
            6 | 7 => Change::Name {
                dir: read_number(from)?,
                name: read_text(from)?.into(),
                ino: if tag == 6 {
                    Some(read_number(from)?)
                } else {
                    None
                },
            },
            8 => Change::Forget {
                dir: read_number(from)?,
                name: read_text(from)?.into(),
            },
            9 => Change::Drop(read_number(from)?),
            _ => return Err(Malformed),
        })
    }
}

/// LEB128.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_number(from: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(from, 1)?[0];
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(Malformed);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, Malformed> {
    T::try_from(value).map_err(|_| Malformed)
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend(text.as_bytes());
}

fn read_text<'a>(from: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    let len = narrow(read_number(from)?)?;
    std::str::from_utf8(take(from, len)?).map_err(|_| Malformed)
}

fn time(from: &mut &[u8]) -> Result<Time, Malformed> {
    let bytes = take(from, 8)?.try_into().map_err(|_| Malformed)?;
    Ok(Time(i64::from_le_bytes(bytes)))
}

fn take<'a>(from: &mut &'a [u8], len: usize) -> Result<&'a [u8], Malformed> {
    let (head, tail) = from.split_at_checked(len).ok_or(Malformed)?;
    *from = tail;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_reads_back_and_no_prefix_does() {
        let meta = |body| Meta {
            mode: 0o4755,
            uid: 1000,
            gid: u32::MAX,
            nlink: 3,
            atime: Time(-1),
            mtime: Time(i64::MAX),
            ctime: Time(0),
            body,
        };
        let changes = [
            Change::Put(1, meta(Body::Dir { parent: u64::MAX })),
            Change::Put(2, meta(Body::Image)),
            Change::Put(3, meta(Body::Own { size: 0 })),
            Change::Put(4, meta(Body::Symlink("../ü".into()))),
            Change::Put(
                5,
                meta(Body::Special {
                    kind: Kind::Fifo,
                    rdev: (1, 2),
                }),
            ),
            Change::Name {
                dir: 1,
                name: "con".into(),
                ino: Some(9),
            },
            Change::Name {
                dir: 1,
                name: "x:y".into(),
                ino: None,
            },
            Change::Forget {
                dir: 1,
                name: "".into(),
            },
            Change::Drop(300),
        ];
        for change in changes {
            let mut bytes = Vec::new();
            change.encode(&mut bytes);
            for cut in 0..bytes.len() {
                assert_eq!(Change::decode(&mut &bytes[..cut]), Err(Malformed));
            }
            let mut rest = &bytes[..];
            assert_eq!(Change::decode(&mut rest), Ok(change));
            assert!(rest.is_empty());
        }
    }
}
