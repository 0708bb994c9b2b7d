//! Printing: tables as Docker lays them out, `--format`, progress of transfers.

pub mod document;
pub mod listing;
pub mod natural;
pub mod progress;
pub mod pruned;
pub mod table;
