//! What must hold against hostile programs and clients. Each test names the id that `docs/promises.md` lists.

mod archives;
mod binds;
mod copies;
mod door;
mod hijacks;
mod limits;
mod logs;
mod power;
mod sandbox;
mod socket;
#[path = "../support/mod.rs"]
mod support;
