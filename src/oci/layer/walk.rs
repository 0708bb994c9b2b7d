//! The walk over a tar: one pass, bounded in everything that it keeps, to the end of the stream.

use super::super::error::{Error, Result};
use super::super::limits;
use super::header::{BLOCK, Header, Pax, check_extended, until_nul};
use super::names::{self, Meaning, refuse};
use super::{Entry, EntryKind, LayerIndex, Whiteout};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

/// Indexes an uncompressed tar and reads it to its end; nothing is unpacked.
///
/// Refused, each with the member's name: what climbs out of the root, names that are no UTF-8, hard links to what the
/// layer does not have, sparse members, unknown types, whatever readers would disagree about, and everything over
/// `limits`. An empty stream is an empty layer, as for Docker.
pub fn index(reader: &mut dyn Read) -> Result<LayerIndex> {
    let mut index = LayerIndex::default();
    let mut name_bytes = 0;
    let size = members(reader, |entry, _| {
        name_bytes += entry.path.len() + entry.link.len();
        check_count(index.entries.len() + index.whiteouts.len(), name_bytes)?;
        let (path, opaque) = match names::meaning(&entry.path)? {
            Meaning::Nothing => return Ok(()),
            Meaning::Member => {
                index.entries.push(entry);
                return Ok(());
            }
            Meaning::Whiteout(path) => (path, false),
            Meaning::Opaque(path) => (path, true),
        };
        index.whiteouts.push(Whiteout { path, opaque });
        Ok::<(), Error>(())
    })?;
    index.tar_size = size;
    check_order(&index.entries)?;
    Ok(index)
}

/// Gives each member of an uncompressed tar with its contents, as far as they are read, and returns the tar's length.
///
/// The tar is read to its end. Whatever `index` refuses about one member is refused here; what members are to each other, their
/// number and whiteouts are left to whoever takes them.
pub fn members<E: From<Error>>(
    reader: &mut dyn Read,
    mut each: impl FnMut(Entry, &mut dyn Read) -> std::result::Result<(), E>,
) -> std::result::Result<u64, E> {
    let mut walk = Walk {
        input: BufReader::with_capacity(128 * 1024, reader),
        position: 0,
    };
    let mut before = Before::default();
    while let Some(block) = walk.header()? {
        let Some(entry) = walk.member(&block, &mut before)? else {
            continue;
        };
        let size = entry.size;
        let mut contents = Contents {
            walk: &mut walk,
            left: size,
        };
        each(entry, &mut contents)?;
        let left = contents.left;
        walk.skip(left.saturating_add(padding(size)))?;
    }
    if before != Before::default() {
        return Err(Error::Tar("it ends after an extended header".to_owned()).into());
    }
    walk.skip_to_end()?;
    Ok(walk.position)
}

/// The contents of one member.
struct Contents<'w, 'r> {
    walk: &'w mut Walk<'r>,
    left: u64,
}

impl Read for Contents<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let want = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if want == 0 {
            return Ok(0);
        }
        let count = self.walk.input.read(&mut buffer[..want])?;
        if count == 0 {
            return Err(Error::Tar("unexpected EOF".to_owned()).into());
        }
        self.walk.moved(count as u64)?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// What extended headers say about the member that follows.
#[derive(Default, PartialEq, Eq)]
struct Before {
    pax: Option<Pax>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

struct Walk<'r> {
    input: BufReader<&'r mut dyn Read>,
    /// Bytes that have gone by.
    position: u64,
}

