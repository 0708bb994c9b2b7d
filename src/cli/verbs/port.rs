//! `port`: where a container's published ports are reached.

use crate::cli::app::{App, container, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::cli::print::natural;
use crate::wire::{ContainerInspect, PortBinding};
use std::num::IntErrorKind;

pub fn verb() -> Verb {
    Verb {
        paths: &["container port", "port"],
        usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
        about: "Show where published ports are reached",
        arity: Arity::Between(1, 2),
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let name = &given.args[0];
    let wanted = given.args.get(1).map_or("", String::as_str);
    let client = app.client().await?;
    let shown: ContainerInspect = client.get(&container(name, "/json")?).await?;
    let ports = shown.network_settings.ports;
    let mut lines = Vec::new();
    if wanted.is_empty() {
        for (port, bindings) in &ports {
            let all = bindings.iter().flatten();
            lines.extend(all.map(|b| format!("{port} -> {}", place(b))));
        }
    } else {
        let key = key(wanted)?;
        let bindings = ports.get(&key).and_then(Option::as_ref);
        let found = bindings.filter(|b| !b.is_empty()).ok_or_else(|| {
            Error::plain(format!(
                "Error: No public port '{wanted}' published for {name}"
            ))
        })?;
        lines.extend(found.iter().map(place));
    }
    lines.sort_by(|a, b| natural::compare(a, b));
    for line in lines {
        out(&format!("{line}\n"));
    }
    Ok(0)
}

/// `80` and `80/udp` as the engine names them; the error is Go's.
fn key(wanted: &str) -> Result<String> {
    let (port, protocol) = match wanted.split_once('/') {
        Some((port, "")) => (port, "tcp"),
        Some(both) => both,
        None => (wanted, "tcp"),
    };
    // Rust takes a sign in front.
    let number = match port.starts_with('+') {
        true => "+".parse::<u16>(),
        false => port.parse(),
    };
    match number {
        Ok(_) => Ok(format!("{port}/{protocol}")),
        Err(e) => {
            let why = match e.kind() {
                IntErrorKind::PosOverflow => "value out of range",
                _ => "invalid syntax",
            };
            Err(Error::plain(format!(
                "Error: invalid port ({port}): strconv.ParseUint: parsing {port:?}: {why}"
            )))
        }
    }
}

/// Go's `net.JoinHostPort`.
fn place(binding: &PortBinding) -> String {
    match binding.host_ip.contains(':') {
        true => format!("[{}]:{}", binding.host_ip, binding.host_port),
        false => format!("{}:{}", binding.host_ip, binding.host_port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers() {
        assert_eq!(key("80").unwrap(), "80/tcp");
        assert_eq!(key("81/udp").unwrap(), "81/udp");
        for (wrong, why) in [
            ("abc", "invalid syntax"),
            ("+80", "invalid syntax"),
            ("82-83", "invalid syntax"),
            ("65536", "value out of range"),
        ] {
            assert_eq!(
                key(wrong).unwrap_err().message,
                format!(
                    "Error: invalid port ({wrong}): strconv.ParseUint: parsing {wrong:?}: {why}"
                )
            );
        }
    }
}
