//! Builds: Dockerfiles give what they give on a real Docker, which recorded `dockerfiles.txt`; files go where they belong,
//! the cache hits when it should, and what fails says why in Docker's words.

#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod buildkit;
mod buildx;
mod cache;
mod client;
mod contexts;
mod copy;
mod dockerfiles;
mod download;
mod export;
mod grpc;
mod mounts;
mod remote;
mod run;
mod wasm;
