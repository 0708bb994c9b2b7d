//! The loop: waits for clients, signals and the next thing that is due. Everything that clients sent is answered first, then
//! what was changed is kept, then the answers go out.

use super::{Config, Server, clock, execute, log, tasks};
use crate::persist;
use crate::protocol::{Parsed, Reply};
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK, POLLIN, POLLOUT, PollFd, SIGCHLD, SIGINT, SIGTERM};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;
/// A client that does not take so many bytes is not listened to until it does.
const UNSENT: usize = 1 << 20;
/// Connections that are accepted in one turn.
const ACCEPT: usize = 1000;

/// Opens the port; -1 when none is wanted.
pub fn listen(config: &Config) -> Result<Fd, &'static str> {
    let port = config.number("port") as u16;
    if port == 0 {
        return Ok(-1);
    }
    let address = config
        .text("bind")
        .split_whitespace()
        .find_map(|word| word.parse::<IpAddr>().ok());
    let address = address.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let open = || {
        let fd = socket::socket(address.is_ipv6(), Kind::Stream)?;
        socket::set_flag(fd, socket::REUSE_ADDR, true)?;
        socket::bind(fd, SocketAddr::new(address, port))?;
        socket::listen(fd, config.number("tcp-backlog") as u32)?;
        schooner_sys::set_status_flags(fd, O_NONBLOCK)?;
        Ok(fd)
    };
    open().map_err(|errno: Errno| errno.words())
}

/// Serves until somebody ends it; the exit code.
pub fn run(server: &mut Server, listener: Fd) -> i32 {
    for signal in [SIGINT, SIGTERM, SIGCHLD] {
        applet::os::catch_signal(signal);
    }
    let (mut fds, mut ids) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; BUFFER];
    loop {
        server.now = clock();
        let patience = tasks::run(server);
        while flush(server) {}
        if server.ended {
            return 0;
        }
        watch(server, listener, &mut fds, &mut ids);
        // A millisecond more, so that what is due then is due.
        let patience = patience.map(|time| Duration::from_millis(time + 1));
        let waited = schooner_sys::ppoll(&mut fds, patience, None);
        server.now = clock();
        if waited == Err(Errno::EINTR) {
            signals(server);
        }
        if waited.is_err() {
            continue;
        }
        for (id, entry) in ids.iter().zip(&fds[1..]) {
            if entry.revents & !POLLOUT != 0 {
                receive(server, *id, &mut buffer);
            }
        }
        if fds[0].revents != 0 {
            accept(server, listener);
        }
    }
}

/// What is waited for: the listener, then what each client waits for.
fn watch(server: &Server, listener: Fd, fds: &mut Vec<PollFd>, ids: &mut Vec<u64>) {
    fds.clear();
    ids.clear();
    fds.push(PollFd {
        fd: listener,
        events: POLLIN,
        revents: 0,
    });
    for client in server.clients.values().filter(|client| client.fd >= 0) {
        let unsent = client.unsent();
        let hears = if unsent < UNSENT { POLLIN } else { 0 };
        let sends = if unsent > 0 { POLLOUT } else { 0 };
        fds.push(PollFd {
            fd: client.fd,
            events: hears | sends,
            revents: 0,
        });
        ids.push(client.id);
    }
}

fn accept(server: &mut Server, listener: Fd) {
    for _ in 0..ACCEPT {
        let (fd, from) = match socket::accept(listener) {
            Ok(accepted) => accepted,
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => return,
            Err(errno) => {
                log(
                    '#',
                    format_args!("Accepting client connection: {}", errno.words()),
                );
                return;
            }
        };
        // Nobody but this connection waits for the outcome, and it is closed.
        let refuse = |words: &[u8]| {
            let _ = socket::send(fd, words);
            let _ = schooner_sys::close(fd);
        };
        if server.clients.len() as i64 > server.config.number("maxclients") {
            server.stats.rejected += 1;
            refuse(b"-ERR max number of clients reached\r\n");
        } else if schooner_sys::set_status_flags(fd, O_NONBLOCK).is_err() {
            refuse(b"");
        } else {
            let local = socket::local(fd).map_or(String::new(), |at| at.to_string());
            server.connect(fd, from.to_string(), local);
        }
    }
}

