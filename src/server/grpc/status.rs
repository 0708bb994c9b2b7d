//! How a call ended: a code, words, and typed details, as trailers carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use prost::Message;

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// What cannot stand in `grpc-message` as it is.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// The codes that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Ok = 0,
    Canceled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Status {
    pub fn new(code: Code, message: impl Into<String>) -> Status {
        Status {
            code: code as i32,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// As the end of an answer.
    pub fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        trailers.insert(STATUS, self.code.into());
        let text = utf8_percent_encode(&self.message, ESCAPED).to_string();
        if let Ok(text) = HeaderValue::from_str(&text)
            && !text.is_empty()
        {
            trailers.insert(MESSAGE, text);
        }
        let details = STANDARD_NO_PAD.encode(self.encode_to_vec());
        if let Ok(details) = HeaderValue::from_str(&details)
            && !self.details.is_empty()
        {
            trailers.insert(DETAILS, details);
        }
        trailers
    }

    /// Reads the end of an answer.
    pub fn read(trailers: &HeaderMap) -> Result<(), Status> {
        let text = |name| trailers.get(name).and_then(|v| v.to_str().ok());
        let code = text(STATUS).and_then(|code| code.parse().ok());
        if code == Some(Code::Ok as i32) {
            return Ok(());
        }
        let message = percent_decode_str(text(MESSAGE).unwrap_or_default()).decode_utf8_lossy();
        Err(Status {
            code: code.unwrap_or(Code::Unknown as i32),
            message: message.into_owned(),
            details: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_trailers() {
        let told = Status::new(Code::Unknown, "100 % of \"ü\"\nfailed");
        assert_eq!(Status::read(&told.trailers()), Err(told));
        let well = Status::new(Code::Ok, "");
        assert_eq!(Status::read(&well.trailers()), Ok(()));
    }
}
