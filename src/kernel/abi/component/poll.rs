//! `wasi:io/poll`: waiting for one of many, in the process's name.
//!
//! The answers are wasmtime-wasi's; here the process is marked as waiting. A component catches no signals, so no wait is interrupted.

use super::View;
use wasmtime::component::Resource;
use wasmtime::{Error, Result};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::{Host, HostPollable};

impl Host for View<'_> {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        if pollables.is_empty() {
            return Err(Error::msg("a wait for nothing"));
        }
        let wait = Host::poll(self.resources, pollables);
        self.process.block(wait).await?
    }
}

impl HostPollable for View<'_> {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        HostPollable::ready(self.resources, pollable).await
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        let wait = HostPollable::block(self.resources, pollable);
        self.process.block(wait).await?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        HostPollable::drop(self.resources, pollable)
    }
}
