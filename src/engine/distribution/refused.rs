//! A registry's refusal as the engine's error: Docker's words, and the status that Docker answers with.

use crate::base::reference::Reference;
use crate::engine::{Error, Kind};
use crate::registry::{self, Code};

/// The failure of a pull. What does not exist and what may not be seen are told alike, as in Docker.
pub fn pull(error: &registry::Error, reference: &Reference) -> Error {
    // Only the registry's own answer is told in these words, and only where it said something.
    if let registry::Error::Refused(refusal) = error
        && refusal.message.is_some()
    {
        let name = reference.familiar_name();
        let what = match refusal.code {
            Code::Denied => format!(
                "pull access denied for {name}, repository does not exist or may require 'docker login'"
            ),
            Code::ManifestUnknown => format!("manifest for {} not found", reference.familiar()),
            Code::NameUnknown => format!("repository {name} not found"),
            _ => return plain(error),
        };
        return Error::not_found(format!("{what}: {refusal}"));
    }
    plain(error)
}

/// The failure of a login: whatever a server says to a wrong password is a 401.
pub fn login(error: &registry::Error) -> Error {
    let told = plain(error);
    match error {
        registry::Error::Login { .. } => Error {
            kind: Kind::Unauthorized,
            ..told
        },
        _ => told,
    }
}

/// Any other failure.
pub fn plain(error: &registry::Error) -> Error {
    Error {
        kind: kind(error),
        message: error.to_string(),
        hint: None,
    }
}

fn kind(error: &registry::Error) -> Kind {
    match error.refusal().map(|r| r.code.status()) {
        Some(400) => Kind::InvalidParameter,
        Some(401) => Kind::Unauthorized,
        Some(403) => Kind::Forbidden,
        Some(404) => Kind::NotFound,
        Some(405) => Kind::Unsupported,
        Some(429) => Kind::TooManyRequests,
        Some(503) => Kind::Unavailable,
        Some(_) => Kind::System,
        None => match error {
            registry::Error::NoImage { .. } | registry::Error::ServerAddress(..) => {
                Kind::InvalidParameter
            }
            _ => Kind::System,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Refusal;

    /// Recorded from Docker 28.5.2 against a registry that answered so.
    #[test]
    fn the_words_and_the_status() {
        let reference = Reference::parse("localhost:5000/x:1").unwrap();
        let refusal = |code, message: Option<&str>| {
            let message = message.map(str::to_owned);
            registry::Error::Refused(Refusal { code, message })
        };
        for (error, kind, words) in [
            (
                refusal(Code::ManifestUnknown, Some("manifest unknown")),
                Kind::NotFound,
                "manifest for localhost:5000/x:1 not found: manifest unknown: manifest unknown",
            ),
            (
                refusal(Code::ManifestUnknown, None),
                Kind::NotFound,
                "manifest unknown",
            ),
            (
                refusal(Code::Denied, Some("no way")),
                Kind::NotFound,
                "pull access denied for localhost:5000/x, repository does not exist or may require 'docker login': denied: no way",
            ),
            (refusal(Code::Denied, None), Kind::Forbidden, "denied"),
            (
                refusal(
                    Code::NameUnknown,
                    Some("repository name not known to registry"),
                ),
                Kind::NotFound,
                "repository localhost:5000/x not found: name unknown: repository name not known to registry",
            ),
            (
                refusal(Code::TooManyRequests, Some("slow down")),
                Kind::TooManyRequests,
                "toomanyrequests: slow down",
            ),
            (
                refusal(Code::Unknown, Some("my own words")),
                Kind::System,
                "unknown: my own words",
            ),
        ] {
            let told = pull(&error, &reference);
            assert_eq!((told.kind, told.message.as_str()), (kind, words));
        }
    }
}
