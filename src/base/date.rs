//! Dates as `--since` and `--until` take them: the layouts of Docker's client, read as Go's `time.Parse` reads them, with its words.
//!
//! Without a zone the user's own is meant. Nothing here reads the clock.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A part of a layout, by Go's name for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Text(&'static str),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Zone,
}

use Part::{Day, Fraction, Hour, Minute, Month, Second, Text, Year, Zone};

impl Part {
    fn name(self) -> &'static str {
        match self {
            Text(text) => text,
            Year => "2006",
            Month => "01",
            Day => "02",
            Hour => "15",
            Minute => "04",
            Second => "05",
            Fraction => ".999999999",
            Zone => "Z07:00",
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Found {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    /// Seconds east of UTC.
    zone: Option<i32>,
}

/// Why a part could not be read.
enum Wrong {
    Form,
    Range(&'static str),
}

/// Reads a date and returns nanoseconds since 1970; the error is Go's line.
pub fn parse(value: &str) -> Result<i64, String> {
    let layout = layout(value);
    let name: String = layout.iter().map(|part| part.name()).collect();
    let mut found = Found::default();
    let mut rest = value;
    for part in &layout {
        rest = match step(*part, rest, &mut found) {
            Ok(rest) => rest,
            Err(Wrong::Range(what)) => {
                return Err(format!("parsing time {value:?}: {what} out of range"));
            }
            Err(Wrong::Form) => {
                let part = part.name();
                return Err(format!(
                    "parsing time {value:?} as {name:?}: cannot parse {rest:?} as {part:?}"
                ));
            }
        };
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {value:?}: extra text: {rest:?}"));
    }
    let nanos = moment(&found);
    nanos.ok_or_else(|| format!("parsing time {value:?}: day out of range"))
}

/// The layout that Docker's client picks: by a dot, by how many colons there are, and by whether there is a zone.
fn layout(value: &str) -> Vec<Part> {
    let letter = value.contains(['z', 'Z']);
    let zoned = letter || value.contains('+') || value.matches('-').count() == 3;
    let mut colons = value.matches(':').count();
    if zoned && !letter {
        colons = colons.saturating_sub(1);
    }
    let mut parts = vec![Year, Text("-"), Month, Text("-"), Day];
    let fraction = value.contains('.');
    if fraction || value.contains('T') {
        parts.extend([Text("T"), Hour]);
        if fraction || colons >= 1 {
            parts.extend([Text(":"), Minute]);
        }
        if fraction || colons >= 2 {
            parts.extend([Text(":"), Second]);
        }
        if fraction {
            parts.push(Fraction);
        }
    }
    if zoned {
        parts.push(Zone);
    }
    parts
}

/// Reads one part and returns what is left.
fn step<'a>(part: Part, rest: &'a str, found: &mut Found) -> Result<&'a str, Wrong> {
    let within = |n: i8, from: i8, to: i8, what| match (from..=to).contains(&n) {
        true => Ok(n),
        false => Err(Wrong::Range(what)),
    };
    match part {
        Text(text) => rest.strip_prefix(text).ok_or(Wrong::Form),
        Year => {
            let digits = rest.get(..4).ok_or(Wrong::Form)?;
            let digits_only = digits.bytes().all(|b| b.is_ascii_digit());
            found.year = digits
                .parse()
                .ok()
                .filter(|_| digits_only)
                .ok_or(Wrong::Form)?;
            Ok(&rest[4..])
        }
        Month => {
            let (n, rest) = number(rest, true)?;
            found.month = within(n, 1, 12, "month")?;
            Ok(rest)
        }
        Day => {
            let (n, rest) = number(rest, true)?;
            // Whether the month has so many days is asked at the end.
            found.day = n;
            Ok(rest)
        }
        Hour => {
            let (n, rest) = number(rest, false)?;
            found.hour = within(n, 0, 23, "hour")?;
            Ok(rest)
        }
        Minute => {
            let (n, rest) = number(rest, true)?;
            found.minute = within(n, 0, 59, "minute")?;
            Ok(rest)
        }
        Second => {
            let (n, rest) = number(rest, true)?;
            found.second = within(n, 0, 59, "second")?;
            Ok(rest)
        }
        Fraction => Ok(fraction(rest, found)),
        Zone => zone(rest, found),
    }
}

/// One or two digits; exactly two when `fixed`.
fn number(rest: &str, fixed: bool) -> Result<(i8, &str), Wrong> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || fixed && digits < 2 {
        return Err(Wrong::Form);
    }
    let n = rest[..digits].parse().map_err(|_| Wrong::Form)?;
    Ok((n, &rest[digits..]))
}

