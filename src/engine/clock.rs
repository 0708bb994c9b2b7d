//! Time as the engine sees it: an injected clock, and Docker's way of writing and reading moments.

use crate::base::time;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// Nanoseconds since 1970; 0 stands for "never", which Docker writes as the year 1.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Tells the time. Tests put their own in.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Ends when this much time has passed.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(time::now())
    }
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

impl Timestamp {
    /// The moment that never was.
    pub const NEVER: Timestamp = Timestamp(0);

    /// Go's `RFC3339Nano` in UTC: no trailing zeros in the fraction.
    pub fn rfc3339(self) -> String {
        match self {
            Timestamp::NEVER => time::NEVER.to_owned(),
            Timestamp(nanos) => time::rfc3339_nano(nanos),
        }
    }

    /// The same with all nine digits, as `logs --timestamps` writes it.
    pub fn rfc3339_fixed(self) -> String {
        time::rfc3339_nine(self.0)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds from `earlier` to this.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339 as the log files hold it.
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        time::parse_rfc3339(text).map(Timestamp)
    }

    /// Reads `seconds[.nanoseconds]`, which is how clients send `since` and `until`. Errors in Go's words.
    pub fn parse_unix(text: &str) -> Result<Timestamp, String> {
        time::from_api(text)
            .map(Timestamp)
            .map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_go_writes_them() {
        assert_eq!(Timestamp::NEVER.rfc3339(), "0001-01-01T00:00:00Z");
        assert_eq!(
            Timestamp(1_795_486_493_894_928_508).rfc3339(),
            "2026-11-24T02:14:53.894928508Z"
        );
        assert_eq!(
            Timestamp(1_795_486_493_890_000_000).rfc3339(),
            "2026-11-24T02:14:53.89Z"
        );
        assert_eq!(
            Timestamp(1_795_486_493_000_000_000).rfc3339(),
            "2026-11-24T02:14:53Z"
        );
        assert_eq!(
            Timestamp(1_795_486_493_000_000_000).rfc3339_fixed(),
            "2026-11-24T02:14:53.000000000Z"
        );
    }

    #[test]
    fn what_is_written_can_be_read() {
        let moment = Timestamp(1_795_486_493_894_928_508);
        assert_eq!(Timestamp::parse_rfc3339(&moment.rfc3339()), Some(moment));
    }

    #[test]
    fn since_is_seconds_with_a_fraction() {
        assert_eq!(Timestamp::parse_unix("10"), Ok(Timestamp(10_000_000_000)));
        assert_eq!(Timestamp::parse_unix("10.5"), Ok(Timestamp(10_500_000_000)));
        assert_eq!(
            Timestamp::parse_unix("10.000000001"),
            Ok(Timestamp(10_000_000_001))
        );
        assert_eq!(
            Timestamp::parse_unix("a").unwrap_err(),
            "strconv.ParseInt: parsing \"a\": invalid syntax"
        );
    }
}
