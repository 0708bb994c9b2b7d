//! What the environment says, under the names of the real one.

use std::time::Duration;

/// How long things may take.
#[derive(Debug)]
pub struct Settings {
    pub port: u16,
    /// Until the first library calls.
    pub first: Duration,
    /// Until one calls again after the last has hung up.
    pub again: Duration,
    /// How often a removal is tried.
    pub tries: u32,
    /// Between two tries.
    pub pause: Duration,
    pub verbose: bool,
}

impl Settings {
    /// Reads the environment; the `Err` names the variable.
    pub fn read() -> Result<Settings, String> {
        let get = |name: &str| std::env::var(format!("RYUK_{name}")).ok();
        let time = |name: &str, usual: u64| match get(name) {
            None => Ok(Duration::from_secs(usual)),
            Some(text) => duration(&text)
                .ok_or_else(|| format!("RYUK_{name}: time: invalid duration {text:?}")),
        };
        let number = |name: &str, usual: u32| match get(name) {
            None => Ok(usual),
            Some(text) => text
                .parse()
                .map_err(|_| format!("RYUK_{name}: {text:?} is no number")),
        };
        let port = number("PORT", 8080)?;
        Ok(Settings {
            port: u16::try_from(port).map_err(|_| format!("RYUK_PORT: {port} is no port"))?,
            first: time("CONNECTION_TIMEOUT", 60)?,
            again: time("RECONNECTION_TIMEOUT", 10)?,
            tries: number("REMOVE_RETRIES", 10)?.max(1),
            pause: time("CHANGES_RETRY_INTERVAL", 1)?,
            verbose: get("VERBOSE").is_some_and(|text| matches!(text.as_str(), "true" | "1")),
        })
    }
}

/// A time as Go writes it: `10s`, `1m30s`, `500ms`.
pub fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut rest) = (0.0, text);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    Duration::try_from_secs_f64(total).ok()
}
