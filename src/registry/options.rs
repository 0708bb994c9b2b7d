//! How patient we are with registries, and who we say we are.

use std::time::Duration;

/// The patience of a [`super::Registries`]; tests shorten it.
#[derive(Clone, Debug)]
pub struct Options {
    /// How we call ourselves.
    pub agent: String,
    /// For a name to be looked up and a connection to be made.
    pub connect: Duration,
    /// For the TLS handshake on it.
    pub handshake: Duration,
    /// For the headers of an answer, once the request is sent; also the longest silence inside a body.
    pub answer: Duration,
    /// One second of waiting before another attempt: the waits are counted in these.
    pub second: Duration,
    /// Folders like `/etc/docker/certs.d`: `HOST:PORT/ca.crt`, `client.cert` and `client.key` below them.
    pub certificates: Vec<std::path::PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            agent: concat!("schooner/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect: Duration::from_secs(30),
            handshake: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            second: Duration::from_secs(1),
            certificates: match cfg!(unix) {
                true => vec!["/etc/docker/certs.d".into()],
                false => Vec::new(),
            },
        }
    }
}

/// Further attempts after the first, as Docker's five.
pub(super) const RETRIES: u32 = 5;
/// Further attempts altogether, where each of them brought something.
pub(super) const RESUMES: u32 = 50;
/// Seconds that each wait is longer than the one before.
pub(super) const STEP: u32 = 5;
/// Layers that are fetched at the same time, by all pulls together.
pub(super) const DOWNLOADS: usize = 3;
/// Hops that a redirected request may take.
pub(super) const REDIRECTS: usize = 10;
/// Bytes of a token server's answer, of an error document, of one page of tags.
pub(super) const SMALL: usize = 4 << 20;
/// Tags of one repository that are looked at.
pub(super) const TAGS: usize = 10_000;