impl Walk<'_> {
    /// The next header block, or `None` at the end of the archive.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>> {
        let zero = [0; BLOCK];
        let Some(block) = self.block()? else {
            return Ok(None);
        };
        if block != zero {
            return Ok(Some(block));
        }
        match self.block()? {
            None => Ok(None),
            Some(second) if second == zero => Ok(None),
            Some(_) => Err(Error::Tar("there is data after a zero block".to_owned())),
        }
    }

    /// One block; `None` where the stream ends between blocks.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(Some(block))
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<()> {
        self.input.read_exact(out).map_err(cut_short)?;
        self.moved(out.len() as u64)
    }

    fn moved(&mut self, bytes: u64) -> Result<()> {
        self.position += bytes;
        if self.position <= limits::LAYER_BYTES {
            return Ok(());
        }
        Err(layer_too_big())
    }

    fn skip(&mut self, mut bytes: u64) -> Result<()> {
        if bytes > limits::LAYER_BYTES {
            return Err(layer_too_big());
        }
        while bytes > 0 {
            let there = self.input.fill_buf()?.len();
            if there == 0 {
                return Err(Error::Tar("unexpected EOF".to_owned()));
            }
            let step = bytes.min(there as u64);
            self.input.consume(step as usize);
            self.moved(step)?;
            bytes -= step;
        }
        Ok(())
    }

    fn skip_to_end(&mut self) -> Result<()> {
        loop {
            let there = self.input.fill_buf()?.len();
            if there == 0 {
                return Ok(());
            }
            self.input.consume(there);
            self.moved(there as u64)?;
        }
    }

    /// The data of an extended header, without its padding.
    fn extended(&mut self, size: u64) -> Result<Vec<u8>> {
        check_extended(size)?;
        let mut data = vec![0; size as usize];
        self.fill(&mut data)?;
        self.skip(padding(size))?;
        Ok(data)
    }

    /// What a header says; `None` if it is about the next one.
    fn member(&mut self, block: &[u8; BLOCK], before: &mut Before) -> Result<Option<Entry>> {
        let header = Header::new(block)?;
        let twice = || Error::Tar("two extended headers before one member".to_owned());
        match header.type_flag() {
            b'x' => {
                let pax = Pax::parse(&self.extended(header.size()?)?)?;
                if before.pax.replace(pax).is_some() {
                    return Err(twice());
                }
                Ok(None)
            }
            b'g' => {
                if Pax::parse(&self.extended(header.size()?)?)?.changes_members() {
                    return Err(Error::Tar(
                        "a global PAX header changes the members".to_owned(),
                    ));
                }
                Ok(None)
            }
            kind @ (b'L' | b'K') => {
                let data = self.extended(header.size()?)?;
                let name = until_nul(&data);
                if data[name.len()..].iter().any(|b| *b != 0) {
                    return Err(Error::Tar("a long name goes on after its end".to_owned()));
                }
                let slot = match kind {
                    b'L' => &mut before.name,
                    _ => &mut before.link,
                };
                if slot.replace(name.to_vec()).is_some() {
                    return Err(twice());
                }
                Ok(None)
            }
            _ => self.entry(&header, std::mem::take(before)).map(Some),
        }
    }

    fn entry(&self, header: &Header<'_>, before: Before) -> Result<Entry> {
        let pax = before.pax.unwrap_or_default();
        let given = one_of(pax.path, before.name, || header.name())?;
        let given = names::text(given)?;
        let kind = kind(header.type_flag(), &given)?;
        if pax.sparse {
            return refuse(&given, "sparse files are not supported");
        }
        if kind != EntryKind::Dir && given.ends_with('/') {
            return refuse(&given, "the name ends in a slash but is no folder's");
        }
        let path = names::clean(&given)?;
        // Every number is read, needed or not: other readers stop at one that is wrong.
        let (own_size, mode, device) = (header.size()?, header.mode()?, header.device()?);
        let own_time = header.mtime()?.saturating_mul(1_000_000_000);
        let (own_uid, own_gid) = (header.uid()?, header.gid()?);
        let size = match kind {
            EntryKind::File => pax.size.unwrap_or(own_size),
            _ => 0,
        };
        let offset = self.position;
        let link = match kind {
            EntryKind::Symlink | EntryKind::HardLink => {
                let link = one_of(pax.link, before.link, || Ok(header.link()))?;
                names::text(link)?
            }
            _ => String::new(),
        };
        let narrow = |id: u64| match u32::try_from(id) {
            Ok(id) => Ok(id),
            Err(_) => refuse(&given, "the owner's number is over 32 bits"),
        };
        let uid = narrow(pax.uid.unwrap_or(own_uid))?;
        let gid = narrow(pax.gid.unwrap_or(own_gid))?;
        if size > limits::LAYER_BYTES {
            return Err(layer_too_big());
        }
        if path.is_empty() && kind != EntryKind::Dir {
            return refuse(&given, "the root must be a folder");
        }
        let link = match kind {
            EntryKind::HardLink => names::clean(&link)?,
            EntryKind::Symlink if link.is_empty() => {
                return refuse(&given, "the symbolic link is empty");
            }
            _ => link,
        };
        Ok(Entry {
            path,
            kind,
            mode,
            uid,
            gid,
            mtime: pax.mtime.unwrap_or(own_time),
            size,
            offset,
            link,
            rdev: match kind {
                EntryKind::CharDevice | EntryKind::BlockDevice => device,
                _ => (0, 0),
            },
        })
    }
}

