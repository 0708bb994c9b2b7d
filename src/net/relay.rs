//! A guest's datagrams to the outside: one socket of the host for one of the guest's, so that answers find their way back.

use super::counters::Counters;
use super::mailbox::{LARGEST, Mailbox};
use super::outside::Outside;
use crate::base::errno::Errno;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// After an error of the host's socket.
const PAUSE: Duration = Duration::from_millis(10);

/// The host's socket; closed when this is dropped.
pub struct Relay {
    socket: Arc<UdpSocket>,
    v6: bool,
    answers: AbortHandle,
}

impl Relay {
    /// Opens the host's socket; what comes back goes to `mailbox`.
    pub fn open(
        outside: &Outside,
        to: SocketAddr,
        mailbox: &Arc<Mailbox>,
        counters: &Arc<Counters>,
    ) -> Result<Relay, Errno> {
        let runtime = outside.permit(to.ip())?;
        let any: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        let _inside = runtime.enter();
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let (from, to_guest) = (socket.clone(), Arc::downgrade(mailbox));
        let counters = counters.clone();
        let answers = runtime.spawn(async move {
            let mut buffer = vec![0; LARGEST];
            loop {
                // An error is the answer to an earlier datagram: the next one may do better.
                let Ok((count, sender)) = from.recv_from(&mut buffer).await else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                let Some(mailbox) = to_guest.upgrade() else {
                    return;
                };
                if mailbox.deliver(sender, &buffer[..count]) {
                    counters.received(count);
                }
            }
        });
        Ok(Relay {
            socket,
            v6: to.is_ipv6(),
            answers: answers.abort_handle(),
        })
    }

    /// Sends one datagram; what the host cannot take now is lost.
    pub fn send(&self, outside: &Outside, bytes: &[u8], to: SocketAddr) -> Result<(), Errno> {
        outside.permit(to.ip())?;
        if to.is_ipv6() != self.v6 {
            return Err(Errno::Afnosupport);
        }
        match self.socket.try_send_to(bytes, to) {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            Err(e) => Err(Errno::from(e)),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.answers.abort();
    }
}
