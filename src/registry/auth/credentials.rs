//! What a user proves himself with. Its secrets are in no log: `Debug` shows none, and nothing else prints it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use std::fmt;

/// The content of `X-Registry-Auth`, as far as it proves anything.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: String,
    /// Stands for a password at the token server.
    pub identity_token: String,
    /// Goes to the registry as it is.
    pub registry_token: String,
}

impl Credentials {
    /// The proof of a password; nothing without a name.
    pub(in crate::registry) fn basic(&self) -> Option<HeaderValue> {
        if self.username.is_empty() || self.password.is_empty() {
            return None;
        }
        let pair = STANDARD.encode(format!("{}:{}", self.username, self.password));
        secret(format!("Basic {pair}"))
    }
}

/// A header's value that no `Debug` shows.
pub(super) fn secret(text: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials = Credentials {
            username: "ada".to_owned(),
            password: "pass-word".to_owned(),
            identity_token: "identity-token".to_owned(),
            registry_token: "registry-token".to_owned(),
        };
        let shown = format!("{credentials:?} {:?}", credentials.basic());
        assert!(shown.contains("ada"));
        for word in ["pass", "token", "YWRh"] {
            assert!(!shown.contains(word), "{shown}");
        }
        let nameless = Credentials {
            password: "x".to_owned(),
            ..Credentials::default()
        };
        assert_eq!(nameless.basic(), None);
    }
}
