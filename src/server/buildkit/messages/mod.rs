//! The messages of BuildKit's services that are spoken here, with the numbers of their published definitions. Fields that nobody
//! reads or writes are left out: protobuf passes them by.

pub mod caches;
pub mod control;
pub mod files;
pub mod gateway;
pub mod secrets;
