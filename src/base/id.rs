//! Identifiers: 64 random lower-case hex digits, of which people see the first twelve.

use rand::RngCore;

/// How many digits of an id the tables show.
pub const SHORT: usize = 12;
/// How many digits an id has.
pub const LONG: usize = 64;

/// Makes a new random id.
///
/// The first twelve digits are never all decimal: a short id becomes the host name, and a number would be taken for an address.
pub fn random() -> String {
    loop {
        let mut bytes = [0u8; LONG / 2];
        rand::rng().fill_bytes(&mut bytes);
        let id: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        if id[..SHORT].bytes().any(|c| !c.is_ascii_digit()) {
            return id;
        }
    }
}

/// Shortens an id for people; `sha256:` in front is dropped, anything shorter stays as it is.
pub fn short(id: &str) -> &str {
    let id = id.split_once(':').map_or(id, |(_, hex)| hex);
    id.get(..SHORT).unwrap_or(id)
}

/// Whether the text is a complete id.
pub fn is_full(text: &str) -> bool {
    text.len() == LONG && is_hex(text)
}

/// Whether the text could be the beginning of an id.
pub fn is_hex(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_full_and_short_ones_are_their_beginning() {
        let id = random();
        assert!(is_full(&id));
        assert_ne!(id, random());
        assert!(id.starts_with(short(&id)));
        assert_eq!(short(&id).len(), SHORT);
        assert_eq!(short(&format!("sha256:{id}")), &id[..SHORT]);
        assert_eq!(short("web"), "web");
    }

    #[test]
    fn upper_case_is_no_id() {
        assert!(!is_hex("ABC"));
        assert!(!is_hex(""));
        assert!(!is_full("abc"));
    }
}
