//! The last part of `source:target:mode`: which words it may have, each sort once.

/// What a mode says. Words that have no effect here (labels, consistency) are only checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode<'a> {
    pub read_only: bool,
    /// Leave an empty volume empty.
    pub no_copy: bool,
    pub propagation: Option<&'a str>,
}

/// The words of mount propagation.
pub const PROPAGATIONS: [&str; 6] = [
    "private", "rprivate", "slave", "rslave", "shared", "rshared",
];

impl<'a> Mode<'a> {
    /// Reads a mode; `None` if Docker does not know it.
    pub fn parse(text: &'a str) -> Option<Mode<'a>> {
        let mut mode = Mode::default();
        if text.is_empty() {
            return Some(mode);
        }
        let (mut access, mut label, mut consistency) = (0, 0, 0);
        for word in text.split(',') {
            match word {
                "rw" | "ro" => {
                    access += 1;
                    mode.read_only = word == "ro";
                }
                "z" | "Z" => label += 1,
                "consistent" | "cached" | "delegated" => consistency += 1,
                "nocopy" if !mode.no_copy => mode.no_copy = true,
                word if PROPAGATIONS.contains(&word) && mode.propagation.is_none() => {
                    mode.propagation = Some(word);
                }
                _ => return None,
            }
        }
        (access.max(label).max(consistency) < 2).then_some(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_word_may_stand_once() {
        for good in [
            "",
            "rw",
            "ro",
            "z",
            "Z,ro",
            "cached",
            "rslave",
            "ro,nocopy",
            "nocopy,z,shared,delegated,rw",
        ] {
            assert!(Mode::parse(good).is_some(), "{good}");
        }
        for bad in [
            "foo",
            "ro,rw",
            "ro,ro",
            "z,Z",
            "delegated,consistent",
            "ro,",
            "shared,private",
            "copy",
            "nocopy,nocopy",
            "volume-nocopy",
            "RO",
        ] {
            assert_eq!(Mode::parse(bad), None, "{bad}");
        }
        let mode = Mode::parse("ro,nocopy").unwrap();
        assert!(mode.read_only && mode.no_copy);
    }
}
