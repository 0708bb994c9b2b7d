//! `ip`, `ifconfig` and `route`: the container's interfaces and routes, as `/proc/net` tells them. The engine decides them, so
//! they are shown and not changed.

use applet::{die, out};
use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};

/// An interface with what is known of it.
struct Interface {
    name: String,
    mac: String,
    addresses: Vec<(IpAddr, u8)>,
    /// Received bytes and packets, sent bytes and packets.
    traffic: [u64; 4],
}

struct Route {
    interface: String,
    to: Ipv4Addr,
    by: Ipv4Addr,
    mask: Ipv4Addr,
}

impl Interface {
    fn is_loopback(&self) -> bool {
        self.name == "lo"
    }

    fn mtu(&self) -> u32 {
        if self.is_loopback() { 65536 } else { 1500 }
    }
}

impl Route {
    fn covers(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & u32::from(self.mask) == u32::from(self.to)
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default()
}

fn interfaces() -> Vec<Interface> {
    let counters = counters();
    let mut found: Vec<Interface> = Vec::new();
    for line in read("if_inet").lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, mac, address] = words.as_slice() else {
            continue;
        };
        let address = address
            .split_once('/')
            .and_then(|(ip, length)| Some((ip.parse().ok()?, length.parse().ok()?)));
        match found.iter_mut().find(|known| known.name == *name) {
            Some(known) => known.addresses.extend(address),
            None => found.push(Interface {
                name: (*name).to_owned(),
                mac: (*mac).to_owned(),
                addresses: address.into_iter().collect(),
                traffic: counters.get(*name).copied().unwrap_or_default(),
            }),
        }
    }
    found
}

fn counters() -> BTreeMap<String, [u64; 4]> {
    let line = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        let words = rest.split_whitespace();
        let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        let at = |place: usize| numbers.get(place).copied();
        Some((name.trim().to_owned(), [at(0)?, at(1)?, at(8)?, at(9)?]))
    };
    read("dev").lines().filter_map(line).collect()
}

/// `010012AC` as the kernel means it.
pub fn address(hex: &str) -> Option<Ipv4Addr> {
    let number = u32::from_str_radix(hex, 16).ok()?;
    Some(Ipv4Addr::from(number.to_le_bytes()))
}

fn routes() -> Vec<Route> {
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some(Route {
            interface: (*words.first()?).to_owned(),
            to: address(words.get(1)?)?,
            by: address(words.get(2)?)?,
            mask: address(words.get(7)?)?,
        })
    };
    read("route").lines().skip(1).filter_map(line).collect()
}

/// The bits of an address that tell hosts of one network apart.
fn host_bits(length: u8) -> u32 {
    u32::MAX.checked_shr(length.into()).unwrap_or(0)
}

/// The address of everybody in a network.
fn broadcast(ip: Ipv4Addr, length: u8) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(ip) | host_bits(length))
}

/// `ip`.
pub fn ip(argv: &[String]) -> i32 {
    let (mut family, mut brief, mut words) = (None, false, Vec::new());
    for word in argv.iter().skip(1) {
        match word.as_str() {
            "-4" => family = Some(false),
            "-6" => family = Some(true),
            "-br" | "-brief" => brief = true,
            "-o" | "-c" | "-color=never" => {}
            word => words.push(word),
        }
    }
    let object = words.first().copied().unwrap_or("");
    let is = |whole: &str| !object.is_empty() && whole.starts_with(object);
    let mut rest = words
        .iter()
        .skip(1)
        .copied()
        .filter(|word| *word != "dev")
        .peekable();
    let action = match rest.peek() {
        Some(&"show" | &"list" | &"ls" | &"get" | &"s" | &"l") => rest.next().unwrap_or("show"),
        Some(&"add" | &"del" | &"delete" | &"set" | &"flush" | &"replace" | &"change") => {
            die("RTNETLINK answers: Operation not permitted")
        }
        _ => "show",
    };
    let named = rest.next();
    match object {
        _ if is("address") => links(true, family, brief, named),
        _ if is("link") => links(false, family, brief, named),
        _ if is("route") && action == "get" => way(named.unwrap_or("")),
        _ if is("route") => {
            if family != Some(true) {
                print_routes();
            }
            0
        }
        // Neighbours are not asked for their hardware addresses here.
        _ if is("neighbour") || is("neighbor") => 0,
        _ => {
            eprintln!("Usage: ip [-4|-6] [-br] address|link|route|neigh [show] [dev NAME]");
            1
        }
    }
}

