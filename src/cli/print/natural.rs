//! The order in which people expect names: numbers inside them count as numbers, so `v2` comes before `v10`.

use std::cmp::Ordering;

/// Compares two names; runs of digits by their value, everything else byte by byte.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (x, y) = match (left.first(), right.first()) {
            (Some(x), Some(y)) => (*x, *y),
            (None, None) => return a.cmp(b),
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        if !(x.is_ascii_digit() && y.is_ascii_digit()) {
            if x != y {
                return x.cmp(&y);
            }
            (left, right) = (&left[1..], &right[1..]);
            continue;
        }
        let (number, rest) = digits(left);
        let (other, other_rest) = digits(right);
        let by_value = number.len().cmp(&other.len()).then(number.cmp(other));
        if by_value.is_ne() {
            return by_value;
        }
        (left, right) = (rest, other_rest);
    }
}

/// A leading run of digits without its zeros, and what follows it.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    let zeros = run.iter().position(|b| *b != b'0').unwrap_or(run.len());
    (&run[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["v10", "v2", "v02", "b", "v", "v2b", "a", "v2a10", "v2a9"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            ["a", "b", "v", "v02", "v2", "v2a9", "v2a10", "v2b", "v10"]
        );
    }
}
