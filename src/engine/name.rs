//! The names that containers get when nobody chooses one: a mood and a person of science or seafaring.

const MOODS: [&str; 48] = [
    "able", "agile", "amused", "bold", "brave", "breezy", "bright", "calm", "candid", "cheerful",
    "clever", "cosy", "curious", "daring", "dreamy", "eager", "earnest", "fair", "festive",
    "gallant", "gentle", "happy", "hopeful", "jolly", "keen", "kind", "lively", "lucid", "merry",
    "mellow", "nimble", "patient", "placid", "polite", "proud", "quick", "quiet", "ready",
    "serene", "sharp", "steady", "sunny", "tender", "tidy", "upbeat", "vivid", "warm", "witty",
];
const PEOPLE: [&str; 64] = [
    "abel",
    "amundsen",
    "anning",
    "banneker",
    "baret",
    "bering",
    "boole",
    "bohr",
    "carson",
    "cauchy",
    "cook",
    "curie",
    "darwin",
    "dijkstra",
    "drake",
    "einstein",
    "erdos",
    "euler",
    "faraday",
    "fermat",
    "franklin",
    "galileo",
    "gauss",
    "germain",
    "goodall",
    "hamilton",
    "herschel",
    "hilbert",
    "hopper",
    "hypatia",
    "johnson",
    "kepler",
    "knuth",
    "kovalevskaya",
    "lamarr",
    "laplace",
    "leavitt",
    "liskov",
    "lovelace",
    "magellan",
    "maxwell",
    "mccarthy",
    "meitner",
    "mendel",
    "mirzakhani",
    "nansen",
    "newton",
    "noether",
    "pascal",
    "perlman",
    "planck",
    "poincare",
    "ramanujan",
    "ride",
    "ritchie",
    "shackleton",
    "shannon",
    "slocum",
    "tesla",
    "thompson",
    "turing",
    "wegener",
    "wilson",
    "zheng",
];

/// A name; from the second attempt on with a digit, as Docker does.
pub fn generate(attempt: usize) -> String {
    let pick = |list: &[&'static str]| list[rand::random_range(0..list.len())];
    let name = format!("{}_{}", pick(&MOODS), pick(&PEOPLE));
    if attempt == 0 {
        name
    } else {
        format!("{name}{}", rand::random_range(0..10))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_names() {
        for attempt in 0..3 {
            let name = super::generate(attempt);
            assert!(
                name.contains('_')
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
        }
    }
}