fn links(addresses: bool, family: Option<bool>, brief: bool, named: Option<&str>) -> i32 {
    let all = interfaces();
    if let Some(name) = named
        && !all.iter().any(|interface| interface.name == name)
    {
        die(format_args!("can't find device '{name}'"));
    }
    for (place, interface) in all.iter().enumerate() {
        if named.is_some_and(|name| name != interface.name) {
            continue;
        }
        let is_wanted = |(ip, _): &&(IpAddr, u8)| family.is_none_or(|six| ip.is_ipv6() == six);
        let shown: Vec<&(IpAddr, u8)> = interface.addresses.iter().filter(is_wanted).collect();
        let (name, mac, mtu) = (&interface.name, &interface.mac, interface.mtu());
        if brief {
            let list: Vec<String> = shown.iter().map(|(ip, n)| format!("{ip}/{n}")).collect();
            let state = if interface.is_loopback() {
                "UNKNOWN"
            } else {
                "UP"
            };
            let rest = if addresses {
                list.join(" ")
            } else {
                mac.clone()
            };
            writeln!(out(), "{name:<16} {state:<14} {rest} ");
            continue;
        }
        let (flags, queue, kind, everybody) = match interface.is_loopback() {
            true => (
                "LOOPBACK,UP,LOWER_UP",
                "noqueue qlen 1000",
                "loopback",
                "00:00:00:00:00:00",
            ),
            false => (
                "BROADCAST,MULTICAST,UP,LOWER_UP",
                "noqueue ",
                "ether",
                "ff:ff:ff:ff:ff:ff",
            ),
        };
        writeln!(
            out(),
            "{}: {name}: <{flags}> mtu {mtu} qdisc {queue}\n    link/{kind} {mac} brd {everybody}",
            place + 1
        );
        if addresses {
            shown
                .iter()
                .for_each(|(ip, length)| print_address(interface, *ip, *length));
        }
    }
    0
}

fn print_address(interface: &Interface, ip: IpAddr, length: u8) {
    let name = &interface.name;
    match (ip, interface.is_loopback()) {
        (IpAddr::V4(v4), true) => writeln!(out(), "    inet {v4}/{length} scope host lo"),
        (IpAddr::V4(v4), false) => {
            let everybody = broadcast(v4, length);
            writeln!(
                out(),
                "    inet {v4}/{length} brd {everybody} scope global {name}"
            );
        }
        (IpAddr::V6(v6), lo) => {
            let scope = if lo { "host" } else { "global" };
            writeln!(out(), "    inet6 {v6}/{length} scope {scope} ");
        }
    }
    writeln!(out(), "       valid_lft forever preferred_lft forever");
}

fn print_routes() {
    let all = interfaces();
    for route in routes() {
        let (to, by, name) = (route.to, route.by, &route.interface);
        if route.mask.is_unspecified() {
            writeln!(out(), "default via {by} dev {name} ");
            continue;
        }
        let here = all.iter().filter(|interface| interface.name == *name);
        let own = here
            .flat_map(|interface| &interface.addresses)
            .find_map(|(ip, _)| match ip {
                IpAddr::V4(v4) if route.covers(*v4) => Some(format!(" src {v4}")),
                _ => None,
            });
        let length = u32::from(route.mask).count_ones();
        writeln!(
            out(),
            "{to}/{length} dev {name} scope link {} ",
            own.unwrap_or_default()
        );
    }
}

