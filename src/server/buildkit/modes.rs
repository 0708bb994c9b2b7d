//! Go's `fs.FileMode`, in which a client tells what its files are.

/// `fs.ModeDir`, `ModeSymlink`, `ModeNamedPipe`, `ModeDevice` and `ModeCharDevice`.
pub const FOLDER: u32 = 1 << 31;
pub const LINK: u32 = 1 << 27;
pub const PIPE: u32 = 1 << 25;
pub const DEVICE: u32 = 1 << 26;
pub const CHARS: u32 = 1 << 21;
/// All that make a file no regular one.
pub const SPECIAL: u32 = FOLDER | LINK | PIPE | DEVICE | CHARS | 1 << 24 | 1 << 19;
/// The bits for setuid, setgid and sticky, with those of Unix.
const BITS: [(u32, u16); 3] = [(1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000)];

/// The permission bits of Unix.
pub fn unix(mode: u32) -> u16 {
    let special = BITS.iter().filter(|(bit, _)| mode & bit != 0);
    // Nine bits fit.
    special.fold((mode & 0o777) as u16, |all, (_, bit)| all | bit)
}

/// Go's bits for those of Unix.
pub fn of(mode: u16) -> u32 {
    let special = BITS.iter().filter(|(_, bit)| mode & bit != 0);
    special.fold(u32::from(mode & 0o777), |all, (bit, _)| all | bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_come_back() {
        for mode in [0, 0o644, 0o4755, 0o2750, 0o1777, 0o7777] {
            assert_eq!(unix(of(mode)), mode);
        }
        assert_eq!(of(0o4755), 1 << 23 | 0o755);
    }
}
