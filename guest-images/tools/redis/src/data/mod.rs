//! What is kept: databases of keys, and the five kinds of values.

mod db;
mod glob;
mod memory;
pub mod number;
mod ordered;
mod value;
mod zset;

pub use db::{Db, Entry, WrongType};
pub use glob::glob;
pub use memory::used;
pub use value::{Hash, List, Set, Value, is_intset};
pub use zset::{Bound, Zset};

/// Entries up to which Redis keeps hashes, sets and sorted sets in one piece, and bytes of the longest of them.
pub const COMPACT: (usize, usize) = (128, 64);
/// Numbers up to which a set of numbers is kept sorted.
pub const INTSET: usize = 512;
