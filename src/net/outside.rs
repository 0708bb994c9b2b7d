//! Leaving the sandbox: connections and datagrams by the host's own network, under a policy, and the host's resolver.
//!
//! The host's loopback, its unspecified, link-local and multicast addresses, and its own addresses are never reached: behind
//! them are services of the user's machine, the engine's own API among them. A guest that calls gets ECONNREFUSED. One way
//! leads to the loopback: a TCP connection to the host itself, at a port that the user has opened ([`HostPorts`]).

use super::budget::Budget;
use super::counters::Counters;
use super::stream::Stream;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use ipnet::IpNet;
use parking_lot::Mutex;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as HostUdp};
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

/// Which TCP ports of the host's own loopback may be reached, as those of `host.docker.internal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostPorts {
    #[default]
    None,
    All,
    Only(Vec<u16>),
}

/// Everything that may be reached beyond the containers' own networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub outbound: Policy,
    pub host: HostPorts,
    /// The ports at which the engine listens; nothing opens them.
    pub engine: Vec<u16>,
}

/// The way out.
pub struct Outside {
    reach: Reach,
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
    pub fn new(reach: Reach, runtime: Option<Handle>) -> Outside {
        Outside { reach, runtime }
    }

    /// The runtime that waits for the host's sockets; `None` in a world without a host.
    pub(super) fn runtime(&self) -> Option<&Handle> {
        self.runtime.as_ref()
    }

    /// The runtime that waits for the host's sockets, if an address may be reached by it.
    pub(super) fn permit(&self, to: IpAddr) -> Result<&Handle, Errno> {
        let runtime = self.runtime.as_ref().ok_or(Errno::Netunreach)?;
        let allowed = match &self.reach.outbound {
            Policy::Allow => true,
            Policy::Deny => false,
            Policy::Only(networks) => networks.iter().any(|network| network.contains(&to)),
        };
        match allowed && !is_special(to) && !is_the_hosts(to) {
            true => Ok(runtime),
            false => Err(Errno::Connrefused),
        }
    }

    /// The runtime, if a TCP port of the host's own loopback may be reached.
    fn permit_host(&self, port: u16) -> Result<&Handle, Errno> {
        let opened = match &self.reach.host {
            HostPorts::None => false,
            HostPorts::All => true,
            HostPorts::Only(ports) => ports.contains(&port),
        };
        let runtime = self
            .runtime
            .as_ref()
            .filter(|_| opened && !self.reach.engine.contains(&port));
        runtime.ok_or(Errno::Connrefused)
    }

    /// Begins a connection; the guest's end appears in the answer.
    pub fn dial(
        &self,
        local: SocketAddr,
        to: SocketAddr,
        counters: Arc<Counters>,
        budget: &Arc<Budget>,
    ) -> Result<Arc<Dialing>, Errno> {
        let runtime = self.permit(to.ip())?;
        Ok(begin(runtime, vec![to], (local, to), counters, budget))
    }

    /// Begins a connection to the host itself, which the guest knows by the address `to`.
    pub fn dial_host(
        &self,
        local: SocketAddr,
        to: SocketAddr,
        counters: Arc<Counters>,
        budget: &Arc<Budget>,
    ) -> Result<Arc<Dialing>, Errno> {
        let runtime = self.permit_host(to.port())?;
        let loopback = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ];
        let all = loopback.map(|ip| SocketAddr::new(ip, to.port())).to_vec();
        Ok(begin(runtime, all, (local, to), counters, budget))
    }

    /// Asks the host's resolver.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Errno> {
        let runtime = self.runtime.as_ref().ok_or(Errno::Noent)?;
        if self.reach.outbound == Policy::Deny {
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

/// Connects to the first of these addresses that answers; the guest's end, between the two addresses that it sees, appears in
/// the answer.
fn begin(
    runtime: &Handle,
    all: Vec<SocketAddr>,
    (local, peer): (SocketAddr, SocketAddr),
    counters: Arc<Counters>,
    budget: &Arc<Budget>,
) -> Arc<Dialing> {
    let dialing = Arc::new(Dialing::default());
    let (told, budget) = (dialing.clone(), budget.clone());
    runtime.spawn(async move {
        let connect = tokio::net::TcpStream::connect(&all[..]);
        let host = tokio::time::timeout(PATIENCE, connect).await;
        match host.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
            Ok(host) => {
                // The error means no more than a little delay.
                let _ = host.set_nodelay(true);
                let (ours, theirs) = Stream::pair(&budget, (local, Some(counters)), (peer, None));
                told.finish(Ok(ours));
                theirs.bridge(host).await;
            }
            Err(error) => told.finish(Err(Errno::from(error))),
        }
    });
    dialing
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

    fn outside(outbound: Policy, host: HostPorts) -> Outside {
        let reach = Reach {
            outbound,
            host,
            engine: vec![2375],
        };
        Outside::new(reach, Some(Handle::current()))
    }

    #[tokio::test]
    async fn ports_of_the_host_are_opened_one_by_one_and_the_engines_never() {
        let ask = |host: HostPorts, port| outside(Policy::Deny, host).permit_host(port).is_ok();
        assert!(!ask(HostPorts::None, 80));
        assert!(ask(HostPorts::Only(vec![80]), 80));
        assert!(!ask(HostPorts::Only(vec![80, 2375]), 81));
        assert!(!ask(HostPorts::Only(vec![80, 2375]), 2375));
        assert!(ask(HostPorts::All, 80));
        assert!(!ask(HostPorts::All, 2375));
    }

    #[tokio::test]
    async fn the_host_is_never_reached() {
        let open = outside(Policy::Allow, HostPorts::All);
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
        let closed = outside(Policy::Deny, HostPorts::None);
        assert!(closed.permit("203.0.113.1".parse().unwrap()).is_err());
        let some = Policy::Only(vec!["203.0.113.0/24".parse().unwrap()]);
        let some = outside(some, HostPorts::None);
        assert!(some.permit("203.0.113.1".parse().unwrap()).is_ok());
        assert!(some.permit("198.51.100.1".parse().unwrap()).is_err());
    }
}
