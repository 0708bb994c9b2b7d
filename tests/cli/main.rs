//! The command line as its users see it: grammar, help, exit codes, output.
//!
//! Where an expectation is Docker's, it was recorded from the real docker command; `tests/house` finds forgotten files.

mod commit;
mod copy;
mod doctor;
mod explain;
mod grammar;
mod help;
mod lifecycle;
mod networks;
#[path = "../support/mod.rs"]
mod support;
mod volumes;
