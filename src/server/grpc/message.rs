//! Messages on the wire: a byte for compression, which is never used, four for the length, then protobuf.

use super::status::{Code, Status};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Body;
use prost::Message;
use std::fmt::Display;

/// The longest message that is read, in bytes; as in Docker.
const LONGEST: usize = 16 << 20;
/// Bytes before each message.
const HEAD: usize = 5;

/// Puts a message into its frame.
pub fn frame<M: Message>(message: &M) -> Bytes {
    let bytes = message.encode_to_vec();
    let mut out = BytesMut::with_capacity(HEAD + bytes.len());
    out.put_u8(0);
    // What is sent here is made here, and far below four gigabytes.
    out.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    out.extend_from_slice(&bytes);
    out.freeze()
}

/// The messages of a body, one after the other.
pub struct Messages<B> {
    body: B,
    buffer: BytesMut,
    trailers: Option<HeaderMap>,
}

impl<B> Messages<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    pub fn new(body: B) -> Self {
        Messages {
            body,
            buffer: BytesMut::new(),
            trailers: None,
        }
    }

    /// The next message; `None` after the last.
    pub async fn next<M: Message + Default>(&mut self) -> Result<Option<M>, Status> {
        loop {
            if let Some(bytes) = self.cut()? {
                let read = M::decode(bytes).map(Some);
                return read.map_err(|e| Status::new(Code::Internal, e.to_string()));
            }
            match self.body.frame().await {
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(Status::new(Code::Internal, "unexpected EOF")),
                Some(Err(e)) => return Err(Status::new(Code::Unavailable, e.to_string())),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.buffer.extend_from_slice(&data),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
            }
        }
    }

    /// The one message of a call that has one.
    pub async fn only<M: Message + Default>(&mut self) -> Result<M, Status> {
        let missing = || Status::new(Code::Internal, "a message is missing");
        self.next().await?.ok_or_else(missing)
    }

    /// What came behind the last message.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    fn cut(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(head) = self.buffer.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let [packed, length @ ..] = *head;
        let length = u32::from_be_bytes(length) as usize;
        if packed != 0 {
            let why = "compressed messages are not read";
            return Err(Status::new(Code::Unimplemented, why));
        }
        if length > LONGEST {
            let why = format!("grpc: received message larger than max ({length} vs. {LONGEST})");
            return Err(Status::new(Code::ResourceExhausted, why));
        }
        if self.buffer.len() < HEAD + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::buildkit::messages::control::StatusRequest;
    use http_body_util::Full;

    #[tokio::test]
    async fn messages_come_back_as_they_were_and_what_is_cut_off_or_too_long_is_refused() {
        let one = StatusRequest {
            reference: "r".to_owned(),
        };
        let twice = [frame(&one), frame(&one)].concat();
        let mut read = Messages::new(Full::new(Bytes::from(twice.clone())));
        assert_eq!(read.next().await.unwrap(), Some(one.clone()));
        assert_eq!(read.next().await.unwrap(), Some(one));
        assert_eq!(read.next::<StatusRequest>().await.unwrap(), None);

        let cut = Bytes::from(twice[..twice.len() - 1].to_vec());
        let mut read = Messages::new(Full::new(cut));
        assert!(read.only::<StatusRequest>().await.is_ok());
        assert!(read.only::<StatusRequest>().await.is_err());

        let long = Bytes::from_static(&[0, 0xff, 0, 0, 0]);
        let refused = Messages::new(Full::new(long)).next::<StatusRequest>().await;
        assert_eq!(refused.unwrap_err().code, Code::ResourceExhausted as i32);
    }
}
