//! `(did you mean RUN?)`: the nearest word that is at most two changes away.

/// An error line with the nearest of the options, if one is near.
pub fn hint(line: String, word: &str, options: &[&str]) -> String {
    match nearest(word, options) {
        // Whoever writes in lower case is answered in lower case.
        Some(option) if word == word.to_lowercase() => {
            format!("{line} (did you mean {}?)", option.to_lowercase())
        }
        Some(option) => format!("{line} (did you mean {option}?)"),
        None => line,
    }
}

fn nearest<'o>(word: &str, options: &[&'o str]) -> Option<&'o str> {
    let word = word.to_lowercase();
    let far = |option: &&str| distance(&word, &option.to_lowercase());
    options
        .iter()
        .copied()
        .map(|o| (far(&o), o))
        .filter(|(d, _)| (1..3).contains(d))
        .min_by_key(|(d, _)| *d)
        .map(|(_, o)| o)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found() {
        let options = ["ADD", "COPY", "ENV", "RUN"];
        assert_eq!(nearest("RUNN", &options), Some("RUN"));
        assert_eq!(nearest("coppy", &options), Some("COPY"));
        assert_eq!(nearest("FOOBAR", &options), None);
        assert_eq!(nearest("run", &options), None);
        assert_eq!(
            hint("x".to_owned(), "junk", &options),
            "x (did you mean run?)"
        );
    }
}
