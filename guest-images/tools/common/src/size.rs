//! Sizes: reading `10K`, and writing them for people.

/// Reads a count with an optional suffix: `b` 512, `k`/`K` 1024, `M`, `G`, `T`; `kB`, `MB` are powers of 1000; `KiB` of 1024.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let (base, power) = match &text[digits..] {
        "" | "c" => (1, 1),
        "w" => (2, 1),
        "b" => (512, 1),
        suffix => {
            let power = "KMGTPE".find(suffix.chars().next()?.to_ascii_uppercase())? as u32 + 1;
            match &suffix[1..] {
                "" | "iB" => (1024u64, power),
                "B" => (1000, power),
                _ => return None,
            }
        }
    };
    number.checked_mul(base.checked_pow(power)?)
}

/// `1.5K` as GNU writes it (rounded up, one digit below ten) with the given base (1024 or 1000).
pub fn human(bytes: u64, base: u64) -> String {
    if bytes < base {
        return bytes.to_string();
    }
    let mut unit = 0;
    let mut scale = 1u64;
    while bytes.div_ceil(scale) >= base && unit < 6 {
        scale = scale.saturating_mul(base);
        unit += 1;
    }
    let letter = if base == 1000 { b"kMGTPE" } else { b"KMGTPE" }[unit - 1] as char;
    let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(scale));
    if tenths < 100 {
        format!("{}.{}{letter}", tenths / 10, tenths % 10)
    } else {
        format!("{}{letter}", tenths.div_ceil(10))
    }
}

/// `1.5K` as busybox writes it (rounded to nearest, one digit always below 1024 units).
pub fn busybox(bytes: u64) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    let mut unit = 0;
    let mut value = bytes;
    let mut tenths = 0;
    while value >= 1024 && unit < 6 {
        tenths = ((value % 1024) * 10 + 512) / 1024;
        value /= 1024;
        unit += 1;
    }
    if tenths >= 10 {
        value += 1;
        tenths = 0;
    }
    let letter = b"KMGTPE"[unit - 1] as char;
    format!("{value}.{tenths}{letter}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn suffixes() {
        assert_eq!(super::parse("10"), Some(10));
        assert_eq!(super::parse("2K"), Some(2048));
        assert_eq!(super::parse("1MB"), Some(1_000_000));
        assert_eq!(super::parse("x"), None);
    }

    #[test]
    fn for_people() {
        assert_eq!(super::human(1023, 1024), "1023");
        assert_eq!(super::human(1025, 1024), "1.1K");
        assert_eq!(super::human(20_000, 1024), "20K");
        assert_eq!(super::busybox(2_063_232), "2.0M");
    }
}
