//! Leaving the sandbox: connections and datagrams by the host's own network, under a policy, and the host's resolver.
//!
//! The host's loopback, its unspecified, link-local and multicast addresses, and its own addresses are never reached: behind
//! them are services of the user's machine, the engine's own API among them. A guest that calls gets ECONNREFUSED.

use super::budget::Budget;
use super::counters::Counters;
use super::stream::Stream;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use ipnet::IpNet;
use parking_lot::Mutex;
use std::net::{IpAddr, SocketAddr, UdpSocket as HostUdp};
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;
use tokio::runtime::Handle;

/// After this long Linux gives up connecting.
const PATIENCE: Duration = Duration::from_secs(127);

/// What may be reached outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Everything but the host itself.
    #[default]
    Allow,
    /// Nothing.
    Deny,
    /// These networks alone.
    Only(Vec<IpNet>),
}

/// The way out.
pub struct Outside {
    policy: Policy,
    /// Where the host's sockets are waited for; `None` in a world without a host.
    runtime: Option<Handle>,
}

/// A connection that is being made.
#[derive(Default)]
pub struct Dialing {
    outcome: Mutex<Option<Result<Stream, Errno>>>,
    waiters: Waiters,
}

impl Outside {
    pub fn new(policy: Policy, runtime: Option<Handle>) -> Outside {
        Outside { policy, runtime }
    }

    /// The runtime that waits for the host's sockets; `None` in a world without a host.
    pub(super) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }

    /// The runtime that waits for the host's sockets, if an address may be reached by it.
    pub(super) fn permit(&self, to: IpAddr) -> Result<&Handle, Errno> {
        let runtime = self.runtime.as_ref().ok_or(Errno::Netunreach)?;
        let allowed = match &self.policy {
            Policy::Allow => true,
            Policy::Deny => false,
            Policy::Only(networks) => networks.iter().any(|network| network.contains(&to)),
        };
        match allowed && !is_special(to) && !is_the_hosts(to) {
            true => Ok(runtime),
            false => Err(Errno::Connrefused),
        }
    }

    /// Begins a connection; the guest's end appears in the answer.
    pub fn dial(
        &self,
        local: SocketAddr,
        to: SocketAddr,
        counters: Arc<Counters>,
        budget: &Arc<Budget>,
    ) -> Result<Arc<Dialing>, Errno> {
        let dialing = Arc::new(Dialing::default());
        let (told, budget) = (dialing.clone(), budget.clone());
        self.permit(to.ip())?.spawn(async move {
            let host = tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(to)).await;
            match host.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
                Ok(host) => {
                    // The error means no more than a little delay.
                    let _ = host.set_nodelay(true);
                    let (ours, theirs) = Stream::pair(&budget, (local, Some(counters)), (to, None));
                    told.finish(Ok(ours));
                    theirs.bridge(host).await;
                }
                Err(error) => told.finish(Err(Errno::from(error))),
            }
        });
        Ok(dialing)
    }

    /// Asks the host's resolver.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Errno> {
        let runtime = self.runtime.as_ref().ok_or(Errno::Noent)?;
        if self.policy == Policy::Deny {
            return Err(Errno::Noent);
        }
        let name = name.to_owned();
        let asked = runtime.spawn(async move {
            let found = tokio::net::lookup_host((name, 0)).await;
            found.map(|all| all.map(|address| address.ip()).collect::<Vec<_>>())
        });
        match asked.await {
            Ok(Ok(found)) => Ok(found),
            _ => Err(Errno::Noent),
        }
    }
}

impl Dialing {
    fn finish(&self, outcome: Result<Stream, Errno>) {
        *self.outcome.lock() = Some(outcome);
        self.waiters.wake();
    }

    /// The connection, once it is made or has failed; EINPROGRESS before.
    pub fn take(&self) -> Result<Stream, Errno> {
        self.outcome.lock().take().unwrap_or(Err(Errno::Inprogress))
    }

    /// Whether it is decided; the task is woken when it is.
    pub fn poll(&self, cx: &Context<'_>) -> bool {
        self.waiters.register(cx);
        self.outcome.lock().is_some()
    }
}

/// Addresses that are no place on a network.
fn is_special(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_unspecified()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
        }
    }
}

/// Whether the host itself answers at an address: only its own can be bound.
fn is_the_hosts(address: IpAddr) -> bool {
    HostUdp::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_host_is_never_reached() {
        let open = Outside::new(Policy::Allow, Some(Handle::current()));
        for to in [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "169.254.169.254",
            "::ffff:127.0.0.1",
            "fe80::1",
            "224.0.0.1",
        ] {
            assert_eq!(
                open.permit(to.parse().unwrap()).err(),
                Some(Errno::Connrefused),
                "{to}"
            );
        }
        assert!(open.permit("203.0.113.1".parse().unwrap()).is_ok());
        let closed = Outside::new(Policy::Deny, Some(Handle::current()));
        assert!(closed.permit("203.0.113.1".parse().unwrap()).is_err());
        let some = Policy::Only(vec!["203.0.113.0/24".parse().unwrap()]);
        let some = Outside::new(some, Some(Handle::current()));
        assert!(some.permit("203.0.113.1".parse().unwrap()).is_ok());
        assert!(some.permit("198.51.100.1".parse().unwrap()).is_err());
    }
}
