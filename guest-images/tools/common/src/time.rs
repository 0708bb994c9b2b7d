//! Calendar time: civil dates, `strftime`, and reading the dates that people write. UTC unless `$TZ` names a fixed offset.

use std::time::{SystemTime, UNIX_EPOCH};

pub const NANOS: i64 = 1_000_000_000;
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Nanoseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as i64)
}

/// A moment, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nano: u32,
    pub weekday: u32,
    pub yearday: u32,
    /// Seconds east of Greenwich.
    pub offset: i64,
    pub zone: String,
}

/// Days since 1970 of a date.
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let m = i64::from(month);
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The zone of `$TZ`: `UTC`, `EST5`, `CET-1`, `<+03>-3`. Zone files are not read, so other names mean UTC.
pub fn zone() -> (i64, String) {
    let text = std::env::var("TZ").unwrap_or_default();
    let (name, rest) = match text.strip_prefix('<').and_then(|text| text.split_once('>')) {
        Some((name, rest)) => (name.to_string(), rest),
        None => {
            let end = text
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(text.len());
            (text[..end].to_string(), &text[end..])
        }
    };
    let (sign, digits) = match rest.strip_prefix('-') {
        Some(digits) => (1, digits),
        None => (-1, rest.strip_prefix('+').unwrap_or(rest)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != ':')
        .unwrap_or(digits.len());
    let mut parts = digits[..end]
        .split(':')
        .map(|part| part.parse::<i64>().ok());
    match (name.len() >= 3, parts.next().flatten()) {
        (true, Some(hours)) => (
            sign * (hours * 3600 + parts.next().flatten().unwrap_or(0) * 60),
            name,
        ),
        _ => (0, "UTC".into()),
    }
}

/// Takes a moment apart, in a zone.
pub fn civil_in(ns: i64, offset: i64, zone: &str) -> Civil {
    let seconds = ns.div_euclid(NANOS) + offset;
    let day_number = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    let z = day_number + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + i64::from(month <= 2);
    Civil {
        year,
        month,
        day,
        hour: (rest / 3600) as u32,
        minute: (rest / 60 % 60) as u32,
        second: (rest % 60) as u32,
        nano: ns.rem_euclid(NANOS) as u32,
        weekday: (day_number + 4).rem_euclid(7) as u32,
        yearday: (day_number - days(year, 1, 1)) as u32,
        offset,
        zone: zone.to_string(),
    }
}

/// Takes a moment apart, in `$TZ`.
pub fn civil(ns: i64) -> Civil {
    let (offset, name) = zone();
    civil_in(ns, offset, &name)
}

fn iso_week(c: &Civil) -> (i64, u32) {
    let weekday = i64::from((c.weekday + 6) % 7);
    let week = (i64::from(c.yearday) - weekday + 10) / 7;
    let weeks = |year: i64| {
        let first = (days(year, 1, 1) + 4).rem_euclid(7);
        let leap = days(year + 1, 1, 1) - days(year, 1, 1) == 366;
        if first == 4 || (leap && first == 3) {
            53
        } else {
            52
        }
    };
    if week < 1 {
        (c.year - 1, weeks(c.year - 1) as u32)
    } else if week > weeks(c.year) {
        (c.year + 1, 1)
    } else {
        (c.year, week as u32)
    }
}

fn offset_text(offset: i64, colon: bool) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    let colon = if colon { ":" } else { "" };
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// `strftime`, with GNU's `%N`, `%s`, `%:z` and the flags `-`, `_`, `0`, `^`.
pub fn format(pattern: &str, c: &Civil) -> String {
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(found) = chars.next() {
        if found != '%' {
            text.push(found);
            continue;
        }
        let (mut flag, mut width, mut colon) = (None, 0usize, false);
        while let Some(next) = chars.peek().copied() {
            match next {
                '-' | '_' | '0' | '^' if width == 0 => flag = Some(next),
                '1'..='9' | '0' => width = width * 10 + next as usize - '0' as usize,
                ':' => colon = true,
                'E' | 'O' => {}
                _ => break,
            }
            chars.next();
        }
        let Some(letter) = chars.next() else {
            text.push('%');
            break;
        };
        let number = |value: i64, digits: usize, pad: char| -> String {
            let pad = match flag {
                Some('-') => return value.to_string(),
                Some('_') => ' ',
                Some('0') => '0',
                _ => pad,
            };
            let digits = digits.max(width);
            if pad == '0' {
                format!("{value:0digits$}")
            } else {
                format!("{value:digits$}")
            }
        };
        let hour12 = i64::from(if c.hour % 12 == 0 { 12 } else { c.hour % 12 });
        let seconds = days(c.year, c.month, c.day) * 86_400
            + i64::from(c.hour * 3600 + c.minute * 60 + c.second)
            - c.offset;
        let piece = match letter {
            'a' => DAYS[c.weekday as usize][..3].to_string(),
            'A' => DAYS[c.weekday as usize].to_string(),
            'b' | 'h' => MONTHS[c.month as usize - 1][..3].to_string(),
            'B' => MONTHS[c.month as usize - 1].to_string(),
            'c' => format("%a %b %e %H:%M:%S %Y", c),
            'C' => number(c.year / 100, 2, '0'),
            'd' => number(c.day.into(), 2, '0'),
            'D' | 'x' => format("%m/%d/%y", c),
            'e' => number(c.day.into(), 2, ' '),
            'F' => format("%Y-%m-%d", c),
            'g' => number(iso_week(c).0 % 100, 2, '0'),
            'G' => number(iso_week(c).0, 4, '0'),
            'H' => number(c.hour.into(), 2, '0'),
            'I' => number(hour12, 2, '0'),
            'j' => number(i64::from(c.yearday) + 1, 3, '0'),
            'k' => number(c.hour.into(), 2, ' '),
            'l' => number(hour12, 2, ' '),
            'm' => number(c.month.into(), 2, '0'),
            'M' => number(c.minute.into(), 2, '0'),
            'n' => "\n".into(),
            'N' => {
                format!("{:09}", c.nano)[..if width == 0 { 9 } else { width.min(9) }].to_string()
            }
            'p' => if c.hour < 12 { "AM" } else { "PM" }.into(),
            'P' => if c.hour < 12 { "am" } else { "pm" }.into(),
            'r' => format("%I:%M:%S %p", c),
            'R' => format("%H:%M", c),
            's' => seconds.to_string(),
            'S' => number(c.second.into(), 2, '0'),
            't' => "\t".into(),
            'T' | 'X' => format("%H:%M:%S", c),
            'u' => if c.weekday == 0 { 7 } else { c.weekday }.to_string(),
            'U' => number(i64::from((c.yearday + 7 - c.weekday) / 7), 2, '0'),
            'V' => number(iso_week(c).1.into(), 2, '0'),
            'w' => c.weekday.to_string(),
            'W' => number(i64::from((c.yearday + 7 - (c.weekday + 6) % 7) / 7), 2, '0'),
            'y' => number(c.year.rem_euclid(100), 2, '0'),
            'Y' => number(c.year, 0, '0'),
            'z' => offset_text(c.offset, colon),
            'Z' => c.zone.clone(),
            '%' => "%".into(),
            other => format!("%{other}"),
        };
        if flag == Some('^') {
            text.push_str(&piece.to_uppercase());
        } else {
            text.push_str(&piece);
        }
    }
    text
}

/// Nanoseconds of a civil time in a zone.
pub fn from_civil(
    year: i64,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    offset: i64,
) -> i64 {
    (days(year, month, day) * 86_400
        + i64::from(hour) * 3600
        + i64::from(minute) * 60
        + i64::from(second)
        - offset)
        * NANOS
}

fn clock(word: &str) -> Option<(u32, u32, u32, u32)> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) || !word.contains(':') {
        return None;
    }
    let mut parts = word.split(':');
    let hour = parts.next()?.parse().ok().filter(|h| *h < 24)?;
    let minute = parts.next()?.parse().ok().filter(|m| *m < 60)?;
    let (second, nano) = match parts.next() {
        None => (0, 0),
        Some(text) => {
            let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
            (
                whole.parse().ok().filter(|s| *s < 61)?,
                format!("{fraction:0<9}").get(..9)?.parse().ok()?,
            )
        }
    };
    Some((hour, minute, second, nano))
}