fn fraction<'a>(rest: &'a str, found: &mut Found) -> &'a str {
    let Some(after) = rest.strip_prefix(['.', ',']) else {
        return rest;
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return rest;
    }
    let padded = format!("{:0<9}", &after[..digits]);
    found.nanos = padded[..9].parse().unwrap_or(0);
    &after[digits..]
}

fn zone<'a>(rest: &'a str, found: &mut Found) -> Result<&'a str, Wrong> {
    if let Some(rest) = rest.strip_prefix('Z') {
        found.zone = Some(0);
        return Ok(rest);
    }
    let text = rest.get(..6).ok_or(Wrong::Form)?;
    let (hours, minutes) = text[1..].split_once(':').ok_or(Wrong::Form)?;
    let (hours, _) = number(hours, true)?;
    let (minutes, _) = number(minutes, true)?;
    if hours > 24 {
        return Err(Wrong::Range("time zone offset hour"));
    }
    if minutes > 60 {
        return Err(Wrong::Range("time zone offset minute"));
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    found.zone = Some(match text.as_bytes()[0] {
        b'+' => seconds,
        b'-' => -seconds,
        _ => return Err(Wrong::Form),
    });
    Ok(&rest[6..])
}

/// Nanoseconds since 1970; `None` for a day that the month does not have.
fn moment(found: &Found) -> Option<i64> {
    let Found {
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanos,
        zone,
    } = *found;
    let civil = DateTime::new(year, month, day, hour, minute, second, nanos).ok()?;
    let stamp = match zone {
        Some(seconds) => Offset::from_seconds(seconds)
            .ok()?
            .to_timestamp(civil)
            .ok()?,
        None => civil.to_zoned(TimeZone::system()).ok()?.timestamp(),
    };
    i64::try_from(stamp.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn layouts_with_a_zone() {
        for (text, seconds) in [
            ("2013-01-02Z", 1_357_084_800),
            ("2013-01-02T13Z", 1_357_131_600),
            ("2013-01-02T13:23:37-02:00", 1_357_140_217),
            ("2013-01-02+02:00", 1_357_077_600),
            ("2013-01-02T1:23Z", 1_357_089_780),
        ] {
            assert_eq!(parse(text), Ok(seconds * 1_000_000_000), "{text}");
        }
        assert_eq!(
            parse("2013-01-02T13:23:37.25Z"),
            Ok(1_357_133_017_250_000_000)
        );
    }

    #[test]
    fn the_words_are_gos() {
        for (text, words) in [
            ("2013-13-01", ": month out of range"),
            ("2013-01-32", ": day out of range"),
            ("2013-02-30", ": day out of range"),
            (
                "2013-01-0x",
                " as \"2006-01-02\": cannot parse \"0x\" as \"02\"",
            ),
            ("2013-01-02T25", ": hour out of range"),
            ("2013-01-02T13:61", ": minute out of range"),
            ("2013-01-02T13:23:61", ": second out of range"),
            ("2013-01-02x", ": extra text: \"x\""),
            (
                "a-b",
                " as \"2006-01-02\": cannot parse \"a-b\" as \"2006\"",
            ),
            (
                "2013-1-2",
                " as \"2006-01-02\": cannot parse \"1-2\" as \"01\"",
            ),
            ("2013-01-02T13:23:37.5x", ": extra text: \"x\""),
            (
                "2013-01-02T13:23:37+25:00",
                ": time zone offset hour out of range",
            ),
            (
                "20130-01-02",
                " as \"2006-01-02\": cannot parse \"0-01-02\" as \"-\"",
            ),
            ("2013-01-02 13:00", ": extra text: \" 13:00\""),
            ("2013-01", " as \"2006-01-02\": cannot parse \"\" as \"-\""),
        ] {
            let wanted = format!("parsing time {text:?}{words}");
            assert_eq!(parse(text).unwrap_err(), wanted);
        }
    }
}