/// `ip route get`.
fn way(to: &str) -> i32 {
    let Ok(to) = to.parse::<Ipv4Addr>() else {
        die(format_args!(
            "an inet address is expected rather than \"{to}\""
        ))
    };
    let all = routes();
    let covering = all.iter().filter(|route| route.covers(to));
    let Some(route) = covering.max_by_key(|route| u32::from(route.mask)) else {
        die("RTNETLINK answers: Network unreachable")
    };
    let by = match route.by.is_unspecified() {
        true => String::new(),
        false => format!(" via {}", route.by),
    };
    writeln!(out(), "{to}{by} dev {} ", route.interface);
    0
}

/// `ifconfig`.
pub fn ifconfig(argv: &[String]) -> i32 {
    if argv.len() > 2 {
        die("SIOCSIFADDR: Operation not permitted");
    }
    let mut all = interfaces();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(name) = argv.get(1).filter(|word| *word != "-a") {
        all.retain(|interface| interface.name == *name);
        if all.is_empty() {
            die(format_args!(
                "{name}: error fetching interface information: Device not found"
            ));
        }
    }
    for interface in all {
        let (name, lo) = (&interface.name, interface.is_loopback());
        let kind = match lo {
            true => "Local Loopback  ".to_owned(),
            false => format!("Ethernet  HWaddr {}  ", interface.mac.to_uppercase()),
        };
        writeln!(out(), "{name:<9} Link encap:{kind}");
        for (ip, length) in &interface.addresses {
            match ip {
                IpAddr::V4(v4) => {
                    let mask = Ipv4Addr::from(!host_bits(*length));
                    let everybody = match lo {
                        true => String::new(),
                        false => format!("  Bcast:{}", broadcast(*v4, *length)),
                    };
                    writeln!(out(), "          inet addr:{v4}{everybody}  Mask:{mask}");
                }
                IpAddr::V6(v6) => {
                    let scope = if lo { "Host" } else { "Global" };
                    writeln!(out(), "          inet6 addr: {v6}/{length} Scope:{scope}");
                }
            }
        }
        let (flags, queue) = match lo {
            true => ("UP LOOPBACK RUNNING", 1000),
            false => ("UP BROADCAST RUNNING MULTICAST", 0),
        };
        let [rx, rx_packets, tx, tx_packets] = interface.traffic;
        writeln!(
            out(),
            "          {flags}  MTU:{}  Metric:1\n          RX packets:{rx_packets} errors:0 dropped:0 overruns:0 frame:0\n          \
             TX packets:{tx_packets} errors:0 dropped:0 overruns:0 carrier:0\n          collisions:0 txqueuelen:{queue} \n          \
             RX bytes:{rx} ({}B)  TX bytes:{tx} ({}B)\n",
            interface.mtu(),
            unit(rx),
            unit(tx)
        );
    }
    0
}

/// `944.0 `, `2.0 Ki`.
fn unit(bytes: u64) -> String {
    let (mut value, mut shown) = (bytes as f64, "");
    for unit in ["Ki", "Mi", "Gi", "Ti"] {
        if value < 1024.0 {
            break;
        }
        (value, shown) = (value / 1024.0, unit);
    }
    format!("{value:.1} {shown}")
}

/// `route`.
pub fn route(argv: &[String]) -> i32 {
    if argv.iter().skip(1).any(|word| !word.starts_with('-')) {
        die("SIOCADDRT: Operation not permitted");
    }
    writeln!(
        out(),
        "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface"
    );
    for route in routes() {
        let flags = if route.by.is_unspecified() { "U" } else { "UG" };
        let [to, by, mask] = [route.to, route.by, route.mask].map(|ip| ip.to_string());
        writeln!(
            out(),
            "{to:<15} {by:<15} {mask:<15} {flags:<5} 0      0        0 {}",
            route.interface
        );
    }
    0
}
