//! `wasi:random`: the host's generator, also behind the interfaces that promise less.

use super::View;
use super::bindings::wasi::random;
use rand::RngCore;
use wasmtime::{Error, Result};

/// The most bytes of one call. All must be given, and the host has to hold them.
const MOST: u64 = 64 << 20;

fn bytes(count: u64) -> Result<Vec<u8>> {
    if count > MOST {
        return Err(Error::msg("more than 64 MiB of random bytes in one call"));
    }
    let mut bytes = vec![0; count as usize];
    rand::rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

impl random::random::Host for View<'_> {
    fn get_random_bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        bytes(count)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        Ok(rand::random())
    }
}

impl random::insecure::Host for View<'_> {
    fn get_insecure_random_bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        bytes(count)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        Ok(rand::random())
    }
}

impl random::insecure_seed::Host for View<'_> {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok(rand::random())
    }
}
