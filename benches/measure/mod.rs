//! What the benches share: which are wanted, medians, lines that can be compared.

#![allow(dead_code, reason = "each bench uses its own part")]

use std::time::Duration;

/// The part of a name that was asked for; `None` when only a list is wanted, as by `cargo test --benches`.
pub fn chosen() -> Option<String> {
    if std::env::args().any(|a| a == "--list" || a == "--test") {
        return None;
    }
    let mut words = std::env::args().skip(1);
    Some(words.find(|a| !a.starts_with('-')).unwrap_or_default())
}

pub fn times(count: usize, mut one: impl FnMut() -> Duration) -> Vec<Duration> {
    (0..count).map(|_| one()).collect()
}

pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

pub fn report(what: &str, times: &[Duration]) {
    let (least, most) = (
        times.iter().min().expect("a run"),
        times.iter().max().expect("a run"),
    );
    let ms = |d: &Duration| d.as_secs_f64() * 1e3;
    println!(
        "{what:<34} {:>10.2} ms median ({:.2} to {:.2}, {} runs)",
        ms(&median(times)),
        ms(least),
        ms(most),
        times.len()
    );
}

pub fn ratio(what: &str, a: &[Duration], b: &[Duration]) {
    println!(
        "{what:<34} {:>10.2}",
        median(a).as_secs_f64() / median(b).as_secs_f64()
    );
}
