//! What the kernel promises, held with small guests written in WebAssembly text.

mod cache;
mod calls;
mod clone;
mod components;
mod exec;
mod files;
mod life;
mod limits;
mod pipes;
mod selftest;
mod shares;
mod signals;
mod speed;
mod world;
