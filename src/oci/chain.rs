//! Chain ids: Docker's names for stacks of layers.
//!
//! The lowest layer's is its diff id; every other is the digest of the chain below, a space, and its own diff id.

use crate::base::digest::Digest;

/// The chain id of each layer, lowest first.
pub fn chain_ids(diff_ids: impl IntoIterator<Item = Digest>) -> Vec<Digest> {
    let mut below: Option<Digest> = None;
    let chained = diff_ids.into_iter().map(|own| {
        let chain = match below {
            None => own,
            Some(below) => Digest::of(format!("{below} {own}").as_bytes()),
        };
        below = Some(chain);
        chain
    });
    chained.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the image specification.
    #[test]
    fn a_chain_depends_on_everything_below() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let chain = chain_ids([a, b]);
        assert_eq!(chain[0], a);
        assert_eq!(chain[1], Digest::of(format!("{a} {b}").as_bytes()));
        assert_ne!(chain[1], chain_ids([b, a])[1]);
        assert!(chain_ids([]).is_empty());
    }
}
