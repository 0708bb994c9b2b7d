//! `moby.buildkit.v1`: what the cache holds. (`control.proto`)

use super::control::Timestamp;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct PruneRequest {
    #[prost(string, repeated, tag = "1")]
    pub filter: Vec<String>,
    /// Nanoseconds; what was used since then stays.
    #[prost(int64, tag = "3")]
    pub keep_duration: i64,
    /// Bytes that may stay.
    #[prost(int64, tag = "4")]
    pub reserved: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct DiskUsageResponse {
    #[prost(message, repeated, tag = "1")]
    pub records: Vec<UsageRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub struct UsageRecord {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(bool, tag = "2")]
    pub mutable: bool,
    #[prost(bool, tag = "3")]
    pub in_use: bool,
    #[prost(int64, tag = "4")]
    pub size: i64,
    #[prost(message, optional, tag = "6")]
    pub created: Option<Timestamp>,
    #[prost(message, optional, tag = "7")]
    pub last_used: Option<Timestamp>,
    #[prost(int64, tag = "8")]
    pub uses: i64,
    #[prost(string, tag = "9")]
    pub description: String,
    #[prost(string, tag = "10")]
    pub kind: String,
}
