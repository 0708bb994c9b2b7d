//! Reading a snapshot, by this server or by any Redis up to 7.4: packed and compressed forms too. Streams, modules and functions
//! are refused by name.

use super::crc64::crc64;
use super::rdb::{kind, mark};
use super::{lzf, packed};
use crate::data::{Value, Zset, number};
use crate::server::{Server, log};

/// The highest version whose forms are known here.
const NEWEST: u32 = 12;
const SHORT: &str = "the file ends early";

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What a length can be instead of a length.
enum Length {
    Plain(usize),
    Special(u8),
}

/// Reads all of it; keys that were loaded, keys whose time was over.
pub fn snapshot(server: &mut Server, bytes: &[u8]) -> Result<(u64, u64), String> {
    let version = bytes
        .strip_prefix(b"REDIS")
        .and_then(|rest| rest.get(..4))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse::<u32>().ok());
    match version {
        Some(1..=NEWEST) => {}
        Some(version) => return Err(format!("Can't handle RDB format version {version}")),
        None => return Err("Wrong signature trying to load DB from file".into()),
    }
    let mut input = Input { bytes, at: 9 };
    let (mut db, mut expires, mut loaded, mut expired) = (0, None, 0, 0);
    loop {
        match input.byte()? {
            mark::AUX => {
                let (name, value) = (input.string()?, input.string()?);
                if name == b"redis-ver" {
                    log(
                        '*',
                        format_args!(
                            "Loading RDB produced by version {}",
                            String::from_utf8_lossy(&value)
                        ),
                    );
                }
                if name == b"ctime"
                    && let Some(made) = number::integer(&value)
                {
                    log(
                        '*',
                        format_args!("RDB age {} seconds", server.now as i64 / 1000 - made),
                    );
                }
            }
            mark::SELECT => {
                db = input.length()?;
                if db >= server.dbs.len() {
                    return Err(format!(
                        "Data file was created with a Redis server configured to handle more than {} databases",
                        server.dbs.len()
                    ));
                }
            }
            mark::RESIZE => {
                input.length()?;
                input.length()?;
            }
            mark::SLOT => {
                for _ in 0..3 {
                    input.length()?;
                }
            }
            mark::EXPIRES => expires = Some(u64::from_le_bytes(input.array()?)),
            mark::EXPIRES_SECONDS => {
                expires = Some(u64::from(u32::from_le_bytes(input.array()?)) * 1000)
            }
            mark::IDLE => drop(input.length()?),
            mark::FREQUENCY => drop(input.byte()?),
            mark::FUNCTION => return Err("functions are not supported".into()),
            mark::END => break,
            kind => {
                let key = input.string()?;
                let value = input.value(kind)?;
                let until = expires.take();
                if until.is_some_and(|at| at <= server.now) {
                    expired += 1;
                    continue;
                }
                let db = server.db(db);
                db.insert(key.clone(), value);
                db.expire(&key, until);
                loaded += 1;
            }
        }
    }
    if version >= Some(5) {
        let sum = u64::from_le_bytes(input.array()?);
        // Zero: written without one.
        if sum != 0 && sum != crc64(&bytes[..input.at - 8]) {
            return Err("Wrong RDB checksum".into());
        }
    }
    Ok((loaded, expired))
}

