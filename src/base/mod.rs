//! Words that everything uses, without I/O: capabilities, components, identifiers, digests, names, references, sizes, times, filters, patterns, CPU sets,
//! errno, Go templates.

pub mod bridge;
pub mod capability;
pub mod component;
pub mod cpuset;
pub mod csv;
pub mod date;
pub mod digest;
pub mod duration;
pub mod errno;
pub mod filter;
pub mod glob;
pub mod home;
pub mod host_path;
pub mod id;
pub mod ignore;
pub mod name;
pub mod platform;
pub mod reference;
pub mod size;
pub mod strconv;
pub mod template;
pub mod time;
pub mod waiters;
