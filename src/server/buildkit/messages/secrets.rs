//! `moby.buildkit.secrets.v1`: what a client keeps for itself. (`secrets.proto`)

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct GetSecretRequest {
    #[prost(string, tag = "1")]
    pub id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GetSecretResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}
