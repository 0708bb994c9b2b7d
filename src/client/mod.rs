//! The other side of the API: where the engine listens, one request at a time, hijacked streams, and starting the
//! engine when none answers.
//!
//! Our own command line uses nothing else, so whatever it can do, every Docker client can do. Knows HTTP and
//! addresses; knows nothing of what the requests mean.

pub mod autostart;
mod endpoint;
mod error;
mod http;
mod lines;
mod transport;

pub use endpoint::Endpoint;
pub use error::Error;
pub use http::{Body, Client, Hijacked, ReadHalf, Response, WriteHalf};
pub use lines::Lines;

/// What a request comes back with.
pub type Result<T> = std::result::Result<T, Error>;
