//! Registries: what is pulled and pushed arrives whole or not at all, and secrets stay where they belong.
//!
//! Most tests talk to a scripted registry in this process (`double`); `real` needs Debian's docker-registry.

mod artifact;
mod attacks;
mod auth;
mod catalogue;
mod compare;
mod distribution;
mod double;
mod place;
mod pull;
mod push;
mod real;
mod resume;
#[path = "../support/mod.rs"]
mod support;
mod wasm;
