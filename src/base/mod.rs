//! Words that everything uses, without I/O: identifiers, digests, names, references, sizes, times, filters, errno.

pub mod digest;
pub mod errno;
pub mod home;
