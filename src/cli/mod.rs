//! The command line: grammar, one file per verb, printing, the terminal.

pub mod template;
