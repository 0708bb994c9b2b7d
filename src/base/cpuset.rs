//! Lists of CPU numbers as `--cpuset-cpus` takes them, `0-2,4`, and the sets they become.
//!
//! The grammar is Docker's `ParseUintList`; which CPUs there are is not known here.

use std::fmt;

/// The highest number that Docker accepts in a list.
const HIGHEST: u32 = 8192;

/// Why a list is none. `Display` gives Docker's words, to which it adds its own prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CpuListError {
    #[error("invalid format: {0}")]
    Format(String),
    #[error("value of out range, maximum is {HIGHEST}")]
    Range,
}

/// A set of CPUs, 0 to 127: as many as this engine uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuSet(u128);

impl CpuSet {
    /// How many CPUs a set can name.
    pub const MOST: u32 = u128::BITS;
    pub const EMPTY: CpuSet = CpuSet(0);
    pub const ALL: CpuSet = CpuSet(u128::MAX);

    /// CPUs 0 to `count` - 1.
    pub fn first(count: u32) -> CpuSet {
        match count {
            CpuSet::MOST.. => CpuSet::ALL,
            _ => CpuSet((1 << count) - 1),
        }
    }

    /// One CPU; numbers above 127 are in no set.
    pub fn one(cpu: u32) -> CpuSet {
        CpuSet(1_u128.checked_shl(cpu).unwrap_or(0))
    }

    pub fn contains(self, cpu: u32) -> bool {
        self.meets(CpuSet::one(cpu))
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether both have a CPU in common.
    pub fn meets(self, other: CpuSet) -> bool {
        self.0 & other.0 != 0
    }

    pub fn and(self, other: CpuSet) -> CpuSet {
        CpuSet(self.0 & other.0)
    }

    pub fn insert(&mut self, cpu: u32) {
        self.0 |= CpuSet::one(cpu).0;
    }

    pub fn remove(&mut self, cpu: u32) {
        self.0 &= !CpuSet::one(cpu).0;
    }

    /// The lowest CPU.
    pub fn lowest(self) -> Option<u32> {
        (self.0 != 0).then(|| self.0.trailing_zeros())
    }

    /// The CPUs in rising order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..CpuSet::MOST).filter(move |cpu| self.contains(*cpu))
    }
}

/// As the kernel writes it: `0-2,4`.
impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        let mut rest = self.0;
        while rest != 0 {
            let first = rest.trailing_zeros();
            let count = (rest >> first).trailing_ones();
            match count {
                1 => write!(f, "{comma}{first}")?,
                _ => write!(f, "{comma}{first}-{}", first + count - 1)?,
            }
            comma = ",";
            rest &= !(CpuSet::first(count).0 << first);
        }
        Ok(())
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

/// Reads a list: its set, and the highest number in it, which may be too high for the set. An empty text is no list.
pub fn parse(text: &str) -> Result<(CpuSet, u32), CpuListError> {
    let wrong = || CpuListError::Format(text.to_owned());
    // Go's Atoi takes a plus sign too.
    let number = |part: &str| part.parse::<u32>().map_err(|_| wrong());
    let (mut set, mut highest) = (CpuSet::EMPTY, 0);
    for part in text.split(',') {
        let (low, high) = match part.split_once('-') {
            None => (number(part)?, number(part)?),
            Some((low, high)) => (number(low)?, number(high)?),
        };
        if high < low {
            return Err(wrong());
        }
        if high > HIGHEST {
            return Err(CpuListError::Range);
        }
        (low..=high.min(CpuSet::MOST)).for_each(|cpu| set.insert(cpu));
        highest = highest.max(high);
    }
    Ok((set, highest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_as_docker_reads_them() {
        let shown = |text: &str| parse(text).map(|(set, _)| set.to_string());
        for (text, set) in [
            ("0", "0"),
            ("0-1", "0-1"),
            ("1,0", "0-1"),
            ("0-0", "0"),
            ("00,+1", "0-1"),
            ("0-1,1,4,6-7", "0-1,4,6-7"),
            ("127", "127"),
            ("0-8192", "0-127"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(set));
        }
        for bad in [
            "",
            ",",
            "a",
            "-1",
            "0-",
            "1-0",
            "0,,1",
            " 0",
            "99999999999999999999",
        ] {
            assert_eq!(parse(bad), Err(CpuListError::Format(bad.to_owned())));
        }
        assert_eq!(parse("9000"), Err(CpuListError::Range));
        assert_eq!(parse("3,200").unwrap().1, 200);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(bits in any::<u128>()) {
            let set = CpuSet(bits);
            prop_assert_eq!(set.iter().collect::<Vec<_>>().len(), set.len() as usize);
            if !set.is_empty() {
                prop_assert_eq!(parse(&set.to_string()).unwrap().0, set);
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "[-0-9,+ a]{0,12}") {
            let _ = parse(&text);
        }
    }
}
