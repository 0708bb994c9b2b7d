//! Names of containers: which are allowed, and random ones for those that were given none.
//!
//! The shape `adjective_surname` is Docker's; the words are our own.

use rand::seq::IndexedRandom;

/// The rule, as Docker's messages quote it.
pub const ALLOWED: &str = "[a-zA-Z0-9][a-zA-Z0-9_.-]";

/// A name that breaks the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid container name ({name}), only {ALLOWED} are allowed")]
pub struct BadName {
    name: String,
}

/// Checks a container's name; one slash in front is allowed. Two characters are the fewest.
pub fn check(name: &str) -> Result<(), BadName> {
    if is_valid(name.strip_prefix('/').unwrap_or(name)) {
        return Ok(());
    }
    Err(BadName {
        name: name.to_owned(),
    })
}

/// Whether the text matches `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
pub fn is_valid(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = chars.as_str();
    first
        && !rest.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Makes a random name. After a collision, `attempt` > 0 adds a digit.
pub fn random(attempt: u32) -> String {
    let mut rng = rand::rng();
    let adjective = ADJECTIVES.choose(&mut rng).unwrap_or(&"calm");
    let surname = SURNAMES.choose(&mut rng).unwrap_or(&"noether");
    if attempt == 0 {
        return format!("{adjective}_{surname}");
    }
    format!("{adjective}_{surname}{}", rand::random_range(0..10))
}

const ADJECTIVES: &[&str] = &[
    "able", "agile", "airy", "alert", "amber", "ample", "apt", "astute", "avid", "balmy", "bold",
    "brave", "breezy", "brisk", "bright", "busy", "calm", "candid", "careful", "cheery", "civil",
    "clear", "clever", "comic", "cosy", "crisp", "curious", "dapper", "daring", "deft", "eager",
    "early", "earnest", "easy", "exact", "fair", "famous", "festive", "fine", "fleet", "fluent",
    "fond", "frank", "fresh", "gentle", "gifted", "glad", "golden", "graceful", "handy", "happy",
    "hardy", "honest", "humble", "ideal", "jolly", "keen", "kind", "lively", "loyal", "lucid",
    "lucky", "mellow", "merry", "mild", "modest", "neat", "nimble", "noble", "patient", "placid",
    "playful", "plucky", "polite", "prompt", "proud", "quick", "quiet", "ready", "robust", "rosy",
    "sage", "sharp", "shining", "silent", "sincere", "smart", "snug", "solid", "spry", "stable",
    "steady", "sunny", "swift", "tender", "tidy", "trusty", "upbeat", "valiant", "vivid", "warm",
    "wise", "witty", "zesty",
];

const SURNAMES: &[&str] = &[
    "abel",
    "ampere",
    "archimedes",
    "avogadro",
    "banach",
    "becquerel",
    "bell",
    "bernoulli",
    "bohr",
    "boltzmann",
    "boole",
    "born",
    "bose",
    "boyle",
    "brahe",
    "cantor",
    "carson",
    "cauchy",
    "cayley",
    "celsius",
    "chandra",
    "chladni",
    "church",
    "clarke",
    "copernicus",
    "coulomb",
    "curie",
    "dalton",
    "darwin",
    "descartes",
    "dijkstra",
    "dirac",
    "doppler",
    "einstein",
    "emeagwali",
    "engelbart",
    "erdos",
    "euclid",
    "euler",
    "faraday",
    "fermat",
    "fermi",
    "feynman",
    "fibonacci",
    "fourier",
    "franklin",
    "galileo",
    "galois",
    "gauss",
    "germain",
    "godel",
    "goodall",
    "hamilton",
    "hawking",
    "heisenberg",
    "herschel",
    "hertz",
    "hilbert",
    "hodgkin",
    "hooke",
    "hopper",
    "hubble",
    "huygens",
    "hypatia",
    "jacobi",
    "johnson",
    "joule",
    "kelvin",
    "kepler",
    "khayyam",
    "knuth",
    "kovalevskaya",
    "lagrange",
    "lamarr",
    "laplace",
    "lavoisier",
    "leibniz",
    "liskov",
    "lovelace",
    "maxwell",
    "mayer",
    "mcclintock",
    "meitner",
    "mendel",
    "mendeleev",
    "mirzakhani",
    "morse",
    "napier",
    "nash",
    "newton",
    "nightingale",
    "nobel",
    "noether",
    "oersted",
    "ohm",
    "pascal",
    "pasteur",
    "pauli",
    "perlman",
    "planck",
    "poincare",
    "raman",
    "ramanujan",
    "riemann",
    "ritchie",
    "rutherford",
    "sagan",
    "schrodinger",
    "shannon",
    "somerville",
    "tesla",
    "thompson",
    "turing",
    "vaughan",
    "volta",
    "watt",
    "wiles",
    "wing",
    "wozniak",
    "wright",
    "yalow",
    "yonath",
    "zhang",
    "zuse",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_names() {
        for good in ["web", "a1", "/web", "A.b-c_d", "0x"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "a", "", "/", "-a", "_a", ".ab", "a b", "a/b", "//ab", "é1", "aé",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(
            check("a").map_err(|e| e.to_string()),
            Err("Invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed".into())
        );
    }

    #[test]
    fn every_random_name_is_a_name() {
        for list in [ADJECTIVES, SURNAMES] {
            let mut sorted = list.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), list.len(), "no word twice");
            let plain = |w: &&str| w.bytes().all(|c| c.is_ascii_lowercase());
            assert!(list.iter().all(plain));
        }
        assert!(check(&random(0)).is_ok());
        assert!(random(3).ends_with(|c: char| c.is_ascii_digit()));
    }
}
