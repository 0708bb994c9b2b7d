//! File modes: `drwxr-xr-x`, and what `chmod u+x,go=rX` does to one.

pub const S_IFMT: u32 = 0o170000;
pub const S_IFDIR: u32 = 0o040000;
pub const S_IFREG: u32 = 0o100000;
pub const S_IFLNK: u32 = 0o120000;
pub const S_IFCHR: u32 = 0o020000;
pub const S_IFBLK: u32 = 0o060000;
pub const S_IFIFO: u32 = 0o010000;
pub const S_IFSOCK: u32 = 0o140000;

/// The type's letter in `ls -l`.
pub fn letter(mode: u32) -> char {
    match mode & S_IFMT {
        S_IFDIR => 'd',
        S_IFLNK => 'l',
        S_IFCHR => 'c',
        S_IFBLK => 'b',
        S_IFIFO => 'p',
        S_IFSOCK => 's',
        _ => '-',
    }
}

/// `drwxr-xr-x`.
pub fn text(mode: u32) -> String {
    let mut text = String::with_capacity(10);
    text.push(letter(mode));
    for (shift, special, set, both) in [
        (6, 0o4000, 'S', 's'),
        (3, 0o2000, 'S', 's'),
        (0, 0o1000, 'T', 't'),
    ] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => both,
            (true, false) => set,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// Applies an octal or symbolic change to a mode (type bits included in `old`); `None` when it makes no sense.
pub fn change(spec: &str, old: u32, umask: u32) -> Option<u32> {
    if spec.bytes().next()?.is_ascii_digit() {
        let bits = u32::from_str_radix(spec, 8)
            .ok()
            .filter(|bits| *bits <= 0o7777)?;
        // A directory keeps its set-id bits unless five digits are given, as GNU does.
        let kept = if old & S_IFMT == S_IFDIR && spec.len() < 5 {
            old & 0o6000
        } else {
            0
        };
        return Some(bits | kept);
    }
    let mut mode = old & 0o7777;
    for clause in spec.split(',') {
        mode = clause_of(clause, mode, old & S_IFMT == S_IFDIR, umask)?;
    }
    Some(mode)
}

fn clause_of(clause: &str, mut mode: u32, dir: bool, umask: u32) -> Option<u32> {
    let end = clause.find(|c| !"ugoa".contains(c))?;
    let who = &clause[..end];
    let mut mask = 0;
    for c in who.chars() {
        mask |= match c {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            _ => 0o7777,
        };
    }
    let limit = if who.is_empty() { !umask } else { !0 };
    if who.is_empty() {
        mask = 0o7777;
    }
    let mut rest = &clause[end..];
    if rest.is_empty() {
        return None;
    }
    while let Some(operator) = rest.chars().next() {
        if !"+-=".contains(operator) {
            return None;
        }
        rest = &rest[1..];
        let end = rest.find(['+', '-', '=']).unwrap_or(rest.len());
        let mut bits = 0;
        for c in rest[..end].chars() {
            bits |= match c {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if dir || mode & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                'u' => (mode >> 6 & 7) * 0o111,
                'g' => (mode >> 3 & 7) * 0o111,
                'o' => (mode & 7) * 0o111,
                _ => return None,
            };
        }
        rest = &rest[end..];
        bits &= mask & limit;
        match operator {
            '+' => mode |= bits,
            '-' => mode &= !bits,
            _ => {
                let keep = if dir { 0o6000 } else { 0 };
                mode = (mode & (!mask | keep)) | bits;
            }
        }
    }
    Some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        assert_eq!(text(S_IFDIR | 0o1777), "drwxrwxrwt");
        assert_eq!(text(S_IFREG | 0o4755), "-rwsr-xr-x");
    }

    #[test]
    fn symbolic() {
        let file = S_IFREG | 0o644;
        assert_eq!(change("u+x", file, 0o22), Some(0o744));
        assert_eq!(change("+x", file, 0o22), Some(0o755));
        assert_eq!(change("go-r,u=rwx", file, 0o22), Some(0o700));
        assert_eq!(change("a+X", file, 0o22), Some(0o644));
        assert_eq!(change("g=u", file, 0o22), Some(0o664));
        assert_eq!(change("755", file, 0o22), Some(0o755));
        assert_eq!(change("u~x", file, 0o22), None);
    }
}
