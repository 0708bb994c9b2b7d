//! `-p` and `--expose`: ports and ranges of ports.

use crate::cli::error::{Error, Result};
use crate::wire::host_config::PortMap;
use crate::wire::{Empty, PortBinding, StringSet};

/// The exposed ports and the bindings that both flags ask for.
pub fn ports(publish: &[String], expose: &[String]) -> Result<(StringSet, PortMap)> {
    let mut exposed = StringSet::new();
    let mut bindings = PortMap::new();
    for spec in publish {
        match spec.contains('=') {
            true => one(&short(spec)?, &mut exposed, &mut bindings)?,
            false => one(spec, &mut exposed, &mut bindings)?,
        }
    }
    for spec in expose {
        let (range, proto) = split_proto(spec);
        let (from, to) = span(range).map_err(|e| {
            Error::plain(format!(
                "invalid range format for --expose: {spec}, error: {e}"
            ))
        })?;
        for port in from..=to {
            exposed.insert(format!("{port}/{proto}"), Empty {});
        }
    }
    Ok((exposed, bindings))
}

/// `target=80,published=8080,protocol=udp` as `8080:80/udp`. Docker, too, takes unknown names for nothing.
fn short(spec: &str) -> Result<String> {
    let (mut target, mut published, mut protocol) = ("", "", "tcp");
    for field in spec.split(',') {
        match field.split_once('=') {
            None | Some(("", _)) => {
                return Err(Error::plain(format!(
                    "invalid publish opts format (should be name=value but got '{field}')"
                )));
            }
            Some(("target", value)) => target = value,
            Some(("published", value)) => published = value,
            Some(("protocol", value)) => protocol = value,
            Some(_) => {}
        }
    }
    Ok(format!("{published}:{target}/{protocol}"))
}

fn one(spec: &str, exposed: &mut StringSet, bindings: &mut PortMap) -> Result<()> {
    let (address, host, inside) = split(spec);
    let (range, proto) = split_proto(inside);
    if !matches!(proto.as_str(), "tcp" | "udp" | "sctp") {
        return Err(Error::plain(format!("invalid proto: {proto}")));
    }
    if range.is_empty() {
        return Err(Error::plain(format!("no port specified: {spec}<empty>")));
    }
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
        return Err(Error::plain(format!("invalid IP address: {address}")));
    }
    let (from, to) =
        span(range).map_err(|_| Error::plain(format!("invalid containerPort: {inside}")))?;
    let host_span = match host {
        "" => None,
        host => Some(span(host).map_err(|_| Error::plain(format!("invalid hostPort: {host}")))?),
    };
    let differs = |(a, b): (u16, u16)| b - a != to - from;
    if let Some(host_span) = host_span
        && differs(host_span)
        && to != from
    {
        return Err(Error::plain(format!(
            "invalid ranges specified for container and host Ports: {inside} and {host}"
        )));
    }
    for port in from..=to {
        let key = format!("{port}/{proto}");
        exposed.insert(key.clone(), Empty {});
        let host_port = match host_span {
            None => String::new(),
            // One port on a range of the host's: the engine picks a free one.
            Some((first, last)) if from == to && first != last => format!("{first}-{last}"),
            Some((first, _)) => (first + (port - from)).to_string(),
        };
        bindings
            .entry(key)
            .or_default()
            .get_or_insert_default()
            .push(PortBinding {
                host_ip: address.to_owned(),
                host_port,
            });
    }
    Ok(())
}

/// `[address:][host:]container`; an IPv6 address stands in brackets.
fn split(spec: &str) -> (&str, &str, &str) {
    let Some((rest, inside)) = spec.rsplit_once(':') else {
        return ("", "", spec);
    };
    if rest.ends_with(']') {
        return (rest, "", inside);
    }
    match rest.rsplit_once(':') {
        Some((address, host)) => (address, host, inside),
        None => ("", rest, inside),
    }
}

fn split_proto(text: &str) -> (&str, String) {
    match text.split_once('/') {
        Some((range, proto)) if !proto.is_empty() => (range, proto.to_lowercase()),
        Some((range, _)) => (range, "tcp".into()),
        None => (text, "tcp".into()),
    }
}

/// `80` or `80-90`.
fn span(text: &str) -> std::result::Result<(u16, u16), String> {
    let number = |t: &str| {
        t.parse::<u16>().map_err(|e| {
            let words = match e.kind() {
                std::num::IntErrorKind::PosOverflow => "value out of range",
                _ => "invalid syntax",
            };
            format!("strconv.ParseUint: parsing {t:?}: {words}")
        })
    };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (number(from)?, number(to)?);
    if to < from {
        return Err(format!("invalid range specified for port: {text}"));
    }
    Ok((from, to))
}
