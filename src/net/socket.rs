//! Sockets as programs see them: TCP and UDP over the switch, one non-blocking attempt per call, and readiness.
//!
//! Who wants to wait asks `poll` first and tries again when woken; nothing is lost when such a wait is dropped. An IPv6 socket
//! also speaks IPv4 unless `only_v6`; it shows IPv4 addresses as mapped ones. Dropping a socket closes it. `state` is held
//! during one attempt and taken before every lock of the layers below.

use super::listener::Listener;
use super::mailbox::Mailbox;
use super::outside::{Dialing, Outside};
use super::relay::Relay;
use super::stack::{Binding, Protocol, Stack, Wanted};
use super::stream::Stream;
use super::switch::{Route, Way};
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

/// What can be set on a socket, whether or not it has an effect here.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub reuse_address: bool,
    pub reuse_port: bool,
    pub only_v6: bool,
    /// Flags by WASIX's number that have no effect: no-delay, keep-alive, broadcast and so on.
    pub flags: Vec<u8>,
    pub receive_timeout: Option<Duration>,
    pub send_timeout: Option<Duration>,
    pub linger: Option<Duration>,
}

pub(super) enum State {
    /// TCP, not connected; maybe bound.
    Fresh(Option<Binding>),
    Listening(Arc<Listener>, Binding),
    /// A connection to the outside that is not there yet.
    Dialing(Arc<Dialing>, Binding),
    /// The port of an accepted connection is its listener's.
    Connected(
        Stream,
        #[expect(dead_code, reason = "held as long as the connection")] Option<Binding>,
    ),
    /// Connecting failed, and nobody has been told yet.
    Failed(Errno),
    Datagrams {
        mailbox: Arc<Mailbox>,
        binding: Option<Binding>,
        peer: Option<SocketAddr>,
        /// The host's socket, once something went outside.
        relay: Option<Relay>,
    },
}

/// A socket.
pub struct Socket {
    pub(super) stack: Arc<Stack>,
    v6: bool,
    protocol: Protocol,
    /// Its datagrams are echo messages (ICMP) and no UDP.
    pub(super) echo: bool,
    pub options: Mutex<Options>,
    pub(super) state: Mutex<State>,
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    pub read: bool,
    pub write: bool,
    /// The other side will say nothing more.
    pub hung_up: bool,
    pub failed: bool,
}

impl Socket {
    pub fn new(stack: Arc<Stack>, v6: bool, protocol: Protocol) -> Socket {
        let state = match protocol {
            Protocol::Tcp => State::Fresh(None),
            Protocol::Udp => State::Datagrams {
                mailbox: Mailbox::new(&stack.budget),
                binding: None,
                peer: None,
                relay: None,
            },
        };
        Socket {
            stack,
            v6,
            protocol,
            echo: false,
            options: Mutex::default(),
            state: Mutex::new(state),
        }
    }

    /// A socket for echo messages, as Linux gives them to programs without privileges.
    pub fn for_echo(stack: Arc<Stack>, v6: bool) -> Socket {
        let mut socket = Socket::new(stack, v6, Protocol::Udp);
        socket.echo = true;
        socket
    }

    fn accepted(&self, stream: Stream) -> Socket {
        Socket::connected(self.stack.clone(), self.v6, stream)
    }

    fn connected(stack: Arc<Stack>, v6: bool, stream: Stream) -> Socket {
        let mut socket = Socket::new(stack, v6, Protocol::Tcp);
        socket.state = Mutex::new(State::Connected(stream, None));
        socket
    }