/// How much a layer's index may hold.
fn check_count(members: usize, name_bytes: usize) -> Result<()> {
    if members >= limits::ENTRIES {
        return Err(Error::Limit {
            what: "number of files in a layer",
            limit: limits::ENTRIES.to_string(),
        });
    }
    if name_bytes > limits::NAME_BYTES {
        return Err(Error::Limit {
            what: "length of all names in a layer",
            limit: format!("{} bytes", limits::NAME_BYTES),
        });
    }
    Ok(())
}

/// PAX wins over the header as everywhere; PAX and GNU's long name at once are read differently by different readers.
fn one_of(
    pax: Option<Vec<u8>>,
    gnu: Option<Vec<u8>>,
    header: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    match (pax, gnu) {
        (Some(_), Some(_)) => Err(Error::Tar("a member has two long names".to_owned())),
        (Some(name), None) | (None, Some(name)) => Ok(name),
        (None, None) => header(),
    }
}

fn kind(flag: u8, name: &str) -> Result<EntryKind> {
    Ok(match flag {
        // V7 had no folders: a name ending in a slash was one.
        0 if name.ends_with('/') => EntryKind::Dir,
        b'0' | 0 | b'7' => EntryKind::File,
        b'1' => EntryKind::HardLink,
        b'2' => EntryKind::Symlink,
        b'3' => EntryKind::CharDevice,
        b'4' => EntryKind::BlockDevice,
        b'5' => EntryKind::Dir,
        b'6' => EntryKind::Fifo,
        b'S' => return refuse(name, "sparse files are not supported"),
        other => {
            let what = format!("unknown type '{}'", (other as char).escape_default());
            return refuse(name, what);
        }
    })
}

/// Hard links must name something that came before, and nothing may lie in what is no folder.
fn check_order(entries: &[Entry]) -> Result<()> {
    let mut kinds: HashMap<&str, EntryKind> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let parent = entry.path.rsplit_once('/').map(|(parent, _)| parent);
        match parent.and_then(|parent| kinds.get(parent)) {
            // A link to a folder is followed, inside the tree, by whoever builds it.
            None | Some(EntryKind::Dir | EntryKind::Symlink) => {}
            Some(_) => return refuse(&entry.path, "its parent is not a folder"),
        }
        let mut kind = entry.kind;
        if kind == EntryKind::HardLink {
            kind = match kinds.get(entry.link.as_str()) {
                None => {
                    let what = format!("hard link to a missing path \"{}\"", entry.link);
                    return refuse(&entry.path, what);
                }
                Some(EntryKind::Dir) => return refuse(&entry.path, "hard link to a folder"),
                Some(target) => *target,
            };
        }
        kinds.insert(&entry.path, kind);
    }
    Ok(())
}

fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

fn layer_too_big() -> Error {
    Error::Limit {
        what: "layer size",
        limit: format!("{} bytes", limits::LAYER_BYTES),
    }
}

fn cut_short(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::Tar("unexpected EOF".to_owned()),
        _ => error.into(),
    }
}
