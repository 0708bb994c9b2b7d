//! The packed forms in which Redis keeps small collections: listpack, ziplist, intset. Only reading.

/// The elements of a listpack.
pub fn listpack(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut at, mut items) = (6, Vec::new());
    loop {
        let first = *bytes.get(at)?;
        let le = |count: usize| little(bytes.get(at + 1..at + 1 + count)?);
        let text = |head: usize, length: usize| {
            Some((
                head + length,
                bytes.get(at + head..at + head + length)?.to_vec(),
            ))
        };
        let number = |size: usize, value: i64| Some((size, value.to_string().into_bytes()));
        let (size, item) = match first {
            0xff => return Some(items),
            0..=0x7f => number(1, first.into()),
            0x80..=0xbf => text(1, usize::from(first & 0x3f)),
            0xc0..=0xdf => {
                let value = i64::from(first & 0x1f) << 8 | i64::from(*bytes.get(at + 1)?);
                number(
                    2,
                    if value >= 1 << 12 {
                        value - (1 << 13)
                    } else {
                        value
                    },
                )
            }
            0xe0..=0xef => text(
                2,
                usize::from(first & 0xf) << 8 | usize::from(*bytes.get(at + 1)?),
            ),
            0xf0 => text(5, usize::try_from(le(4)? as u32).ok()?),
            0xf1 => number(3, le(2)?),
            0xf2 => number(4, le(3)?),
            0xf3 => number(5, le(4)?),
            0xf4 => number(9, le(8)?),
            _ => return None,
        }?;
        items.push(item);
        // Behind every element its length stands backwards, in sevens of bits.
        at += size
            + match size {
                0..=127 => 1,
                128..=16383 => 2,
                16384..=2_097_151 => 3,
                2_097_152..=268_435_455 => 4,
                _ => 5,
            };
    }
}

/// The elements of a ziplist, listpack's forerunner.
pub fn ziplist(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut at, mut items) = (10, Vec::new());
    loop {
        match *bytes.get(at)? {
            0xff => return Some(items),
            0xfe => at += 5,
            _ => at += 1,
        }
        let first = *bytes.get(at)?;
        let le = |count: usize| little(bytes.get(at + 1..at + 1 + count)?);
        let text = |head: usize, length: usize| {
            Some((
                head + length,
                bytes.get(at + head..at + head + length)?.to_vec(),
            ))
        };
        let number = |size: usize, value: i64| Some((size, value.to_string().into_bytes()));
        let (size, item) = match first {
            0..=0x3f => text(1, usize::from(first)),
            0x40..=0x7f => text(
                2,
                usize::from(first & 0x3f) << 8 | usize::from(*bytes.get(at + 1)?),
            ),
            0x80 => {
                let length = bytes.get(at + 1..at + 5)?;
                text(
                    5,
                    length
                        .iter()
                        .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                )
            }
            0xc0 => number(3, le(2)?),
            0xd0 => number(5, le(4)?),
            0xe0 => number(9, le(8)?),
            0xf0 => number(4, le(3)?),
            0xfe => number(2, le(1)?),
            0xf1..=0xfd => number(1, i64::from(first & 0xf) - 1),
            _ => None,
        }?;
        items.push(item);
        at += size;
    }
}

/// The numbers of an intset.
pub fn intset(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let size = little(bytes.get(..4)?)? as usize;
    if !matches!(size, 2 | 4 | 8) {
        return None;
    }
    let numbers = bytes.get(8..)?.chunks_exact(size).map(little);
    numbers
        .map(|number| Some(number?.to_string().into_bytes()))
        .collect()
}

/// A signed number, its lowest byte first.
fn little(bytes: &[u8]) -> Option<i64> {
    let mut value = [if bytes.last()? & 0x80 != 0 { 0xff } else { 0 }; 8];
    value.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(value))
}
