//! The conversation with the libraries: each line is a filter and gets an `ACK`; a connection says only that somebody is there.

use crate::engine;
use crate::reap::{self, Filter};
use crate::settings::Settings;
use applet::time;
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK, POLLIN, PollFd};
use std::collections::BTreeSet;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

const BACKLOG: u32 = 128;
/// Bytes of a line.
const LONGEST: usize = 64 << 10;
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// A library's connection.
struct Client {
    fd: Fd,
    from: SocketAddr,
    input: Vec<u8>,
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

/// A line of the log, as Go's `log` writes it.
fn say(words: &str) {
    let now = time::format("%Y/%m/%d %H:%M:%S", &time::civil(time::now()));
    eprintln!("{now} {words}");
}

/// `ryuk`.
pub fn main(_argv: &[String]) -> i32 {
    match run() {
        Ok(()) => 0,
        Err(words) => {
            say(&words);
            1
        }
    }
}

fn run() -> Result<(), String> {
    let settings = Settings::read()?;
    say("Pinging Docker...");
    match engine::ask("GET", "/_ping")? {
        (200, _) => say("Docker daemon is available!"),
        (status, _) => return Err(format!("the engine answers with {status}")),
    }
    say(&format!("Starting on port {}...", settings.port));
    let listener = listen(settings.port).map_err(|errno| errno.words().to_lowercase())?;
    for signal in [SIGINT, SIGTERM] {
        applet::os::catch_signal(signal);
    }
    say("Started!");
    let mut filters = BTreeSet::new();
    let called = serve(listener, &settings, &mut filters);
    match called {
        true => reap::reap(&filters, &settings),
        false => say("Timed out waiting for the first connection"),
    }
    Ok(())
}

fn listen(port: u16) -> Result<Fd, Errno> {
    let fd = socket::socket(true, Kind::Stream)?;
    socket::set_flag(fd, socket::REUSE_ADDR, true)?;
    socket::set_flag(fd, socket::ONLY_V6, false)?;
    socket::bind(fd, (Ipv6Addr::UNSPECIFIED, port).into())?;
    socket::listen(fd, BACKLOG)?;
    schooner_sys::set_status_flags(fd, O_NONBLOCK)?;
    Ok(fd)
}

/// Listens until nobody is there any more, or a signal comes; whether anybody ever was.
fn serve(listener: Fd, settings: &Settings, filters: &mut BTreeSet<Filter>) -> bool {
    let mut clients: Vec<Client> = Vec::new();
    let (mut called, mut quiet_since) = (false, Instant::now());
    loop {
        let limit = if called {
            settings.again
        } else {
            settings.first
        };
        let left = limit.saturating_sub(quiet_since.elapsed());
        if clients.is_empty() && left == Duration::ZERO {
            if called {
                say("Timed out waiting for re-connection");
            }
            return called;
        }
        let entry = |fd| PollFd {
            fd,
            events: POLLIN,
            revents: 0,
        };
        let mut fds: Vec<PollFd> = vec![entry(listener)];
        fds.extend(clients.iter().map(|client| entry(client.fd)));
        match schooner_sys::ppoll(&mut fds, clients.is_empty().then_some(left), None) {
            Err(Errno::EINTR) => {
                let caught = schooner_sys::sigcaught().unwrap_or_default();
                if [SIGINT, SIGTERM].iter().any(|one| caught.contains(*one)) {
                    say("Signal received");
                    return true;
                }
                continue;
            }
            Err(_) => continue,
            Ok(_) => {}
        }
        let mut entries = fds.iter().skip(1);
        let before = clients.len();
        clients.retain_mut(|client| {
            let woken = entries.next().is_some_and(|entry| entry.revents != 0);
            let stays = !woken || client.advance(filters);
            if !stays {
                say(&format!("Client disconnected: {}", client.from));
            }
            stays
        });
        if before > 0 && clients.is_empty() {
            quiet_since = Instant::now();
        }
        if fds[0].revents != 0
            && let Ok((fd, from)) = socket::accept(listener)
        {
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
            say(&format!("New client connected: {from}"));
            called = true;
            if schooner_sys::set_status_flags(fd, O_NONBLOCK).is_ok() {
                clients.push(Client {
                    fd,
                    from,
                    input: Vec::new(),
                });
            }
        }
    }
}

impl Client {
    /// Reads what there is and answers whole lines; `false` when it has hung up.
    fn advance(&mut self, filters: &mut BTreeSet<Filter>) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match socket::recv(self.fd, &mut buffer) {
                Ok(0) => return false,
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
                Err(Errno::EAGAIN | Errno::EINTR) => break,
                Err(_) => return false,
            }
            while let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(filter) = Some(line.trim())
                    .filter(|l| !l.is_empty())
                    .and_then(reap::filter)
                {
                    say(&format!("Adding {}", reap::shown(&filter)));
                    filters.insert(filter);
                }
                // Four bytes fit; who does not read them gets no more.
                if socket::send(self.fd, b"ACK\n").is_err() {
                    return false;
                }
            }
            if self.input.len() > LONGEST {
                return false;
            }
        }
        true
    }
}
