//! Signal names and numbers as `kill`, `stop` and `STOPSIGNAL` accept them: Linux's, with or without `SIG`.

use super::{Error, Result};

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
const ALIASES: [(&str, i32); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];
/// The first and last realtime signals as C libraries number them.
const RTMIN: i32 = 34;
const RTMAX: i32 = 64;

/// `SIGKILL`.
pub const KILL: i32 = 9;
/// `SIGTERM`.
pub const TERM: i32 = 15;

/// Reads a name or a number. A number that no Linux knows is let through, as Docker lets the daemon refuse it.
pub fn parse(text: &str) -> Result<i32> {
    let invalid = || Error::invalid(format!("invalid signal: {text}"));
    if let Ok(number) = text.parse::<i32>() {
        return if number == 0 {
            Err(invalid())
        } else {
            Ok(number)
        };
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = NAMES
        .iter()
        .position(|n| *n == name)
        .map(|at| at as i32 + 1)
        .or_else(|| {
            ALIASES
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, number)| *number)
        })
        .or_else(|| realtime(name));
    number.ok_or_else(invalid)
}

/// Whether Linux has it.
pub fn is_known(number: i32) -> bool {
    (1..=31).contains(&number) || (RTMIN..=RTMAX).contains(&number)
}

fn realtime(name: &str) -> Option<i32> {
    let offset = |text: &str, sign: char| match text {
        "" => Some(0),
        rest => rest.strip_prefix(sign)?.parse::<i32>().ok(),
    };
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => RTMIN + offset(rest, '+')?,
        (_, Some(rest)) => RTMAX - offset(rest, '-')?,
        _ => return None,
    };
    (RTMIN..=RTMAX).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for (text, number) in [
            ("KILL", 9),
            ("SIGKILL", 9),
            ("sigusr1", 10),
            ("15", 15),
            ("SIGRTMIN", 34),
            ("RTMIN+3", 37),
            ("RTMAX-1", 63),
            ("SYS", 31),
            ("99", 99),
            ("-1", -1),
        ] {
            assert_eq!(parse(text).ok(), Some(number), "{text}");
        }
        for text in ["0", "BOGUS", "", "RTMIN 3", "RTMIN+31"] {
            assert_eq!(
                parse(text).unwrap_err().message,
                format!("invalid signal: {text}")
            );
        }
        assert!(is_known(64) && !is_known(99) && !is_known(32) && !is_known(-1));
    }
}
