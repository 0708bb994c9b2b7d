//! Connections by name, as readers and writers.

use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Why there is no connection.
pub enum Failed {
    /// Nobody has the name.
    NoSuchHost,
    /// The last address that was tried, and what it said.
    At(SocketAddr, Errno),
}

/// A TCP connection; closed when dropped.
pub struct Stream {
    pub fd: Fd,
    pub peer: SocketAddr,
}

/// The addresses behind a name or literal.
pub fn lookup(host: &str) -> Vec<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(literal) => vec![literal],
        Err(_) => socket::resolve(bare).unwrap_or_default(),
    }
}

impl Stream {
    /// Tries each address of a host, each for at most `patience`; a connection that then says nothing for as long fails.
    pub fn connect(host: &str, port: u16, patience: Option<Duration>) -> Result<Stream, Failed> {
        let mut failed = Failed::NoSuchHost;
        for ip in lookup(host) {
            let to = SocketAddr::new(ip, port);
            match Stream::dial(to, patience) {
                Ok(stream) => return Ok(stream),
                Err(errno) => failed = Failed::At(to, errno),
            }
        }
        Err(failed)
    }

    fn dial(to: SocketAddr, patience: Option<Duration>) -> Result<Stream, Errno> {
        let fd = socket::socket(to.is_ipv6(), Kind::Stream)?;
        let stream = Stream { fd, peer: to };
        if let Some(time) = patience {
            socket::set_time(fd, socket::SEND_TIMEOUT, time)?;
            socket::set_time(fd, socket::RECV_TIMEOUT, time)?;
        }
        match socket::connect(fd, to) {
            Err(Errno::EAGAIN) => Err(Errno::ETIMEDOUT),
            done => done.map(|()| stream),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match socket::recv(self.fd, buffer) {
            Err(Errno::EAGAIN) => Err(Errno::ETIMEDOUT.into()),
            done => Ok(done?),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(socket::send(self.fd, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}
