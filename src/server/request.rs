//! A request taken apart: version, path segments, query, and bodies read under limits.
//!
//! Values are read as Go's server reads them, which is more lenient than a typed parser would be.

use super::error::Refusal;
use super::upload::Upload;
use crate::engine::{Credentials, Filters, Timestamp};
use crate::wire::AuthConfig;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, BodyStream, Limited};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use std::io;

/// The largest JSON document that a client may send.
pub const LONGEST_JSON: usize = 8 << 20;

/// One request of the API.
pub struct Call {
    /// The verb.
    pub method: Method,
    /// The path below the version, split at slashes and decoded.
    pub path: Vec<String>,
    /// The version in the path, or the newest one.
    pub version: (u32, u32),
    /// The query.
    pub query: Query,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole request, for its body or for an upgrade.
    pub request: Request<Upload>,
}

impl Call {
    /// Takes a request apart; refuses versions that are not spoken, in Docker's words.
    pub fn new(request: Request<Upload>) -> Result<Self, Refusal> {
        let raw = request.uri().path();
        let mut path: Vec<String> = raw.split('/').skip(1).map(decode).collect();
        let mut version = newest();
        if let Some(found) = path.first().and_then(|first| version_of(first)) {
            version = super::version::check(found)?;
            path.remove(0);
        }
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let (method, headers) = (request.method().clone(), request.headers().clone());
        Ok(Self {
            method,
            path,
            version,
            query,
            headers,
            request,
        })
    }

    /// Reads the body as JSON. An empty body is `None`; a wrong content type is refused as Docker does.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Refusal> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let kind = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let kind = kind
            .unwrap_or("application/octet-stream")
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        if kind != "application/json" {
            return Err(Refusal::bad(format!(
                "unsupported Content-Type header ({kind}): must be 'application/json'"
            )));
        }
        match crate::wire::go::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(e) => Err(Refusal::bad(format!("invalid JSON: {e}"))),
        }
    }

    /// Reads the whole body under the JSON limit.
    async fn bytes(&mut self) -> Result<Bytes, Refusal> {
        match Limited::new(self.request.body_mut(), LONGEST_JSON)
            .collect()
            .await
        {
            Ok(body) => Ok(body.to_bytes()),
            Err(e) if e.is::<http_body_util::LengthLimitError>() => Err(Refusal::too_large()),
            Err(e) => Err(Refusal::bad(format!("cannot read the request: {e}"))),
        }
    }

    /// Reads `filters` in either of its two forms.
    pub fn filters(&self) -> Result<Filters, Refusal> {
        Ok(Filters::parse(
            self.query.get("filters").unwrap_or_default(),
        )?)
    }

    /// Reads a time as clients send it: seconds since the epoch with an optional fraction; zero is none.
    pub fn timestamp(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let text = self.query.get(name).filter(|t| *t != "0");
        text.map(Timestamp::parse_unix)
            .transpose()
            .map_err(Refusal::bad)
    }

    /// Reads a terminal's size, `h` and `w`.
    pub fn size(&self) -> Result<(u16, u16), Refusal> {
        let side = |name: &str| {
            let text = self.query.get(name).unwrap_or_default();
            let message = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
            text.parse().map_err(|_| Refusal::bad(message))
        };
        Ok((side("h")?, side("w")?))
    }

    /// Reads `X-Registry-Auth`. As for Docker, one that cannot be read proves nothing and is no error.
    pub fn credentials(&self) -> Credentials {
        let text = self
            .headers
            .get("x-registry-auth")
            .and_then(|v| v.to_str().ok());
        let trimmed = text.unwrap_or_default().trim_end_matches('=');
        let bytes = [URL_SAFE_NO_PAD, STANDARD_NO_PAD]
            .iter()
            .find_map(|alphabet| alphabet.decode(trimmed).ok());
        let config = bytes.and_then(|b| serde_json::from_slice::<AuthConfig>(&b).ok());
        credentials(config.unwrap_or_default())
    }

    /// Gives the body as a stream, for tars of any size.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin {
        let frames = BodyStream::new(self.request.into_body());
        Box::pin(frames.filter_map(|frame| async {
            match frame {
                Ok(frame) => frame.into_data().ok().map(Ok),
                Err(e) => Some(Err(io::Error::other(e))),
            }
        }))
    }
}

/// What an auth document proves.
pub fn credentials(config: AuthConfig) -> Credentials {
    Credentials {
        username: config.username,
        password: config.password,
        identity_token: config.identitytoken,
        registry_token: config.registrytoken,
    }
}

/// The version that is assumed when the path names none.
pub fn newest() -> (u32, u32) {
    version_of(&format!("v{}", crate::wire::API_VERSION)).unwrap_or((1, 0))
}

/// Parses `v1.43`.
pub fn version_of(segment: &str) -> Option<(u32, u32)> {
    let (major, minor) = segment.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The query's pairs, in order.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `a=b&c`; `+` is a space.
    pub fn parse(text: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decode(&name.replace('+', " ")),
                decode(&value.replace('+', " ")),
            )
        };
        Self(
            text.split('&')
                .filter(|p| !p.is_empty())
                .map(pair)
                .collect(),
        )
    }

    /// Returns the first value of a name, `None` when absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }

    /// Returns every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Reads a boolean as Docker does: anything but an empty value, `0`, `no`, `false` and `none` is true.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| {
            !matches!(
                v.trim().to_ascii_lowercase().as_str(),
                "" | "0" | "no" | "false" | "none"
            )
        })
    }

    /// The same with a default for one that is absent.
    pub fn flag_or(&self, name: &str, default: bool) -> bool {
        match self.0.iter().any(|(n, _)| n == name) {
            true => self.flag(name),
            false => default,
        }
    }

    /// Reads an integer; the error line is Go's.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name)
            .map(|v| v.parse::<i64>().map_err(|_| Refusal::not_a_number(v)))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_go_and_of_python() {
        let query = Query::parse("a=1&b=True&c=0&d=False&e=&f=none&g=x+y%2Fz");
        let flags: Vec<bool> = ["a", "b", "c", "d", "e", "f", "nosuch"]
            .iter()
            .map(|n| query.flag(n))
            .collect();
        assert_eq!(flags, [true, true, false, false, false, false, false]);
        assert!(query.flag_or("nosuch", true) && !query.flag_or("e", true));
        assert_eq!(query.get("g"), Some("x y/z"));
        assert!(query.number("g").is_err());
        assert_eq!(query.number("a").ok().flatten(), Some(1));
    }

    #[test]
    fn versions_in_paths() {
        assert_eq!(version_of("v1.24"), Some((1, 24)));
        assert_eq!(version_of("version"), None);
        assert_eq!(version_of("v1"), None);
    }
}
