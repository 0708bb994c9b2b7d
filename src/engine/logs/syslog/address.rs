//! `syslog-address` and `syslog-facility`, read as Docker reads them.

use crate::base::strconv;
use crate::engine::logs::dial::Address;

/// The port of syslog.
const PORT: u16 = 514;

/// Reads an address; `None` is this machine's syslog.
pub fn parse(text: &str) -> Result<Option<Address>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let (scheme, rest) = scheme(text)?;
    match scheme.as_str() {
        "unix" | "unixgram" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            // Docker looks at once whether something is there.
            std::fs::metadata(path)
                .map_err(|e| format!("stat {path}: {}", crate::engine::container::words(e)))?;
            Ok(Some(match scheme.as_str() {
                "unix" => Address::Unix(path.to_owned()),
                _ => Address::Unixgram(path.to_owned()),
            }))
        }
        "udp" | "tcp" => {
            let host = rest.strip_prefix("//").unwrap_or("");
            let host = host.split(['/', '?', '#']).next().unwrap_or(host);
            let (host, port) = host_and_port(text, host)?;
            Ok(Some(match scheme.as_str() {
                "udp" => Address::Udp(host, port),
                _ => Address::Tcp(host, port),
            }))
        }
        other => Err(format!("unsupported scheme: '{other}'")),
    }
}

/// Go's view of where the scheme of a URL ends; a text without one has an empty scheme.
fn scheme(text: &str) -> Result<(String, &str), String> {
    let wrong = |why: &str| Err(format!("parse {text:?}: {why}"));
    let Some(at) = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)) else {
        return Ok((String::new(), text));
    };
    let first_is_letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if text.as_bytes()[at] == b':' {
        return match (at, first_is_letter) {
            (0, _) => wrong("missing protocol scheme"),
            (_, false) => wrong("first path segment in URL cannot contain colon"),
            _ => Ok((text[..at].to_ascii_lowercase(), &text[at + 1..])),
        };
    }
    let segment = text.split('/').next().unwrap_or(text);
    if segment.contains(':') {
        return wrong("first path segment in URL cannot contain colon");
    }
    Ok((String::new(), text))
}

fn host_and_port(url: &str, text: &str) -> Result<(String, u16), String> {
    let (host, port) = match text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        Some((host, rest)) => (host, rest),
        None => text.split_at(text.rfind(':').unwrap_or(text.len())),
    };
    let digits = match port.strip_prefix(':') {
        None | Some("") => return Ok((host.to_owned(), PORT)),
        Some(digits) => digits,
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("parse {url:?}: invalid port {port:?} after host"));
    }
    let port = digits
        .parse()
        .map_err(|_| format!("address {digits}: invalid port"))?;
    Ok((host.to_owned(), port))
}

/// A facility's number: 0 to 23, or its name; `daemon` when nothing was asked for.
pub fn facility(text: &str) -> Result<u32, String> {
    const NAMES: [&str; 12] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
        "authpriv", "ftp",
    ];
    let wrong = || "invalid syslog facility".to_owned();
    if text.is_empty() {
        return Ok(3);
    }
    if let Some(at) = NAMES.iter().position(|name| *name == text) {
        return u32::try_from(at).map_err(|_| wrong());
    }
    let local = text.strip_prefix("local").and_then(|n| n.parse().ok());
    match local.filter(|n: &u32| *n < 8) {
        Some(n) => Ok(16 + n),
        None => match strconv::atoi(text) {
            Ok(n @ 0..=23) => u32::try_from(n).map_err(|_| wrong()),
            _ => Err(wrong()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_docker_reads_them() {
        let udp = |host: &str, port| Ok(Some(Address::Udp(host.to_owned(), port)));
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("udp://127.0.0.1:5140"), udp("127.0.0.1", 5140));
        assert_eq!(parse("udp://127.0.0.1"), udp("127.0.0.1", 514));
        assert_eq!(parse("udp://[::1]:1"), udp("::1", 1));
        assert_eq!(parse("udp://"), udp("", 514));
        assert_eq!(
            parse("tcp://logs.example"),
            Ok(Some(Address::Tcp("logs.example".to_owned(), 514)))
        );
        for (text, words) in [
            ("xx", "unsupported scheme: ''"),
            ("http://x", "unsupported scheme: 'http'"),
            ("unix:///nosuch", "stat /nosuch: no such file or directory"),
            ("unix:/nosuch", "stat /nosuch: no such file or directory"),
            ("unix://", "stat : no such file or directory"),
            (
                "udp://127.0.0.1:abc",
                "parse \"udp://127.0.0.1:abc\": invalid port \":abc\" after host",
            ),
            (
                "127.0.0.1:514",
                "parse \"127.0.0.1:514\": first path segment in URL cannot contain colon",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), words);
        }
    }

    #[test]
    fn facilities_have_names_and_numbers() {
        for (text, number) in [("", 3), ("3", 3), ("ftp", 11), ("local0", 16), ("23", 23)] {
            assert_eq!(facility(text), Ok(number), "{text}");
        }
        for text in ["bogus", "99", "-1", "24", "local8"] {
            assert_eq!(facility(text).unwrap_err(), "invalid syslog facility");
        }
    }
}
