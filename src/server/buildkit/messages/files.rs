//! `fsutil.types` and `moby.filesync.v1`: how a client gives its files, and gets some. (`wire.proto`, `stat.proto`)

use prost::Message;

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Kind {
    /// The next file of the walk; without one the walk is over.
    Stat = 0,
    /// Asks for the contents of a file, by its number in the walk.
    Request = 1,
    /// Contents; none at all ends them.
    Data = 2,
    /// All was sent, or all was taken.
    Fin = 3,
    Error = 4,
}

#[derive(Clone, PartialEq, Message)]
pub struct Packet {
    #[prost(enumeration = "Kind", tag = "1")]
    pub kind: i32,
    #[prost(message, optional, tag = "2")]
    pub stat: Option<Stat>,
    #[prost(uint32, tag = "3")]
    pub id: u32,
    #[prost(bytes = "vec", tag = "4")]
    pub data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Stat {
    #[prost(string, tag = "1")]
    pub path: String,
    /// As Go's `fs.FileMode` has it.
    #[prost(uint32, tag = "2")]
    pub mode: u32,
    #[prost(uint32, tag = "3")]
    pub uid: u32,
    #[prost(uint32, tag = "4")]
    pub gid: u32,
    #[prost(int64, tag = "5")]
    pub size: i64,
    /// Nanoseconds since 1970.
    #[prost(int64, tag = "6")]
    pub modified: i64,
    #[prost(string, tag = "7")]
    pub link: String,
    #[prost(int64, tag = "8")]
    pub major: i64,
    #[prost(int64, tag = "9")]
    pub minor: i64,
}

/// `BytesMessage`: a piece of a stream.
#[derive(Clone, PartialEq, Message)]
pub struct Chunk {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}
