//! Shell patterns: `*`, `?`, `[...]`, backslash.

/// Whether the whole text matches. A star also takes slashes, as `find -path` has it.
pub fn matches(pattern: &str, text: &str, fold: bool) -> bool {
    let prepare = |text: &str| {
        if fold {
            text.to_lowercase()
        } else {
            text.to_string()
        }
        .chars()
        .collect::<Vec<_>>()
    };
    here(&prepare(pattern), &prepare(text))
}

fn here(pattern: &[char], text: &[char]) -> bool {
    let Some(first) = pattern.first() else {
        return text.is_empty();
    };
    match first {
        '*' => (0..=text.len()).any(|at| here(&pattern[1..], &text[at..])),
        '?' => !text.is_empty() && here(&pattern[1..], &text[1..]),
        '[' => match (bracket(pattern, text.first()), text.is_empty()) {
            (Some((true, len)), false) => here(&pattern[len..], &text[1..]),
            (Some(_), _) => false,
            (None, _) => text.first() == Some(&'[') && here(&pattern[1..], &text[1..]),
        },
        '\\' if pattern.len() > 1 => {
            text.first() == Some(&pattern[1]) && here(&pattern[2..], &text[1..])
        }
        c => text.first() == Some(c) && here(&pattern[1..], &text[1..]),
    }
}

/// Whether the bracket at the start has the character, and its length; `None` when it is no bracket.
fn bracket(pattern: &[char], c: Option<&char>) -> Option<(bool, usize)> {
    let mut at = 1;
    let inverted = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(inverted);
    let start = at;
    let mut found = false;
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > start {
            return Some((found != inverted, at + 1));
        }
        if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|c| *c != ']') {
            found |= c.is_some_and(|c| (low..=pattern[at + 2]).contains(c));
            at += 3;
        } else {
            found |= c == Some(&low);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("*.rs", "main.rs", false));
        assert!(matches("[a-c]?[!x]", "bzy", false));
        assert!(!matches("*.rs", "main.rc", false));
        assert!(matches("A*", "abc", true));
        assert!(matches("[", "[", false));
    }
}