    /// A socket that is connected already, and the other end of its connection. Neither has an address in any network.
    pub fn joined(stack: Arc<Stack>) -> (Socket, Stream) {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let (ours, theirs) = Stream::pair(&stack.budget, (nowhere, None), (nowhere, None));
        (Socket::connected(stack, false, ours), theirs)
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// An address as the network has it; EAFNOSUPPORT for one of the other family.
    pub(super) fn inward(&self, address: SocketAddr) -> Result<SocketAddr, Errno> {
        match (self.v6, address.ip()) {
            (false, IpAddr::V6(_)) => Err(Errno::Afnosupport),
            (true, IpAddr::V4(_)) => Err(Errno::Afnosupport),
            (_, ip) => Ok(SocketAddr::new(ip.to_canonical(), address.port())),
        }
    }

    /// An address as the program has it.
    fn outward(&self, address: SocketAddr) -> SocketAddr {
        match (self.v6, address.ip()) {
            (true, IpAddr::V4(v4)) => SocketAddr::new(v4.to_ipv6_mapped().into(), address.port()),
            _ => address,
        }
    }

    pub(super) fn any(&self) -> SocketAddr {
        match self.v6 {
            true => (Ipv6Addr::UNSPECIFIED, 0).into(),
            false => (Ipv4Addr::UNSPECIFIED, 0).into(),
        }
    }

    pub(super) fn take_port(&self, local: SocketAddr) -> Result<Binding, Errno> {
        let options = self.options.lock();
        let wanted = Wanted {
            protocol: self.protocol,
            local,
            only_v6: options.only_v6,
            reuse: options.reuse_address || options.reuse_port,
        };
        drop(options);
        self.stack.bind(wanted)
    }

    /// Takes an address; EINVAL when it has one.
    pub fn bind(&self, address: SocketAddr) -> Result<(), Errno> {
        let address = self.inward(address)?;
        if self.echo {
            // There are no ports to take.
            return Err(Errno::Notsup);
        }
        match &mut *self.state.lock() {
            State::Fresh(binding @ None) => *binding = Some(self.take_port(address)?),
            State::Datagrams {
                binding: binding @ None,
                mailbox,
                ..
            } => {
                let taken = self.take_port(address)?;
                taken.receive(mailbox);
                *binding = Some(taken);
            }
            _ => return Err(Errno::Inval),
        }
        Ok(())
    }

    /// Begins to listen, or changes the backlog.
    pub fn listen(&self, backlog: usize) -> Result<(), Errno> {
        let mut state = self.state.lock();
        match &mut *state {
            State::Listening(listener, _) => listener.set_backlog(backlog),
            State::Fresh(binding) => {
                let binding = match binding.take() {
                    Some(binding) => binding,
                    None => self.take_port(self.any())?,
                };
                let listener = Arc::new(Listener::new(backlog));
                if let Err(errno) = binding.listen(&listener) {
                    *state = State::Fresh(Some(binding));
                    return Err(errno);
                }
                *state = State::Listening(listener, binding);
            }
            State::Datagrams { .. } => return Err(Errno::Notsup),
            _ => return Err(Errno::Inval),
        }
        Ok(())
    }

    /// Takes a connection: EAGAIN while there is none. The new socket and who called.
    pub fn try_accept(&self) -> Result<(Socket, SocketAddr), Errno> {
        let listener = match &*self.state.lock() {
            State::Listening(listener, _) => listener.clone(),
            State::Datagrams { .. } => return Err(Errno::Notsup),
            _ => return Err(Errno::Inval),
        };
        let stream = listener.try_accept()?;
        let peer = self.outward(stream.peer);
        Ok((self.accepted(stream), peer))
    }

    /// Connects, or asks how an earlier attempt goes. EAGAIN while the other side's backlog is full, EINPROGRESS while a
    /// connection to the outside is being made.
    pub fn try_connect(&self, address: SocketAddr) -> Result<(), Errno> {
        let to = self.inward(address)?;
        let mut state = self.state.lock();
        match &mut *state {
            State::Datagrams { peer, .. } => {
                *peer = Some(to);
                Ok(())
            }
            State::Connected(..) => Err(Errno::Isconn),
            State::Listening(..) => Err(Errno::Inval),
            State::Dialing(dialing, _) => match dialing.take() {
                Err(Errno::Inprogress) => Err(Errno::Inprogress),
                outcome => Self::settle(&mut state, outcome, true),
            },
            State::Failed(errno) => {
                let errno = *errno;
                *state = State::Fresh(None);
                Err(errno)
            }
            State::Fresh(binding) => {
                let route = self.stack.switch.route(&self.stack, to.ip())?;
                let binding = match binding.take() {
                    Some(binding) => binding,
                    None => self.take_port(self.any())?,
                };
                let port = binding.local.port();
                let local = match binding.local.ip().is_unspecified() {
                    true => SocketAddr::new(route.source, port),
                    false => binding.local,
                };
                match self.call(local, to, route) {
                    Ok(Called::Answered(stream)) => {
                        *state = State::Connected(stream, Some(binding));
                        Ok(())
                    }
                    Ok(Called::Dialing(dialing)) => {
                        *state = State::Dialing(dialing, binding);
                        Err(Errno::Inprogress)
                    }
                    Err(errno) => {
                        *state = State::Fresh(Some(binding));
                        Err(errno)
                    }
                }
            }
        }
    }

    fn call(&self, local: SocketAddr, to: SocketAddr, route: Route) -> Result<Called, Errno> {
        match route.way {
            Way::Inside(stack, counters) => {
                let to = match to.ip().is_unspecified() {
                    true => SocketAddr::new(route.source, to.port()),
                    false => to,
                };
                let listener = stack.listener(to).ok_or(Errno::Connrefused)?;
                let pair = || {
                    let ours = (local, Some(route.counters.clone()));
                    Stream::pair(&self.stack.budget, ours, (to, Some(counters.clone())))
                };
                listener.offer(pair).map(Called::Answered)
            }
            Way::Host => {
                let outside: &Outside = &self.stack.switch.outside;
                let dialing = outside.dial_host(local, to, route.counters, &self.stack.budget);
                dialing.map(Called::Dialing)
            }
            Way::Outside => {
                let outside: &Outside = &self.stack.switch.outside;
                let dialing = outside.dial(local, to, route.counters, &self.stack.budget);
                dialing.map(Called::Dialing)
            }
        }
    }

    /// Notes how dialing ended.
    fn settle(state: &mut State, outcome: Result<Stream, Errno>, told: bool) -> Result<(), Errno> {
        let before = std::mem::replace(state, State::Fresh(None));
        match (outcome, before) {
            (Ok(stream), State::Dialing(_, binding)) => {
                *state = State::Connected(stream, Some(binding));
                Ok(())
            }
            (Err(errno), _) => {
                if !told {
                    *state = State::Failed(errno);
                }
                Err(errno)
            }
            (Ok(_), before) => {
                *state = before;
                Ok(())
            }
        }
    }

    /// Takes note of a connection that came about meanwhile.
    pub(super) fn refresh(state: &mut State) {
        if let State::Dialing(dialing, _) = state {
            match dialing.take() {
                Err(Errno::Inprogress) => {}
                // A failure is told by the next call.
                outcome => {
                    let _ = Self::settle(state, outcome, false);
                }
            }
        }
    }

    /// The error of a connection that failed, once (SO_ERROR).
    pub fn take_error(&self) -> Option<Errno> {
        let mut state = self.state.lock();
        Self::refresh(&mut state);
        match *state {
            State::Failed(errno) => {
                *state = State::Fresh(None);
                Some(errno)
            }
            _ => None,
        }
    }

    /// Reads: bytes of the stream, or one datagram, cut to the buffer. Who sent it, and its whole length.
    pub fn try_receive(
        &self,
        buffer: &mut [u8],
        peek: bool,
    ) -> Result<(usize, usize, SocketAddr), Errno> {
        let mut state = self.state.lock();
        Self::refresh(&mut state);
        match &mut *state {
            State::Connected(stream, _) => {
                let count = stream.try_read(buffer, peek)?;
                Ok((count, count, self.outward(stream.peer)))
            }
            State::Datagrams {
                mailbox,
                binding,
                peer,
                ..
            } => {
                if binding.is_none() && peer.is_none() && !self.echo {
                    // Nothing can come; Linux would wait for ever.
                    return Err(Errno::Again);
                }
                let wanted = |from| peer.is_none_or(|peer| peer == from);
                let (from, bytes) = mailbox.try_take(wanted, peek)?;
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                Ok((count, bytes.len(), self.outward(from)))
            }
            State::Dialing(..) => Err(Errno::Again),
            State::Failed(errno) => Err(*errno),
            State::Fresh(_) | State::Listening(..) => Err(Errno::Notconn),
        }
    }

    /// Half-close; ENOTCONN unless connected.
    pub fn shutdown(&self, read: bool, write: bool) -> Result<(), Errno> {
        match &*self.state.lock() {
            State::Connected(stream, _) => {
                stream.shutdown(read, write);
                Ok(())
            }
            State::Listening(listener, _) if read => {
                listener.close();
                Ok(())
            }
            State::Datagrams { peer: Some(_), .. } => Ok(()),
            _ => Err(Errno::Notconn),
        }
    }

    /// Its own address.
    pub fn local(&self) -> SocketAddr {
        let local = match &*self.state.lock() {
            State::Connected(stream, _) => stream.local,
            State::Fresh(Some(binding))
            | State::Listening(_, binding)
            | State::Dialing(_, binding)
            | State::Datagrams {
                binding: Some(binding),
                ..
            } => binding.local,
            _ => self.any(),
        };
        self.outward(local)
    }

    /// The other side's; ENOTCONN.
    pub fn peer(&self) -> Result<SocketAddr, Errno> {
        let mut state = self.state.lock();
        Self::refresh(&mut state);
        match &*state {
            State::Connected(stream, _) => Ok(self.outward(stream.peer)),
            State::Datagrams {
                peer: Some(peer), ..
            } => Ok(self.outward(*peer)),
            _ => Err(Errno::Notconn),
        }
    }

    pub fn is_listening(&self) -> bool {
        matches!(&*self.state.lock(), State::Listening(..))
    }

    pub fn is_connected(&self) -> bool {
        let mut state = self.state.lock();
        Self::refresh(&mut state);
        matches!(&*state, State::Connected(..))
    }

    /// Bytes that can be read without waiting.
    pub fn available(&self) -> usize {
        match &*self.state.lock() {
            State::Connected(stream, _) => stream.available(),
            State::Datagrams { mailbox, .. } => mailbox.available(),
            State::Listening(..) => 1,
            _ => 0,
        }
    }

    /// What it is ready for; the task is woken at the next change.
    pub fn poll(&self, cx: &Context<'_>) -> Readiness {
        let mut state = self.state.lock();
        if let State::Dialing(dialing, _) = &*state
            && !dialing.poll(cx)
        {
            return Readiness::default();
        }
        Self::refresh(&mut state);
        match &*state {
            State::Connected(stream, _) => {
                let [(read, ended), (write, broken)] = stream.poll(cx);
                Readiness {
                    read,
                    write,
                    hung_up: ended && broken,
                    failed: false,
                }
            }
            State::Listening(listener, _) => Readiness {
                read: listener.poll_accept(cx),
                ..Readiness::default()
            },
            State::Datagrams { mailbox, .. } => Readiness {
                read: mailbox.poll_read(cx),
                write: true,
                ..Readiness::default()
            },
            State::Failed(_) => Readiness {
                read: true,
                write: true,
                hung_up: true,
                failed: true,
            },
            State::Fresh(_) | State::Dialing(..) => Readiness {
                write: true,
                hung_up: true,
                ..Readiness::default()
            },
        }
    }

    /// Where a blocked `try_connect` is told that it may go on; the task is woken then.
    pub fn poll_connect(&self, cx: &Context<'_>, address: SocketAddr) {
        if let State::Dialing(dialing, _) = &*self.state.lock() {
            dialing.poll(cx);
            return;
        }
        let Ok(to) = self.inward(address) else { return };
        if let Ok(Route {
            way: Way::Inside(stack, _),
            source,
            ..
        }) = self.stack.switch.route(&self.stack, to.ip())
        {
            let ip = if to.ip().is_unspecified() {
                source
            } else {
                to.ip()
            };
            if let Some(listener) = stack.listener(SocketAddr::new(ip, to.port())) {
                listener.poll_room(cx);
            }
        }
    }
}

enum Called {
    Answered(Stream),
    Dialing(Arc<Dialing>),
}

impl Drop for Socket {
    fn drop(&mut self) {
        match self.state.get_mut() {
            State::Listening(listener, _) => listener.close(),
            State::Datagrams { mailbox, .. } => mailbox.close(),
            _ => {}
        }
    }
}
