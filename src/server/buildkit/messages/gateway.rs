//! `moby.buildkit.v1.frontend`: a client that drives a build itself. (`gateway.proto`, `caps.proto`)

use super::control::Worker;
use crate::server::grpc::status::Status;
use prost::Message;
use std::collections::HashMap;

#[derive(Clone, PartialEq, Message)]
pub struct PongResponse {
    #[prost(message, repeated, tag = "1")]
    pub frontend_caps: Vec<Cap>,
    #[prost(message, repeated, tag = "2")]
    pub llb_caps: Vec<Cap>,
    #[prost(message, repeated, tag = "3")]
    pub workers: Vec<Worker>,
}

/// `apicaps.APICap`.
#[derive(Clone, PartialEq, Message)]
pub struct Cap {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(bool, tag = "2")]
    pub enabled: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct FrontendRequest {
    /// A graph of operations: what is in it is not read.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub definition: Option<Vec<u8>>,
    #[prost(string, tag = "2")]
    pub frontend: String,
    #[prost(map = "string, string", tag = "3")]
    pub options: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FrontendResponse {
    #[prost(message, optional, tag = "3")]
    pub result: Option<Outcome>,
}

/// `Result`: what a frontend has made.
#[derive(Clone, PartialEq, Message)]
pub struct Outcome {
    #[prost(message, optional, tag = "3")]
    pub reference: Option<Ref>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Ref {
    #[prost(string, tag = "1")]
    pub id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReturnRequest {
    #[prost(message, optional, tag = "1")]
    pub result: Option<Outcome>,
    #[prost(message, optional, tag = "2")]
    pub error: Option<Status>,
}
