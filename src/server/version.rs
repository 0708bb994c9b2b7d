//! Which API versions are spoken, and how the others are refused.

use super::error::Refusal;
use super::request::version_of;
use crate::wire::{API_VERSION, MIN_API_VERSION};

/// Accepts a version between the lowest and the highest that are spoken.
pub fn check((major, minor): (u32, u32)) -> Result<(u32, u32), Refusal> {
    let bound = |text: &str| version_of(&format!("v{text}")).unwrap_or_default();
    if (major, minor) > bound(API_VERSION) {
        return Err(Refusal::bad(format!(
            "client version {major}.{minor} is too new. Maximum supported API version is {API_VERSION}"
        )));
    }
    if (major, minor) < bound(MIN_API_VERSION) {
        return Err(Refusal::bad(format!(
            "client version {major}.{minor} is too old. Minimum supported API version is {MIN_API_VERSION}, \
             please upgrade your client to a newer version"
        )));
    }
    Ok((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_and_its_two_refusals() {
        assert!(check((1, 24)).is_ok() && check((1, 51)).is_ok());
        let text = |v| check(v).map_err(|e| e.message).err();
        assert_eq!(
            text((1, 99)).as_deref(),
            Some("client version 1.99 is too new. Maximum supported API version is 1.51")
        );
        assert!(text((1, 20)).is_some_and(|t| t.contains("too old")));
    }
}
