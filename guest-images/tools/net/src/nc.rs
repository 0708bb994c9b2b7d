//! `nc`: the terminal, or a program, at one end of a connection.

use applet::stream::{Failed, Stream, lookup};
use applet::{Args, die, getopt, opts, os, warn};
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, POLLIN, PollFd};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const USAGE: &str = "nc [-klunvz] [-w SEC] [-p PORT] [HOST] PORT [-e PROG]";
const BUFFER: usize = 16 << 10;

/// `nc`.
pub fn main(argv: &[String]) -> i32 {
    // What stands behind `-e` is the program with its own flags.
    let at = argv
        .iter()
        .position(|word| word == "-e")
        .unwrap_or(argv.len());
    let (own, program) = argv.split_at(at);
    let program: Vec<String> = program.iter().skip(1).cloned().collect();
    let args = getopt(own, "klunvzNw:p:s:i:q:", &[], USAGE);
    if args.has('l') {
        return listen(&args, &program);
    }
    let seconds = args.value('w').and_then(|text| text.parse().ok());
    let patience = seconds.map(Duration::from_secs);
    let [host, ports] = args.rest.as_slice() else {
        opts::complain("a host and a port are needed", USAGE)
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    if args.has('u') {
        return datagrams(host, number(first), patience);
    }
    let mut code = 1;
    for port in number(first)..=number(last) {
        match Stream::connect(host, port, patience) {
            Ok(stream) if args.has('z') => {
                code = 0;
                if args.has('v') {
                    eprintln!("{host} ({}) open", stream.peer);
                }
            }
            Ok(stream) => {
                if args.has('v') {
                    eprintln!("{host} ({}) open", stream.peer);
                }
                return talk(stream.fd, &program, patience);
            }
            Err(Failed::NoSuchHost) => die(format_args!("bad address '{host}'")),
            Err(Failed::At(to, errno)) if args.has('v') => {
                warn(format_args!("{host} ({to}): {}", errno.words()));
            }
            Err(Failed::At(to, errno)) if !args.has('z') => warn(format_args!(
                "can't connect to remote host ({}): {}",
                to.ip(),
                errno.words()
            )),
            Err(Failed::At(..)) => {}
        }
    }
    code
}

fn number(text: &str) -> u16 {
    text.parse()
        .unwrap_or_else(|_| die(format_args!("bad port '{text}'")))
}

fn listen(args: &Args, program: &[String]) -> i32 {
    let Some(port) = args.value('p').or(args.rest.last().map(String::as_str)) else {
        opts::complain("a port is needed", USAGE)
    };
    let any: IpAddr = Ipv4Addr::UNSPECIFIED.into();
    let host = match args.rest.as_slice() {
        [host, _] => lookup(host).first().copied().unwrap_or(any),
        _ => any,
    };
    let at = SocketAddr::new(host, number(port));
    let udp = args.has('u');
    let kind = if udp { Kind::Datagram } else { Kind::Stream };
    let open = || {
        let fd = socket::socket(at.is_ipv6(), kind)?;
        socket::set_flag(fd, socket::REUSE_ADDR, true)?;
        socket::bind(fd, at)?;
        if !udp {
            socket::listen(fd, 16)?;
        }
        Ok(fd)
    };
    let fd = open().unwrap_or_else(|errno: Errno| die(format_args!("bind: {}", errno.words())));
    if args.has('v') {
        eprintln!("listening on {at} ...");
    }
    if udp {
        return serve_datagrams(fd);
    }
    let again = args.has('k') || args.count('l') > 1;
    loop {
        let (connection, from) = match socket::accept(fd) {
            Ok(accepted) => accepted,
            Err(Errno::EINTR) => continue,
            Err(errno) => die(format_args!("accept: {}", errno.words())),
        };
        if args.has('v') {
            eprintln!("connect to {at} from {from}");
        }
        if !again {
            return talk(connection, program, None);
        }
        if program.is_empty() {
            talk(connection, program, None);
        } else if let Err(errno) = schooner_sys::clone_with(|| talk(connection, program, None)) {
            // Each caller has a program of its own.
            warn(errno.words());
        }
        let _ = schooner_sys::close(connection);
        while let Ok(Some(_)) = schooner_sys::wait4(-1, schooner_sys::WNOHANG) {}
    }
}

fn readable(input: Fd, fd: Fd, patience: Option<Duration>) -> Result<[bool; 2], Errno> {
    let mut fds = [input, fd].map(|fd| PollFd {
        fd,
        events: POLLIN,
        revents: 0,
    });
    match schooner_sys::ppoll(&mut fds, patience, None)? {
        0 => Err(Errno::ETIMEDOUT),
        _ => Ok(fds.map(|one| one.revents != 0)),
    }
}

/// Copies in both directions until the other side is done, or becomes the program with the connection as its terminal.
fn talk(fd: Fd, program: &[String], patience: Option<Duration>) -> i32 {
    if !program.is_empty() {
        for own in 0..3 {
            let _ = schooner_sys::dup2(fd, own);
        }
        let error = os::exec(program);
        die(format_args!("{}: {}", program[0], applet::words(&error)));
    }
    let mut buffer = [0; BUFFER];
    let mut input = 0;
    loop {
        let [typed, came] = match readable(input, fd, patience) {
            Ok(ready) => ready,
            Err(Errno::EINTR) => continue,
            Err(_) => return 1,
        };
        if typed {
            match schooner_sys::read(0, &mut buffer) {
                Ok(0) | Err(_) => {
                    input = -1;
                    let _ = socket::finish(fd);
                }
                Ok(count) => {
                    if let Err(errno) = schooner_sys::write_all(fd, &buffer[..count]) {
                        die(errno.words());
                    }
                }
            }
        }
        if came {
            match socket::recv(fd, &mut buffer) {
                Ok(0) | Err(_) => return 0,
                Ok(count) => {
                    if schooner_sys::write_all(1, &buffer[..count]).is_err() {
                        return 1;
                    }
                }
            }
        }
    }
}

/// Sends standard input, a datagram for each read, and shows the answers.
fn datagrams(host: &str, port: u16, patience: Option<Duration>) -> i32 {
    let Some(ip) = lookup(host).first().copied() else {
        die(format_args!("bad address '{host}'"))
    };
    let fd = socket::socket(ip.is_ipv6(), Kind::Datagram)
        .and_then(|fd| socket::connect(fd, SocketAddr::new(ip, port)).map(|()| fd))
        .unwrap_or_else(|errno| die(errno.words()));
    talk(fd, &[], patience)
}

/// Shows what comes; answers go to whoever sent last.
fn serve_datagrams(fd: Fd) -> i32 {
    let mut buffer = [0; BUFFER];
    let (mut input, mut peer) = (0, None);
    loop {
        let Ok([typed, came]) = readable(input, fd, None) else {
            continue;
        };
        if came && let Ok((count, from)) = socket::recv_from(fd, &mut buffer) {
            peer = Some(from);
            if schooner_sys::write_all(1, &buffer[..count]).is_err() {
                return 1;
            }
        }
        if typed {
            match (schooner_sys::read(0, &mut buffer), peer) {
                (Ok(0) | Err(_), _) => input = -1,
                (Ok(count), Some(to)) => {
                    // A datagram that cannot be sent is lost, as any may be.
                    let _ = socket::send_to(fd, &buffer[..count], to);
                }
                (Ok(_), None) => {}
            }
        }
    }
}