/// Reads what a client sent and runs the commands in it.
fn receive(server: &mut Server, id: u64, buffer: &mut [u8]) {
    loop {
        let fd = server.client(id).fd;
        let count = match socket::recv(fd, buffer) {
            Ok(0) => return drop_client(server, id),
            Ok(count) => count,
            Err(Errno::EAGAIN | Errno::EINTR) => return,
            Err(_) => return drop_client(server, id),
        };
        server.stats.input += count as u64;
        let now = server.now;
        let client = server.client(id);
        client.active = now;
        client.reader.feed(&buffer[..count]);
        run_commands(server, id);
        if count < buffer.len() || server.client(id).unsent() >= UNSENT {
            return;
        }
    }
}

/// Runs what a client has sent, as far as it may: one that waits, leaves or does not read runs no more.
fn run_commands(server: &mut Server, id: u64) {
    while !server.ended {
        let client = server.client(id);
        if client.blocked.is_some() || client.leaving || client.unsent() >= UNSENT {
            return;
        }
        let known = client.known;
        match client.reader.next(!known) {
            Parsed::Command(args) => execute(server, id, args),
            Parsed::More => return,
            Parsed::Broken(words) => {
                client.push(&Reply::Error(format!("ERR Protocol error: {words}")));
                client.leaving = true;
            }
        }
    }
}

/// Keeps what was changed, then sends what waits, and closes what is over. `true` when somebody who did not take their answers does
/// so again, and has sent more.
fn flush(server: &mut Server) -> bool {
    // Commands that had to wait for the client to take its answers, or for something else that is there now.
    let held: Vec<u64> = server
        .clients
        .values()
        .filter(|client| client.fd >= 0 && client.reader.waiting() > 0)
        .map(|client| client.id)
        .collect();
    held.into_iter().for_each(|id| run_commands(server, id));
    persist::write(server);
    let now = server.now;
    let limits = [
        server.config.output_limit("normal"),
        server.config.output_limit("pubsub"),
    ];
    let (mut over, mut output, mut again) = (Vec::new(), 0, false);
    for client in server.clients.values_mut().filter(|client| client.fd >= 0) {
        let before = client.unsent();
        if before > 0 {
            let fd = client.fd;
            let well = client.send(|bytes| match socket::send(fd, bytes) {
                Ok(count) => Some(count),
                Err(Errno::EAGAIN | Errno::EINTR) => Some(0),
                Err(_) => None,
            });
            output += before - client.unsent();
            again |= before >= UNSENT && client.unsent() < UNSENT && client.reader.waiting() > 0;
            if !well {
                over.push(client.id);
                continue;
            }
        }
        let unsent = client.unsent();
        if client.leaving && unsent == 0 {
            over.push(client.id);
            continue;
        }
        let (hard, soft, seconds) = limits[usize::from(client.listens())];
        client.crowded = match soft > 0 && unsent > soft {
            true => client.crowded.or(Some(now)),
            false => None,
        };
        let crowded = client
            .crowded
            .is_some_and(|since| now - since > seconds * 1000);
        if (hard > 0 && unsent > hard) || crowded {
            log(
                '#',
                format_args!(
                    "Client id={} addr={} scheduled to be closed ASAP for overcoming of output buffer limits.",
                    client.id, client.address
                ),
            );
            over.push(client.id);
        }
    }
    server.stats.output += output as u64;
    over.into_iter().for_each(|id| drop_client(server, id));
    again
}

fn drop_client(server: &mut Server, id: u64) {
    if let Some(client) = server.disconnect(id) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(client.fd);
    }
}

fn signals(server: &mut Server) {
    let caught = schooner_sys::sigcaught().unwrap_or_default();
    if caught.contains(SIGCHLD) {
        persist::reap(server);
    }
    let ends = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")]
        .into_iter()
        .find(|(signal, _)| caught.contains(*signal));
    if let Some((_, name)) = ends {
        super::log::raw(&format!(
            "{}:signal-handler ({}) Received {name} scheduling shutdown...\n",
            applet::os::pid(),
            server.now / 1000
        ));
        match persist::finish(server, None) {
            Ok(()) => server.ended = true,
            Err(_) => log(
                '#',
                "Errors trying to shut down the server. Check the logs for more information.",
            ),
        }
    }
}
