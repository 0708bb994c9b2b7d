//! What the value of a flag means, where it is a small language of its own.

/// One clause without a full stop; `None` where the value speaks for itself.
pub fn meaning(flag: &str, value: &str) -> Option<String> {
    match flag {
        "publish" => port(value),
        "volume" => volume(value),
        "env" => Some(match value.split_once('=') {
            Some((name, value)) => format!("{name} is {value:?} for the program"),
            None => format!("{value} has the value that it has in your own shell"),
        }),
        "restart" => restart(value),
        "network" => match value {
            "none" => Some("no network but its own loopback".to_owned()),
            "host" => Some("no network of its own".to_owned()),
            "bridge" => Some("the default network, where names are not resolved".to_owned()),
            _ => value
                .strip_prefix("container:")
                .map(|other| format!("the network of the container {other}")),
        },
        "entrypoint" => Some(match value {
            "" => "the image's own is taken away, and the first argument is the program".to_owned(),
            _ => format!("{value} is the program, and the arguments go to it"),
        }),
        "user" => Some(match value {
            "0" | "root" => "root of the container, who is nobody outside".to_owned(),
            _ => format!("not root, but {value}"),
        }),
        "memory" => Some(format!(
            "a program that wants more than {value} is killed, with code 137"
        )),
        _ => None,
    }
}

/// `[ADDRESS:][OUTSIDE:]INSIDE[/PROTOCOL]`.
fn port(value: &str) -> Option<String> {
    let (ports, protocol) = value.rsplit_once('/').unwrap_or((value, "tcp"));
    let (outside, inside) = match ports.rsplit_once(':') {
        Some((outside, inside)) => (outside, inside),
        None => ("", ports),
    };
    let (address, outside) = match outside.rsplit_once(':') {
        Some((address, outside)) => (address, outside),
        None => ("", outside),
    };
    let outside = match outside {
        "" => "a free port".to_owned(),
        range if range.contains('-') => format!("the ports {range}"),
        port => format!("port {port}"),
    };
    let where_from = match address {
        "" => "of this machine".to_owned(),
        address => format!("at {address}"),
    };
    Some(format!(
        "{outside} {where_from} leads to port {inside} ({protocol}) in the container"
    ))
}

/// `[NAME-OR-PATH:]PATH[:OPTIONS]`; the first may begin with a drive.
fn volume(value: &str) -> Option<String> {
    let drive = value.as_bytes().get(1) == Some(&b':')
        && value
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphabetic)
        && matches!(value.as_bytes().get(2), Some(b'\\' | b'/'));
    let colon = value[if drive { 2 } else { 0 }..].find(':');
    let Some(colon) = colon.map(|at| at + if drive { 2 } else { 0 }) else {
        return Some(format!("a new volume without a name is at {value}"));
    };
    let (source, rest) = (&value[..colon], &value[colon + 1..]);
    let (target, options) = rest.split_once(':').unwrap_or((rest, ""));
    let what = match drive || source.starts_with(['/', '.', '~', '\\']) {
        true => format!("the folder {source} of this machine"),
        false => format!("the volume {source}"),
    };
    let how = match options.split(',').any(|o| o == "ro") {
        true => ", for reading only",
        false => "",
    };
    Some(format!("{what} is at {target}{how}"))
}

/// `no`, `always`, `unless-stopped`, `on-failure[:TIMES]`.
fn restart(value: &str) -> Option<String> {
    let (policy, times) = value.split_once(':').unwrap_or((value, ""));
    Some(match (policy, times) {
        ("no", _) => "when it ends it stays ended".to_owned(),
        ("always", _) => "when it ends it is started again, also with the next engine".to_owned(),
        ("unless-stopped", _) => "as 'always', but not after 'stop'".to_owned(),
        ("on-failure", "") => "started again as long as its exit code is not 0".to_owned(),
        ("on-failure", n) => {
            format!("started again after an exit code other than 0, {n} times at most")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_languages() {
        for (flag, value, words) in [
            (
                "publish",
                "8080:80",
                "port 8080 of this machine leads to port 80 (tcp) in the container",
            ),
            (
                "publish",
                "127.0.0.1::53/udp",
                "a free port at 127.0.0.1 leads to port 53 (udp) in the container",
            ),
            (
                "publish",
                "[::1]:80:80",
                "port 80 at [::1] leads to port 80 (tcp) in the container",
            ),
            (
                "publish",
                "80",
                "a free port of this machine leads to port 80 (tcp) in the container",
            ),
            ("volume", "data:/d", "the volume data is at /d"),
            (
                "volume",
                "./src:/d:ro",
                "the folder ./src of this machine is at /d, for reading only",
            ),
            (
                "volume",
                r"C:\Users\ada:/d",
                r"the folder C:\Users\ada of this machine is at /d",
            ),
            ("volume", "/d", "a new volume without a name is at /d"),
            ("env", "A=1", "A is \"1\" for the program"),
            (
                "env",
                "HOME",
                "HOME has the value that it has in your own shell",
            ),
            (
                "restart",
                "on-failure:3",
                "started again after an exit code other than 0, 3 times at most",
            ),
            (
                "network",
                "container:web",
                "the network of the container web",
            ),
        ] {
            assert_eq!(
                meaning(flag, value).as_deref(),
                Some(words),
                "{flag} {value}"
            );
        }
        assert_eq!(meaning("network", "mine"), None);
        assert_eq!(meaning("detach", "true"), None);
    }
}
