//! What a socket sends: bytes of a stream, datagrams, echo messages. Holds the socket's `state` as `socket` says.

use super::mailbox::{LARGEST, Mailbox};
use super::relay::Relay;
use super::socket::{Socket, State};
use super::switch::Way;
use super::{echo, resolver};
use crate::base::errno::Errno;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

impl Socket {
    /// Writes to the stream, or sends one datagram to `to` or the connected peer.
    pub fn try_send(&self, bytes: &[u8], to: Option<SocketAddr>) -> Result<usize, Errno> {
        let mut state = self.state.lock();
        Self::refresh(&mut state);
        match &mut *state {
            State::Connected(stream, _) => stream.try_write(bytes),
            State::Datagrams {
                mailbox,
                binding,
                peer,
                relay,
            } => {
                let to = match to {
                    Some(to) => self.inward(to)?,
                    None => peer.ok_or(Errno::Destaddrreq)?,
                };
                if bytes.len() > LARGEST {
                    return Err(Errno::Msgsize);
                }
                if self.echo {
                    self.send_echo(bytes, to.ip(), mailbox)?;
                    return Ok(bytes.len());
                }
                if binding.is_none() {
                    let taken = self.take_port(self.any())?;
                    taken.receive(mailbox);
                    *binding = Some(taken);
                }
                let port = binding.as_ref().map_or(0, |b| b.local.port());
                self.send_datagram(bytes, to, port, mailbox, relay)?;
                Ok(bytes.len())
            }
            State::Dialing(..) => Err(Errno::Again),
            State::Failed(errno) => Err(*errno),
            State::Fresh(_) => Err(Errno::Pipe),
            State::Listening(..) => Err(Errno::Notconn),
        }
    }

    /// Who is inside answers at once; what nobody has for its address is lost, and nothing goes outside (EPERM, as behind
    /// a firewall).
    fn send_echo(&self, bytes: &[u8], to: IpAddr, mailbox: &Arc<Mailbox>) -> Result<(), Errno> {
        let reply = echo::answer(bytes, to).ok_or(Errno::Inval)?;
        let route = match self.stack.switch.route(&self.stack, to) {
            Err(Errno::Hostunreach) => return Ok(()),
            route => route?,
        };
        match route.way {
            Way::Inside(_, there) => {
                there.received(bytes.len());
                there.sent(reply.len());
            }
            Way::Host => {}
            Way::Outside => return Err(Errno::Perm),
        }
        route.counters.sent(bytes.len());
        if mailbox.deliver(SocketAddr::new(to, 0), &reply) {
            route.counters.received(reply.len());
        }
        Ok(())
    }

    fn send_datagram(
        &self,
        bytes: &[u8],
        to: SocketAddr,
        port: u16,
        mailbox: &Arc<Mailbox>,
        relay: &mut Option<Relay>,
    ) -> Result<(), Errno> {
        if to == resolver::ADDRESS {
            resolver::ask(&self.stack, bytes, mailbox);
            return Ok(());
        }
        let switch = &self.stack.switch;
        let route = switch.route(&self.stack, to.ip())?;
        let from = SocketAddr::new(route.source, port);
        route.counters.sent(bytes.len());
        match route.way {
            Way::Inside(stack, counters) => {
                let to = match to.ip().is_unspecified() {
                    true => SocketAddr::new(route.source, to.port()),
                    false => to,
                };
                if let Some(there) = stack.mailbox(to)
                    && there.deliver(from, bytes)
                {
                    counters.received(bytes.len());
                }
            }
            Way::Host => {
                if let Some(client) = switch.gateway_port(to) {
                    client.deliver(from, bytes);
                }
            }
            Way::Outside => {
                if relay.is_none() {
                    *relay = Some(Relay::open(&switch.outside, to, mailbox, &route.counters)?);
                }
                if let Some(relay) = relay {
                    relay.send(&switch.outside, bytes, to)?;
                }
            }
        }
        Ok(())
    }
}
