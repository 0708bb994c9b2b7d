//! gRPC on a connection that was taken over from HTTP/1.1, from either side.
//!
//! `message` frames protobuf messages and takes the frames apart, `status` is how a call ends, `serve` answers calls and `channel`
//! makes them. HTTP/2 itself is hyper's. Knows no service.

pub mod channel;
pub mod message;
pub mod serve;
pub mod status;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use std::convert::Infallible;

/// What either side sends: framed messages, and at the end of an answer how the call went.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;
