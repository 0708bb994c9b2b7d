//! What a container does over its life without being told each time: it comes back, it is healthy or not, it takes signals, it logs.
//!
//! Where an expectation is Docker's, it was recorded from the real engine.

mod health;
mod logs;
mod restart;
#[path = "../support/mod.rs"]
mod support;
