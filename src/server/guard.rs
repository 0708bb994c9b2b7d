//! Who may ask what: over TCP the bearer of the engine's token, from a program and not from a web page; a container that was given
//! the engine's socket may tidy up, and nothing else.
//!
//! Local sockets and pipes are guarded by their file mode or their access list and pass unasked.

use super::error::Refusal;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use hyper::{Method, StatusCode};
use std::net::SocketAddr;

/// What a listener demands of each request.
#[derive(Clone, Debug)]
pub enum Guard {
    /// A local socket or pipe that only its owner can open.
    Owner,
    /// A container in which the engine's socket was mounted. With the whole API it could mount any folder of the host into
    /// a new container, which is what a sandbox is there to prevent. Listing and removing is what tidying up needs.
    Container,
    /// A TCP listener: the address it is bound to and the token to be shown.
    Token {
        /// Where the listener is bound.
        address: SocketAddr,
        /// The secret of `Authorization: Bearer`.
        token: String,
    },
}

impl Guard {
    /// Refuses requests of web pages (any `Origin`), of rebound names (an unknown `Host`), and without the token.
    /// A container is refused everything but lists and removals.
    pub fn check(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let (address, token) = match self {
            Self::Owner => return Ok(()),
            Self::Container if tidies(method, path) => return Ok(()),
            Self::Container => {
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    "through the engine's socket a container may list and remove, and nothing else",
                ));
            }
            Self::Token { address, token } => (address, token),
        };
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
        if headers.contains_key(ORIGIN) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "requests of web pages are refused (Origin)",
            ));
        }
        let host = text(HOST).unwrap_or_default();
        let known = [
            address.to_string(),
            format!("localhost:{}", address.port()),
            "docker".into(),
            "api.moby.localhost".into(),
        ];
        if !known.iter().any(|k| k == host) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                format!("unknown Host header {host:?}"),
            ));
        }
        let shown = text(AUTHORIZATION)
            .and_then(|v| v.strip_prefix("Bearer "))
            .unwrap_or_default();
        if !same(shown.as_bytes(), token.as_bytes()) {
            return Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "the engine's token is missing or wrong; send it as \"Authorization: Bearer TOKEN\"",
            ));
        }
        Ok(())
    }
}

/// Whether a request lists, or removes something by its name.
fn tidies(method: &Method, path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').skip(1).collect();
    let is_version = |part: &&str| {
        part.strip_prefix('v')
            .is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
    };
    if parts.first().is_some_and(is_version) {
        parts.remove(0);
    }
    match (method, &parts[..]) {
        (&Method::GET | &Method::HEAD, ["_ping"]) => true,
        (
            &Method::GET,
            ["version" | "networks" | "volumes"] | ["containers" | "images", "json"],
        ) => true,
        (&Method::DELETE, ["containers" | "networks" | "volumes", name]) => !name.is_empty(),
        // An image's name may hold slashes.
        (&Method::DELETE, ["images", name, ..]) => !name.is_empty(),
        _ => false,
    }
}

/// Compares without telling by its duration where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn ask(pairs: &[(&'static str, &'static str)]) -> Option<u16> {
        let guard = Guard::Token {
            address: ([127, 0, 0, 1], 2375).into(),
            token: "secret".into(),
        };
        let headers = pairs
            .iter()
            .map(|(n, v)| (n.parse().expect("a name"), HeaderValue::from_static(v)))
            .collect();
        let checked = guard.check(&Method::GET, "/info", &headers);
        checked.err().map(|r| r.status.as_u16())
    }

    #[test]
    fn a_container_lists_and_removes_and_nothing_else() {
        let ask = |method: Method, path: &str| {
            let checked = Guard::Container.check(&method, path, &HeaderMap::new());
            checked.err().map(|r| r.status.as_u16())
        };
        for path in [
            "/_ping",
            "/v1.43/containers/json",
            "/networks",
            "/v1.51/volumes",
            "/images/json",
        ] {
            assert_eq!(ask(Method::GET, path), None, "{path}");
        }
        for path in [
            "/v1.43/containers/abc",
            "/networks/a",
            "/volumes/a",
            "/images/me/a:1",
        ] {
            assert_eq!(ask(Method::DELETE, path), None, "{path}");
        }
        for path in [
            "/info",
            "/containers/a/json",
            "/containers/a/archive",
            "/containers/a/logs",
            "/schooner/doctor",
            "/v1.43/v1.43/info",
        ] {
            assert_eq!(ask(Method::GET, path), Some(403), "{path}");
        }
        for path in [
            "/containers/create",
            "/containers/a/exec",
            "/build",
            "/images/create",
            "/volumes/prune",
            "/grpc",
            "/session",
        ] {
            assert_eq!(ask(Method::POST, path), Some(403), "{path}");
        }
        assert_eq!(ask(Method::PUT, "/containers/a/archive"), Some(403));
        assert_eq!(ask(Method::DELETE, "/containers/"), Some(403));
    }

    #[test]
    fn only_the_bearer_from_a_program_passes() {
        let ok = [
            ("host", "127.0.0.1:2375"),
            ("authorization", "Bearer secret"),
        ];
        assert_eq!(ask(&ok), None);
        assert_eq!(ask(&ok[..1]), Some(401));
        assert_eq!(ask(&[("host", "evil.example"), ok[1]]), Some(403));
        assert_eq!(
            ask(&[ok[0], ok[1], ("origin", "http://localhost")]),
            Some(403)
        );
    }
}
