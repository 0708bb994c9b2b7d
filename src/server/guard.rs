//! Who may speak over TCP: the bearer of the engine's token, from a program and not from a web page.
//!
//! Local sockets and pipes are guarded by their file mode or their access list and pass unasked.

use super::error::Refusal;
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use std::net::SocketAddr;

/// What a listener demands of each request.
#[derive(Clone, Debug)]
pub enum Guard {
    /// A local socket or pipe that only its owner can open.
    Owner,
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
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Self::Token { address, token } = self else {
            return Ok(());
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
        guard.check(&headers).err().map(|r| r.status.as_u16())
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
