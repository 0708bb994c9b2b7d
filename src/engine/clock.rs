//! Time as the engine sees it: an injected clock, and Docker's way of writing and reading moments.

use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

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
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Timestamp {
    /// The moment that never was.
    pub const NEVER: Timestamp = Timestamp(0);

    /// Go's `RFC3339Nano` in UTC: no trailing zeros in the fraction.
    pub fn rfc3339(self) -> String {
        let (date, nanos) = self.date();
        let fraction = format!("{nanos:09}");
        match fraction.trim_end_matches('0') {
            "" => format!("{date}Z"),
            digits => format!("{date}.{digits}Z"),
        }
    }

    /// The same with all nine digits, as `logs --timestamps` writes it.
    pub fn rfc3339_fixed(self) -> String {
        let (date, nanos) = self.date();
        format!("{date}.{nanos:09}Z")
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
        let moment: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(moment.as_nanosecond()).ok().map(Timestamp)
    }

    /// Reads `seconds[.nanoseconds]`, which is how clients send `since` and `until`. Errors in Go's words.
    pub fn parse_unix(text: &str) -> Result<Timestamp, String> {
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let refused = |part: &str| format!("strconv.ParseInt: parsing \"{part}\": invalid syntax");
        let whole: i64 = seconds.parse().map_err(|_| refused(seconds))?;
        let nanos: i64 = match fraction {
            "" => 0,
            digits if digits.len() <= 9 => format!("{digits:0<9}")
                .parse()
                .map_err(|_| refused(digits))?,
            digits => digits
                .get(..9)
                .and_then(|d| d.parse().ok())
                .ok_or_else(|| refused(digits))?,
        };
        Ok(Timestamp(
            whole.saturating_mul(1_000_000_000).saturating_add(nanos),
        ))
    }

    fn date(self) -> (String, i64) {
        if self == Timestamp::NEVER {
            return ("0001-01-01T00:00:00".to_owned(), 0);
        }
        let nanos = self.0.rem_euclid(1_000_000_000);
        let whole = jiff::Timestamp::from_second(self.seconds()).unwrap_or_default();
        let zoned = whole.to_zoned(TimeZone::UTC);
        (zoned.strftime("%Y-%m-%dT%H:%M:%S").to_string(), nanos)
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
