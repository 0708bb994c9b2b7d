//! Patterns of `KEYS`, `SCAN`, `PSUBSCRIBE` and `CONFIG GET`: `*`, `?`, `[a-z]`, `[^a]`, a backslash; over bytes.

/// Whether all of the text matches.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much of the text it took.
    let mut star = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some(_) => one(&pattern[p..], text[t]),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((place, taken))) => {
                star = Some((place, taken + 1));
                p = place + 1;
                t = taken + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// The length of the pattern's first element if it takes the byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', rest @ ..] => {
            let (inverted, mut at) = match rest.first() {
                Some(b'^') => (true, 1),
                _ => (false, 0),
            };
            let mut found = false;
            while at < rest.len() && rest[at] != b']' {
                if rest[at] == b'\\' && at + 1 < rest.len() {
                    found |= rest[at + 1] == byte;
                    at += 2;
                } else if rest.get(at + 1) == Some(&b'-') && at + 2 < rest.len() {
                    let (low, high) = (rest[at].min(rest[at + 2]), rest[at].max(rest[at + 2]));
                    found |= (low..=high).contains(&byte);
                    at += 3;
                } else {
                    found |= rest[at] == byte;
                    at += 1;
                }
            }
            // A bracket that is not closed ends with the pattern.
            (found != inverted).then_some((at + 2).min(pattern.len()))
        }
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns() {
        for (pattern, text, is) in [
            ("*", "", true),
            ("h?llo", "hello", true),
            ("h*llo", "heeeello", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[a-b]llo", "hbllo", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c", "xxaxxbxxcxx", false),
        ] {
            assert_eq!(
                glob(pattern.as_bytes(), text.as_bytes()),
                is,
                "{pattern} {text}"
            );
        }
    }
}
