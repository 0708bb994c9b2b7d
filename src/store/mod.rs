//! Durable state: the `Disk` trait, records, blobs, the lock, the schema, checking and garbage collection.

pub mod disk;

pub use disk::{Disk, DiskFile, RealDisk};
