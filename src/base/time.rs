//! Points in time: RFC 3339 as Go prints it, and what `--since` and `--until` take.
//!
//! Nothing here reads the clock: whoever calls gives the present as nanoseconds since 1970.

use super::{date, duration};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

const SECOND: i64 = 1_000_000_000;
/// How Go's zero time is written; it stands for "never".
pub const NEVER: &str = "0001-01-01T00:00:00Z";

/// A text that names no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    #[error("{0}")]
    Date(String),
    #[error("failed to parse value as time or duration: {0:?}")]
    Value(String),
    #[error("strconv.ParseInt: parsing {0:?}: invalid syntax")]
    Number(String),
}

/// The present.
pub fn now() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

/// Writes UTC as Go's `RFC3339Nano`: trailing zeros of the fraction are dropped.
pub fn rfc3339_nano(nanos: i64) -> String {
    let (seconds, fraction) = split(nanos);
    let base = utc(seconds).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    if fraction == 0 {
        return format!("{base}Z");
    }
    let digits = format!("{fraction:09}");
    format!("{base}.{}Z", digits.trim_end_matches('0'))
}

/// Writes UTC with all nine digits, as `logs -t` and `events` do.
pub fn rfc3339_nine(nanos: i64) -> String {
    let (seconds, fraction) = split(nanos);
    let base = utc(seconds).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    format!("{base}.{fraction:09}Z")
}

/// Writes a time in the user's zone with all nine digits: `2026-11-23T23:38:41.234784701+01:00`.
pub fn rfc3339_nine_local(nanos: i64) -> String {
    rfc3339_local(nanos, 9)
}

/// Writes a time in the user's zone with so many digits of the fraction, at most nine.
pub fn rfc3339_local(nanos: i64, digits: usize) -> String {
    let (seconds, fraction) = split(nanos);
    let moment = zoned(seconds);
    let base = moment.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let zone = match moment.offset().seconds() {
        0 => "Z".to_owned(),
        _ => moment.strftime("%:z").to_string(),
    };
    let fraction = format!("{fraction:09}");
    match fraction.get(..digits) {
        None | Some("") => format!("{base}{zone}"),
        Some(fraction) => format!("{base}.{fraction}{zone}"),
    }
}

/// Writes a time in the user's zone as Go's `Stamp`, which syslog uses: `Nov  8 00:53:01`.
pub fn stamp_local(nanos: i64) -> String {
    local(nanos, "%b %e %H:%M:%S")
}

/// Writes a time as Go's `Time.String` does in the user's zone: `2026-11-23 23:32:03 +0000 UTC`.
pub fn go_string(seconds: i64) -> String {
    zoned(seconds)
        .strftime("%Y-%m-%d %H:%M:%S %z %Z")
        .to_string()
}

/// Writes a time in the user's zone in a format of strftime(3).
pub fn local(nanos: i64, format: &str) -> String {
    zoned(split(nanos).0).strftime(format).to_string()
}

/// Writes a time as Go's `ANSIC` layout in the user's zone: `Fri May 30 12:07:14 2025`.
pub fn ansic(nanos: i64) -> String {
    local(nanos, "%a %b %e %H:%M:%S %Y")
}

/// Reads RFC 3339 and returns nanoseconds; Go's zero time gives a large negative number.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    if text == NEVER {
        return Some(i64::MIN);
    }
    let stamp: Timestamp = text.parse().ok()?;
    i64::try_from(stamp.as_nanosecond()).ok()
}

/// Reads a time of HTTP, `Wed, 21 Oct 2015 07:28:00 GMT`; answers seconds since 1970.
pub fn parse_http(text: &str) -> Option<i64> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    Some(parser.parse_timestamp(text).ok()?.as_second())
}