fn date_word(word: &str) -> Option<(i64, u32, u32)> {
    let parts: Vec<&str> = word.split(['-', '/']).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = if word.contains('/') && c.len() == 4 {
        (c, a, b)
    } else {
        (a, b, c)
    };
    let month = month.parse().ok().filter(|m| (1..=12).contains(m))?;
    let day = day.parse().ok().filter(|d| (1..=31).contains(d))?;
    Some((year.parse().ok()?, month, day))
}

/// Reads `2024-05-06 07:08:09`, `@1700000000`, `yesterday`, `3 days ago`, `next week`, `Mon May 6 2024 …`, RFC 3339, `+1 hour`.
pub fn parse(text: &str, now_ns: i64) -> Option<i64> {
    let text = text.trim();
    if let Some(epoch) = text.strip_prefix('@') {
        let (whole, fraction) = epoch.split_once('.').unwrap_or((epoch, ""));
        let nanos: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
        return Some(whole.parse::<i64>().ok()? * NANOS + nanos);
    }
    let (mut offset, zone_name) = zone();
    let today = civil_in(now_ns, offset, &zone_name);
    let mut date = (today.year, today.month, today.day);
    let mut time: Option<(u32, u32, u32, u32)> = None;
    let (mut dated, mut shift, mut months) = (false, 0i64, 0i64);
    let spaced = text.to_lowercase().replace(',', " ");
    let split: Vec<String> = spaced
        .split_whitespace()
        .flat_map(|word| {
            // `2024-05-06T07:08:09Z` is two words and a zone.
            match word.split_once('t') {
                Some((a, b)) if date_word(a).is_some() => {
                    let end = b
                        .find(['z', '+'])
                        .or_else(|| b.rfind('-'))
                        .unwrap_or(b.len());
                    vec![a.to_string(), b[..end].to_string(), b[end..].to_string()]
                }
                _ => vec![word.to_string()],
            }
        })
        .filter(|word| !word.is_empty())
        .collect();
    let mut at = 0;
    while at < split.len() {
        let word = split[at].as_str();
        at += 1;
        if let Some(found) = date_word(word) {
            date = found;
            dated = true;
        } else if let Some(found) = clock(word) {
            time = Some(found);
        } else if matches!(word, "am" | "pm") && time.is_some() {
            let (h, m, s, n) = time?;
            time = Some((h % 12 + if word == "pm" { 12 } else { 0 }, m, s, n));
        } else if matches!(word, "now" | "today" | "at" | "of") {
        } else if matches!(word, "midnight" | "noon") {
            time = Some((if word == "noon" { 12 } else { 0 }, 0, 0, 0));
        } else if matches!(word, "yesterday" | "tomorrow") {
            shift += if word == "tomorrow" { 86_400 } else { -86_400 };
        } else if matches!(word, "z" | "utc" | "gmt") {
            offset = 0;
        } else if word.len() >= 5
            && word.starts_with(['+', '-'])
            && word[1..].chars().all(|c| c.is_ascii_digit() || c == ':')
        {
            let digits = word[1..].replace(':', "");
            let sign = if word.starts_with('-') { -1 } else { 1 };
            offset = sign
                * (digits.get(..2)?.parse::<i64>().ok()? * 3600
                    + digits.get(2..4)?.parse::<i64>().ok()? * 60);
        } else if let Some(month) = MONTHS
            .iter()
            .position(|m| word.len() >= 3 && m.to_lowercase().starts_with(word))
        {
            date.1 = month as u32 + 1;
            // The day stands before (`6 may`) or after (`may 6`).
            if let Some(day) = at
                .checked_sub(2)
                .and_then(|i| split[i].parse().ok())
                .filter(|d| (1..=31).contains(d))
            {
                date.2 = day;
            } else if let Some(day) = split
                .get(at)
                .and_then(|w| w.parse().ok())
                .filter(|d| (1..=31).contains(d))
            {
                date.2 = day;
                at += 1;
            }
            dated = true;
        } else if let Some(day) = DAYS
            .iter()
            .position(|d| word.len() >= 3 && d.to_lowercase().starts_with(word))
        {
            if !dated && split.len() <= 2 {
                shift += (day as i64 - i64::from(today.weekday)).rem_euclid(7) * 86_400;
                time = time.or(Some((0, 0, 0, 0)));
            }
        } else if word == "utc" || word == zone_name.to_lowercase() {
        } else if matches!(word, "next" | "last") || word.parse::<i64>().is_ok() {
            let count = match word {
                "next" => 1,
                "last" => -1,
                number => number.parse().ok()?,
            };
            let unit = split.get(at).map(|unit| unit.trim_end_matches('s'));
            let seconds = match unit {
                Some("second" | "sec") => Some(1),
                Some("minute" | "min") => Some(60),
                Some("hour") => Some(3600),
                Some("day") => Some(86_400),
                Some("week") => Some(7 * 86_400),
                Some("fortnight") => Some(14 * 86_400),
                _ => None,
            };
            let ago = split.get(at + 1).is_some_and(|word| word == "ago");
            let count = if ago { -count } else { count };
            match (seconds, unit) {
                (Some(seconds), _) => shift += count * seconds,
                (None, Some("month")) => months += count,
                (None, Some("year")) => months += 12 * count,
                // A bare year (`May 6 2024`), or a day before its month, which the month picks up.
                _ if word.len() == 4 => {
                    date.0 = count;
                    continue;
                }
                _ if split.get(at).is_some_and(|w| {
                    MONTHS
                        .iter()
                        .any(|m| w.len() >= 3 && m.to_lowercase().starts_with(w.as_str()))
                }) =>
                {
                    continue;
                }
                _ if word.len() == 8 => {
                    date = (
                        count / 10_000,
                        (count / 100 % 100) as u32,
                        (count % 100) as u32,
                    );
                    dated = true;
                    continue;
                }
                _ => return None,
            }
            at += if ago { 2 } else { 1 };
        } else {
            return None;
        }
    }
    if months != 0 {
        let total = date.0 * 12 + i64::from(date.1) - 1 + months;
        date.0 = total.div_euclid(12);
        date.1 = total.rem_euclid(12) as u32 + 1;
    }
    let (hour, minute, second, nano) = match time {
        Some(time) => time,
        None if dated => (0, 0, 0, 0),
        None => (today.hour, today.minute, today.second, today.nano),
    };
    Some(
        from_civil(date.0, date.1, date.2, hour, minute, second, offset)
            + shift * NANOS
            + i64::from(nano),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_715_000_000 * NANOS; // Mon May  6 12:53:20 UTC 2024

    fn show(ns: i64) -> String {
        format("%Y-%m-%d %H:%M:%S %a", &civil_in(ns, 0, "UTC"))
    }

    #[test]
    fn formats() {
        let c = civil_in(NOW, 0, "UTC");
        assert_eq!(
            format("%a %b %e %T %Z %Y", &c),
            "Mon May  6 12:53:20 UTC 2024"
        );
        assert_eq!(
            format("%-d %_d %j %s %I %p %V %3N", &c),
            "6  6 127 1715000000 12 PM 19 000"
        );
    }

    #[test]
    fn reads_what_people_write() {
        for (text, expected) in [
            ("2024-05-06 07:08:09", "2024-05-06 07:08:09 Mon"),
            ("2024-02-29T07:08:09Z", "2024-02-29 07:08:09 Thu"),
            ("2024-02-29T07:08:09+02:00", "2024-02-29 05:08:09 Thu"),
            ("yesterday", "2024-05-05 12:53:20 Sun"),
            ("3 days ago", "2024-05-03 12:53:20 Fri"),
            ("+1 hour", "2024-05-06 13:53:20 Mon"),
            ("next month", "2024-06-06 12:53:20 Thu"),
            ("Mon May 6 10:00:00 UTC 2024", "2024-05-06 10:00:00 Mon"),
            ("1 January 2020", "2020-01-01 00:00:00 Wed"),
            ("@0", "1970-01-01 00:00:00 Thu"),
        ] {
            assert_eq!(
                parse(text, NOW).map(show).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        assert_eq!(parse("rubbish", NOW), None);
    }
}
