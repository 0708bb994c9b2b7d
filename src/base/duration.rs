//! Durations: Go's spelling (`1m30s`) read and written, and Docker's words for people (`About a minute`).

/// One second in nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// A duration that is none; the words are Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDuration {
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    #[error("time: unknown unit {0:?} in duration {1:?}")]
    UnknownUnit(String, String),
}

/// Reads Go's duration syntax and returns nanoseconds.
pub fn parse(text: &str) -> Result<i64, BadDuration> {
    let invalid = || BadDuration::Invalid(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0f64;
    let mut exact = 0i128;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        if number.is_empty() || number == "." || number.matches('.').count() > 1 {
            return Err(invalid());
        }
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let scale: i64 = match unit {
            "" => return Err(BadDuration::MissingUnit(text.to_owned())),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => {
                return Err(BadDuration::UnknownUnit(unit.to_owned(), text.to_owned()));
            }
        };
        match number.parse::<i64>() {
            Ok(whole) => exact += i128::from(whole) * i128::from(scale),
            Err(_) => total += number.parse::<f64>().map_err(|_| invalid())? * scale as f64,
        }
        rest = tail;
    }
    let sum = exact + total as i128;
    let sum = i64::try_from(sum).map_err(|_| invalid())?;
    Ok(if negative { -sum } else { sum })
}

/// Writes nanoseconds as Go's `Duration.String` does: `1m30s`, `1.5s`, `0s`.
pub fn go(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".into();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let n = nanos.unsigned_abs();
    let fraction = |n: u64, unit: u64| {
        let text = format!("{:.9}", n as f64 / unit as f64);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let second = SECOND as u64;
    if n < second {
        let (unit, name) = match n {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{name}", fraction(n, unit));
    }
    let minutes = n / (60 * second);
    let seconds = fraction(n % (60 * second), second);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, m) => format!("{sign}{m}m{seconds}s"),
        (h, m) => format!("{sign}{h}h{m}m{seconds}s"),
    }
}

/// Docker's words for a length of time, coarse on purpose.
pub fn human(nanos: i64) -> String {
    let seconds = nanos / SECOND;
    let hours = (nanos as f64 / SECOND as f64 / 3600.0 + 0.5) as i64;
    match () {
        () if seconds < 1 => "Less than a second".into(),
        () if seconds == 1 => "1 second".into(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if seconds / 60 == 1 => "About a minute".into(),
        () if seconds / 60 < 60 => format!("{} minutes", seconds / 60),
        () if hours == 1 => "About an hour".into(),
        () if hours < 48 => format!("{hours} hours"),
        () if hours < 24 * 14 => format!("{} days", hours / 24),
        () if hours < 24 * 60 => format!("{} weeks", hours / 24 / 7),
        () if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        () => format!("{} years", seconds / 3600 / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_words_for_people() {
        for (seconds, words) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"),
            (3599, "59 minutes"),
            (3600, "About an hour"),
            (5399, "About an hour"),
            (5400, "2 hours"),
            (47 * 3600, "47 hours"),
            (48 * 3600, "2 days"),
            (13 * 86400, "13 days"),
            (14 * 86400, "2 weeks"),
            (59 * 86400, "8 weeks"),
            (60 * 86400, "2 months"),
            (729 * 86400, "24 months"),
            (730 * 86400, "2 years"),
        ] {
            assert_eq!(human(seconds * SECOND), words, "{seconds} s");
        }
    }

    #[test]
    fn the_words_of_the_errors() {
        let words = |t: &str| parse(t).map_err(|e| e.to_string());
        assert_eq!(words("abc"), Err("time: invalid duration \"abc\"".into()));
        assert_eq!(
            words("10"),
            Err("time: missing unit in duration \"10\"".into())
        );
        assert_eq!(
            words("10x"),
            Err("time: unknown unit \"x\" in duration \"10x\"".into())
        );
        assert_eq!(words("1m30s"), Ok(90 * SECOND));
        assert_eq!(words("-1.5h"), Ok(-5400 * SECOND));
        assert_eq!(words("100ms"), Ok(SECOND / 10));
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(nanos in -1_000_000_000_000_000i64..1_000_000_000_000_000) {
            // Fractions of a unit go through floating point, so the last digits may differ.
            let again = parse(&go(nanos)).unwrap();
            prop_assert!((again - nanos).abs() <= 1 + nanos.abs() / 1_000_000_000_000_000, "{} {}", nanos, go(nanos));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,20}|[0-9a-z.+-]{0,20}") {
            let _ = parse(&text);
        }
    }
}
