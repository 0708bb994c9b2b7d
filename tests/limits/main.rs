//! What containers may use, and what they are told about it: limits that bite and change, pause, `stats`, `top`.
//!
//! Where an expectation is Docker's, it was recorded from the real engine.

#[path = "../support/mod.rs"]
mod support;
mod update;
mod usage;
