//! `wasi:clocks`: the time of day, the steady clock, and alarms on it.

use super::View;
use super::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

const SECOND: u64 = 1_000_000_000;

impl wall_clock::Host for View<'_> {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = self.process.sandbox.machine.clock().realtime();
        Ok(datetime(now))
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        Ok(datetime(1))
    }
}

/// A moment in nanoseconds since 1970; earlier ones are 1970, as the interface counts from there.
pub(super) fn datetime(moment: i64) -> wall_clock::Datetime {
    let moment = u64::try_from(moment).unwrap_or(0);
    wall_clock::Datetime {
        seconds: moment / SECOND,
        nanoseconds: (moment % SECOND) as u32,
    }
}

impl monotonic_clock::Host for View<'_> {
    fn now(&mut self) -> Result<u64> {
        Ok(self.process.sandbox.machine.clock().monotonic())
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        let now = self.process.sandbox.machine.clock().monotonic();
        self.subscribe_duration(when.saturating_sub(now))
    }

    fn subscribe_duration(&mut self, nanoseconds: u64) -> Result<Resource<DynPollable>> {
        // Beyond what the host's clock can count lies never.
        let at = Instant::now().checked_add(Duration::from_nanos(nanoseconds));
        let alarm = self.push(Alarm(at))?;
        subscribe(self.resources, alarm)
    }
}

/// Ready from a moment on; `None`: never.
struct Alarm(Option<Instant>);

#[async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        match self.0 {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