impl Input<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let part = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.get(..count))
            .ok_or(SHORT)?;
        self.at += count;
        Ok(part)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| SHORT.to_owned())
    }

    fn any_length(&mut self) -> Result<Length, String> {
        let first = self.byte()?;
        Ok(match first >> 6 {
            0 => Length::Plain(usize::from(first & 0x3f)),
            1 => Length::Plain(usize::from(first & 0x3f) << 8 | usize::from(self.byte()?)),
            3 => Length::Special(first & 0x3f),
            _ if first == 0x80 => Length::Plain(u32::from_be_bytes(self.array()?) as usize),
            _ if first == 0x81 => {
                let length = u64::from_be_bytes(self.array()?);
                Length::Plain(
                    usize::try_from(length)
                        .map_err(|_| "a length that does not fit into memory")?,
                )
            }
            _ => return Err(format!("unknown length {first:#x}")),
        })
    }

    fn length(&mut self) -> Result<usize, String> {
        match self.any_length()? {
            Length::Plain(length) => Ok(length),
            Length::Special(_) => Err("a string where a length belongs".into()),
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, String> {
        let number = |number: i64| number.to_string().into_bytes();
        match self.any_length()? {
            Length::Plain(length) => Ok(self.take(length)?.to_vec()),
            Length::Special(0) => Ok(number(i8::from_le_bytes(self.array()?).into())),
            Length::Special(1) => Ok(number(i16::from_le_bytes(self.array()?).into())),
            Length::Special(2) => Ok(number(i32::from_le_bytes(self.array()?).into())),
            Length::Special(3) => {
                let (packed, length) = (self.length()?, self.length()?);
                lzf::expand(self.take(packed)?, length)
                    .ok_or_else(|| "a compressed string that is damaged".into())
            }
            Length::Special(other) => Err(format!("unknown string encoding {other}")),
        }
    }

    fn strings(&mut self, each: usize) -> Result<Vec<Vec<u8>>, String> {
        let count = self.length()?;
        (0..count.saturating_mul(each))
            .map(|_| self.string())
            .collect()
    }

    /// A string that holds a packed collection.
    fn pack(&mut self, read: fn(&[u8]) -> Option<Vec<Vec<u8>>>) -> Result<Vec<Vec<u8>>, String> {
        read(&self.string()?).ok_or_else(|| "a packed collection that is damaged".into())
    }

    /// The score of a sorted set of old: a length and digits, or a sign for what is no number.
    fn old_score(&mut self) -> Result<f64, String> {
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            length => number::float(self.take(length.into())?)
                .ok_or_else(|| "a score that is no number".into()),
        }
    }

    fn value(&mut self, kind: u8) -> Result<Value, String> {
        Ok(match kind {
            kind::STRING => Value::String(self.string()?),
            kind::LIST => Value::List(self.strings(1)?.into()),
            kind::SET => Value::Set(self.strings(1)?.into_iter().collect()),
            kind::HASH => hash(self.strings(2)?),
            kind::ZSET | kind::ZSET_TEXT => {
                let mut zset = Zset::default();
                for _ in 0..self.length()? {
                    let member = self.string()?;
                    let score = if kind == kind::ZSET {
                        f64::from_le_bytes(self.array()?)
                    } else {
                        self.old_score()?
                    };
                    zset.insert(&member, score);
                }
                Value::Zset(Box::new(zset))
            }
            kind::LIST_ZIPLIST => Value::List(self.pack(packed::ziplist)?.into()),
            kind::SET_INTSET => Value::Set(self.pack(packed::intset)?.into_iter().collect()),
            kind::SET_LISTPACK => Value::Set(self.pack(packed::listpack)?.into_iter().collect()),
            kind::HASH_ZIPLIST => hash(self.pack(packed::ziplist)?),
            kind::HASH_LISTPACK => hash(self.pack(packed::listpack)?),
            kind::ZSET_ZIPLIST => zset(self.pack(packed::ziplist)?)?,
            kind::ZSET_LISTPACK => zset(self.pack(packed::listpack)?)?,
            kind::LIST_OF_ZIPLISTS => {
                let mut list = Vec::new();
                for _ in 0..self.length()? {
                    list.append(&mut self.pack(packed::ziplist)?);
                }
                Value::List(list.into())
            }
            kind::LIST_OF_LISTPACKS => {
                /// A single element that was too large for a pack.
                const PLAIN: usize = 1;
                let mut list = Vec::new();
                for _ in 0..self.length()? {
                    match self.length()? {
                        PLAIN => list.push(self.string()?),
                        _ => list.append(&mut self.pack(packed::listpack)?),
                    }
                }
                Value::List(list.into())
            }
            other => return Err(format!("values of type {other} are not supported")),
        })
    }
}

fn hash(items: Vec<Vec<u8>>) -> Value {
    let mut items = items.into_iter();
    let mut pairs = Vec::new();
    while let (Some(field), Some(value)) = (items.next(), items.next()) {
        pairs.push((field, value));
    }
    Value::Hash(pairs.into_iter().collect())
}

fn zset(items: Vec<Vec<u8>>) -> Result<Value, String> {
    let mut zset = Zset::default();
    for pair in items.chunks_exact(2) {
        let score = number::float(&pair[1]).ok_or("a score that is no number")?;
        zset.insert(&pair[0], score);
    }
    Ok(Value::Zset(Box::new(zset)))
}
