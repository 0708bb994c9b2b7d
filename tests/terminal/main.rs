//! Interactive sessions in a real pseudo terminal, typed as a person types them.
#![cfg(unix)]

mod detach;
mod hints;
mod progress;
#[path = "../support/pty.rs"]
mod pty;
mod session;
#[path = "../support/mod.rs"]
mod support;
