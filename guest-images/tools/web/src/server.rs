//! The loop: waits for listeners, clients and other servers at once, and for signals. SIGQUIT lets answers end, SIGTERM and
//! SIGINT do not, SIGHUP reads the configuration again.

use crate::config;
use crate::connection::{BUFFER, Connection, World};
use crate::log::{Clock, Logs};
use crate::sites::Sites;
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK, POLLIN, POLLOUT, PollFd};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

const BACKLOG: u32 = 511;
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;

/// Where the configuration comes from.
pub struct Source<'a> {
    pub path: &'a str,
    /// `-g`.
    pub extra: &'a str,
}

type Listener = (Fd, SocketAddr);

/// Opens what the servers listen on that is not open yet.
fn open(sites: &Sites, listeners: &mut Vec<Listener>) -> Result<(), String> {
    for at in sites.servers.iter().flat_map(|site| &site.listen) {
        if listeners.iter().any(|(_, open)| open == at) {
            continue;
        }
        let make = || {
            let fd = socket::socket(at.is_ipv6(), Kind::Stream)?;
            socket::set_flag(fd, socket::REUSE_ADDR, true)?;
            if at.is_ipv6() {
                socket::set_flag(fd, socket::ONLY_V6, true)?;
            }
            socket::bind(fd, *at)?;
            socket::listen(fd, BACKLOG)?;
            schooner_sys::set_status_flags(fd, O_NONBLOCK)?;
            Ok(fd)
        };
        let fd =
            make().map_err(|errno: Errno| format!("bind() to {at} failed ({})", errno.words()))?;
        listeners.push((fd, *at));
    }
    Ok(())
}

/// Serves until a signal ends it; the exit code.
pub fn run(source: &Source<'_>) -> Result<i32, String> {
    let sites = Rc::new(config::load(source.path, source.extra)?);
    let mut listeners = Vec::new();
    open(&sites, &mut listeners)?;
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        applet::os::catch_signal(signal);
    }
    let mut world = World {
        sites,
        logs: Logs::default(),
        clock: Clock::default(),
        buffer: vec![0; BUFFER],
        turn: 0,
        leaving: false,
    };
    notice(
        &mut world,
        &format!("{} (Schooner)", crate::respond::VERSION),
    );
    notice(&mut world, "ready for connections");
    let began = Instant::now();
    let mut clients: Vec<Connection> = Vec::new();
    let (mut fds, mut places) = (Vec::new(), Vec::new());
    // So many clients are as many as there are descriptors for.
    let mut most = world.sites.connections;
    loop {
        world.logs.flush();
        let full = clients.len() >= most;
        watch(&mut fds, &mut places, &listeners, &clients, full);
        // Idle connections are looked at once a second.
        let patience = (!clients.is_empty()).then_some(Duration::from_secs(1));
        let waited = schooner_sys::ppoll(&mut fds, patience, None);
        let now = began.elapsed().as_secs();
        world.clock.tick();
        if waited == Err(Errno::EINTR) && signals(&mut world, source, &mut listeners) {
            clients
                .iter_mut()
                .for_each(|client| client.finish(&mut world));
            notice(&mut world, "exit");
            world.logs.flush();
            return Ok(0);
        }
        let (first, rest) = fds.split_at(listeners.len());
        let mut woken = vec![false; clients.len()];
        for (place, entry) in places.iter().zip(rest) {
            woken[*place] |= entry.revents != 0;
        }
        let mut woken = woken.into_iter();
        clients.retain_mut(|client| {
            if woken.next() == Some(true) && waited.is_ok() {
                client.touched = now;
                return client.advance(&mut world);
            }
            let idle = now - client.touched > client.patience;
            !idle && !(world.leaving && client.is_idle())
        });
        for ((fd, at), entry) in listeners.iter().zip(first) {
            if waited.is_ok()
                && entry.revents != 0
                && !accept((*fd, *at), now, &mut clients, &mut world)
            {
                most = clients.len();
            }
        }
        if world.leaving && clients.is_empty() {
            notice(&mut world, "exit");
            world.logs.flush();
            return Ok(0);
        }
    }
}

/// What is waited for: the listeners, unless there are enough clients, then what each client waits for; `places` tells which
/// client that is.
fn watch(
    fds: &mut Vec<PollFd>,
    places: &mut Vec<usize>,
    listeners: &[Listener],
    clients: &[Connection],
    full: bool,
) {
    let entry = |fd, events| PollFd {
        fd,
        events,
        revents: 0,
    };
    fds.clear();
    places.clear();
    fds.extend(
        listeners
            .iter()
            .map(|(fd, _)| entry(if full { -1 } else { *fd }, POLLIN)),
    );
    for (place, client) in clients.iter().enumerate() {
        let own = client
            .sends()
            .map(|sends| entry(client.fd, if sends { POLLOUT } else { POLLIN }));
        let other = match &client.upstream {
            Some(upstream) if upstream.sends() => Some(entry(upstream.fd, POLLOUT)),
            Some(upstream) if client.has_room() => Some(entry(upstream.fd, POLLIN)),
            _ => None,
        };
        for entry in own.into_iter().chain(other) {
            fds.push(entry);
            places.push(place);
        }
    }
}

/// Takes everybody who calls; `false` when no descriptor is left for more.
fn accept((fd, at): Listener, now: u64, clients: &mut Vec<Connection>, world: &mut World) -> bool {
    while clients.len() < world.sites.connections {
        let (new, from) = match socket::accept(fd) {
            Ok(accepted) => accepted,
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => return true,
            Err(errno) => {
                let words = format!("accept() failed ({})", errno.words());
                let log = world.sites.error_log.clone();
                world.logs.error(&log, "alert", &words);
                return false;
            }
        };
        let mut client = Connection::new(new, from, at, now);
        // Most clients have said what they want already.
        if schooner_sys::set_status_flags(new, O_NONBLOCK).is_ok() && client.advance(world) {
            clients.push(client);
        }
    }
    true
}

/// Obeys the signals that came; whether to end at once.
fn signals(world: &mut World, source: &Source<'_>, listeners: &mut Vec<Listener>) -> bool {
    let caught = schooner_sys::sigcaught().unwrap_or_default();
    if caught.contains(SIGHUP) {
        notice(world, "signal 1 (SIGHUP) received, reconfiguring");
        let read = config::load(source.path, source.extra);
        match read.and_then(|sites| open(&sites, listeners).map(|()| sites)) {
            Ok(sites) => {
                listeners.retain(|(fd, at)| {
                    let stays = sites.servers.iter().any(|site| site.listen.contains(at));
                    if !stays {
                        let _ = schooner_sys::close(*fd);
                    }
                    stays
                });
                world.sites = Rc::new(sites);
            }
            Err(words) => {
                let log = world.sites.error_log.clone();
                world.logs.error(&log, "emerg", &words);
            }
        }
    }
    if caught.contains(SIGQUIT) && !world.leaving {
        notice(world, "signal 3 (SIGQUIT) received, shutting down");
        world.leaving = true;
        for (fd, _) in listeners.drain(..) {
            let _ = schooner_sys::close(fd);
        }
    }
    let ends = [SIGINT, SIGTERM]
        .into_iter()
        .find(|signal| caught.contains(*signal));
    if let Some(signal) = ends {
        notice(world, &format!("signal {signal} received, exiting"));
    }
    ends.is_some()
}

fn notice(world: &mut World, words: &str) {
    let log = world.sites.error_log.clone();
    world.logs.error(&log, "notice", words);
}
