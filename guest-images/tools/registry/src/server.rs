//! The loop: waits for the listener and all clients at once, and for the signals that end it.

use crate::api::{Api, uploads};
use crate::connection::{BUFFER, Connection, World};
use crate::log::Log;
use crate::settings::Settings;
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK, POLLIN, POLLOUT, PollFd};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

const BACKLOG: u32 = 511;
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
/// The exit code of a Go program that SIGTERM reaches as pid 1, which the real registry is.
const ENDED: i32 = 2;
/// Seconds that a client may be silent.
const PATIENCE: u64 = 300;

/// `:5000`, `localhost:5000`, `127.0.0.1:5000` or `[::]:5000` as an address.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("listen tcp: address {text}: no such address");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().map_err(|_| wrong())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = match host {
        "" => Ipv6Addr::UNSPECIFIED.into(),
        host => match host.parse::<IpAddr>() {
            Ok(ip) => ip,
            Err(_) => *socket::resolve(host)
                .unwrap_or_default()
                .first()
                .ok_or_else(wrong)?,
        },
    };
    Ok(SocketAddr::new(ip, port))
}

fn listen(at: SocketAddr) -> Result<Fd, Errno> {
    let fd = socket::socket(at.is_ipv6(), Kind::Stream)?;
    socket::set_flag(fd, socket::REUSE_ADDR, true)?;
    if at.is_ipv6() {
        socket::set_flag(fd, socket::ONLY_V6, !at.ip().is_unspecified())?;
    }
    socket::bind(fd, at)?;
    socket::listen(fd, BACKLOG)?;
    schooner_sys::set_status_flags(fd, O_NONBLOCK)?;
    Ok(fd)
}

/// Serves until a signal ends it; the exit code.
pub fn run(settings: &Settings) -> Result<i32, String> {
    let at = address(settings.get("http.addr").unwrap_or(":5000"))?;
    let instance = uploads::new_id().map_err(|error| applet::words(&error))?;
    let mut world = World {
        api: Api::new(settings)?,
        log: Log::new(settings, instance),
        headers: settings.headers(),
        buffer: vec![0; BUFFER],
    };
    let refused = |errno: Errno| format!("listen tcp {at}: bind: {}", errno.words().to_lowercase());
    let listener = listen(at).map_err(refused)?;
    for signal in [SIGINT, SIGTERM] {
        applet::os::catch_signal(signal);
    }
    world.log.own("info", &format!("listening on {at}"));
    let began = Instant::now();
    let mut clients: Vec<Connection> = Vec::new();
    let mut fds = Vec::new();
    // So many clients are as many as there are descriptors for.
    let mut most = usize::MAX;
    loop {
        world.log.flush();
        watch(&mut fds, listener, &clients, clients.len() >= most);
        // Silent connections are looked at once a minute.
        let patience = (!clients.is_empty()).then_some(Duration::from_secs(60));
        let waited = schooner_sys::ppoll(&mut fds, patience, None);
        if waited == Err(Errno::EINTR) && ends() {
            clients
                .iter_mut()
                .for_each(|client| client.finish(&mut world));
            world.log.flush();
            return Ok(ENDED);
        }
        let now = began.elapsed().as_secs();
        let mut entries = fds.iter();
        let called = entries.next().is_some_and(|entry| entry.revents != 0);
        clients.retain_mut(|client| {
            let woken = entries.next().is_some_and(|entry| entry.revents != 0);
            if waited.is_ok() && woken {
                client.touched = now;
                return client.advance(&mut world);
            }
            now - client.touched <= PATIENCE
        });
        if waited.is_ok() && called && !accept(listener, now, &mut clients, &mut world) {
            most = clients.len();
        }
    }
}

/// What is waited for: the listener, unless there are enough clients, then each client in its turn.
fn watch(fds: &mut Vec<PollFd>, listener: Fd, clients: &[Connection], full: bool) {
    let entry = |fd, events| PollFd {
        fd,
        events,
        revents: 0,
    };
    fds.clear();
    fds.push(entry(if full { -1 } else { listener }, POLLIN));
    fds.extend(clients.iter().map(|client| {
        let events = if client.sends() { POLLOUT } else { POLLIN };
        entry(client.fd, events)
    }));
}

/// Takes everybody who calls; `false` when no descriptor is left for more.
fn accept(fd: Fd, now: u64, clients: &mut Vec<Connection>, world: &mut World) -> bool {
    loop {
        let (new, from) = match socket::accept(fd) {
            Ok(accepted) => accepted,
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => return true,
            Err(errno) => {
                let words = format!("accept: {}", errno.words().to_lowercase());
                world.log.own("error", &words);
                return false;
            }
        };
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let mut client = Connection::new(new, from, now);
        // Most clients have said what they want already.
        if schooner_sys::set_status_flags(new, O_NONBLOCK).is_ok() && client.advance(world) {
            clients.push(client);
        }
    }
}

/// Whether a signal came that ends everything.
fn ends() -> bool {
    let caught = schooner_sys::sigcaught().unwrap_or_default();
    [SIGINT, SIGTERM]
        .iter()
        .any(|signal| caught.contains(*signal))
}
