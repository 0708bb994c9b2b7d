//! The verbs of the engine, without HTTP and without a terminal.

pub mod catalogue;