/// Turns what a user gave to `--since` or `--until` into the API's `seconds.nanoseconds`, as Docker's client does.
///
/// Accepted: a duration counted back from now, a date or a time of RFC 3339 with or without a zone, seconds since 1970.
pub fn to_api(value: &str, now: i64) -> Result<String, BadTime> {
    if value != "0"
        && let Ok(back) = duration::parse(value)
    {
        return Ok(format!("{}", (now.saturating_sub(back)).div_euclid(SECOND)));
    }
    match date::parse(value) {
        Ok(nanos) => {
            let (seconds, fraction) = split(nanos);
            Ok(format!("{seconds}.{fraction:09}"))
        }
        Err(words) if value.contains('-') => Err(BadTime::Date(words)),
        Err(_) => match from_api(value) {
            Ok(_) => Ok(value.to_owned()),
            Err(_) => Err(BadTime::Value(value.to_owned())),
        },
    }
}

/// Reads the API's `seconds[.nanoseconds]`.
pub fn from_api(value: &str) -> Result<i64, BadTime> {
    let bad = |part: &str| BadTime::Number(part.to_owned());
    let (seconds, fraction) = value.split_once('.').unwrap_or((value, ""));
    let seconds: i64 = seconds.parse().map_err(|_| bad(seconds))?;
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanos: i64 = digits.parse().map_err(|_| bad(fraction))?;
    Ok(seconds.saturating_mul(SECOND).saturating_add(nanos))
}

fn split(nanos: i64) -> (i64, i64) {
    (nanos.div_euclid(SECOND), nanos.rem_euclid(SECOND))
}

fn utc(seconds: i64) -> Zoned {
    stamp(seconds).to_zoned(TimeZone::UTC)
}

fn zoned(seconds: i64) -> Zoned {
    stamp(seconds).to_zoned(TimeZone::system())
}

/// Times beyond the calendar's end print as its end.
fn stamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn go_drops_trailing_zeros() {
        let at = |n| rfc3339_nano(1_790_000_000 * SECOND + n);
        assert_eq!(at(0), "2026-09-21T14:13:20Z");
        assert_eq!(at(120_000_000), "2026-09-21T14:13:20.12Z");
        assert_eq!(at(1), "2026-09-21T14:13:20.000000001Z");
        assert_eq!(rfc3339_nine(5), "1970-01-01T00:00:00.000000005Z");
    }

    #[test]
    fn since_and_until() {
        let now = 1_790_000_000 * SECOND;
        let api = |v: &str| to_api(v, now).map_err(|e| e.to_string());
        assert_eq!(api("10m").as_deref(), Ok("1789999400"));
        assert_eq!(api("1790000000").as_deref(), Ok("1790000000"));
        assert_eq!(
            api("2026-09-21T14:13:20.5Z").as_deref(),
            Ok("1790000000.500000000")
        );
        assert_eq!(
            api("2026-09-21T16:13:20+02:00").as_deref(),
            Ok("1790000000.000000000")
        );
        assert_eq!(api("2026-09-21Z").as_deref(), Ok("1789948800.000000000"));
        assert_eq!(
            api("bogus").unwrap_err(),
            "failed to parse value as time or duration: \"bogus\""
        );
        assert!(api("bogus-2").is_err());
        assert_eq!(from_api("1790000000.5"), Ok(now + SECOND / 2));
        assert_eq!(
            from_api("bogus").map_err(|e| e.to_string()),
            Err("strconv.ParseInt: parsing \"bogus\": invalid syntax".into())
        );
    }

    #[test]
    fn never_is_before_everything() {
        assert_eq!(parse_rfc3339(NEVER), Some(i64::MIN));
        assert_eq!(parse_rfc3339("1970-01-01T00:00:01Z"), Some(SECOND));
        assert_eq!(parse_rfc3339("soon"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(nanos in -1_000_000_000_000_000_000i64..4_000_000_000_000_000_000) {
            prop_assert_eq!(parse_rfc3339(&rfc3339_nano(nanos)), Some(nanos));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,30}|[0-9TZ:.+-]{0,30}") {
            let _ = to_api(&text, 0);
            let _ = from_api(&text);
        }
    }
}
