//! A network namespace: the interfaces of a container and the ports that its programs hold.
//!
//! Containers that share a namespace (`--network container:NAME`) hold the same [`Stack`]. `inner` is a leaf lock.

use super::budget::Budget;
use super::counters::Counters;
use super::listener::Listener;
use super::mac::Mac;
use super::mailbox::Mailbox;
use super::outside::{Outside, Policy, Reach};
use super::switch::Switch;
use crate::base::errno::Errno;
use ipnet::IpNet;
use parking_lot::Mutex;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Weak};

/// Linux's `ip_local_port_range`.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;

/// A container's place in one network.
#[derive(Clone, Debug)]
pub struct Interface {
    /// `eth0` and so on; the stack counts.
    pub name: String,
    /// The network's id.
    pub network: String,
    /// Addresses with their subnets.
    pub addresses: Vec<(IpAddr, IpNet)>,
    pub gateways: Vec<IpAddr>,
    pub mac: Mac,
    /// The network has no way out.
    pub internal: bool,
    pub counters: Arc<Counters>,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
}

/// Who answers at a port.
#[derive(Clone)]
enum Holder {
    /// A TCP socket that does not listen (yet).
    Nobody,
    Listener(Weak<Listener>),
    Mailbox(Weak<Mailbox>),
}

struct Port {
    id: u64,
    protocol: Protocol,
    local: SocketAddr,
    only_v6: bool,
    reuse: bool,
    holder: Holder,
}

struct Inner {
    interfaces: Vec<Interface>,
    ports: Vec<Port>,
    next_port: u16,
    next_id: u64,
    next_interface: usize,
}

/// The namespace.
pub struct Stack {
    pub switch: Arc<Switch>,
    pub loopback: Arc<Counters>,
    /// Of all its sockets' buffers.
    pub(super) budget: Arc<Budget>,
    inner: Mutex<Inner>,
}

/// A port that a socket holds; free again when this is dropped.
pub struct Binding {
    stack: Arc<Stack>,
    id: u64,
    pub local: SocketAddr,
}

/// What a socket asks of a port.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub protocol: Protocol,
    /// Port 0 is any.
    pub local: SocketAddr,
    pub only_v6: bool,
    /// SO_REUSEADDR or SO_REUSEPORT.
    pub reuse: bool,
}

/// One line of /proc/net/tcp or udp: where a socket is bound, and whether it listens.
pub type PortLine = (Protocol, SocketAddr, bool);

impl Stack {
    /// A namespace with a loopback interface alone.
    pub fn new(switch: Arc<Switch>) -> Arc<Stack> {
        let span = EPHEMERAL.end() - EPHEMERAL.start();
        Arc::new(Stack {
            switch,
            loopback: Arc::default(),
            budget: Arc::default(),
            inner: Mutex::new(Inner {
                interfaces: Vec::new(),
                ports: Vec::new(),
                next_port: EPHEMERAL.start() + rand::random::<u16>() % span,
                next_id: 1,
                next_interface: 0,
            }),
        })
    }

    /// Adds an interface under the next name.
    pub(super) fn add(&self, mut interface: Interface) {
        let mut inner = self.inner.lock();
        interface.name = format!("eth{}", inner.next_interface);
        inner.next_interface += 1;
        inner.interfaces.push(interface);
    }

    /// Takes the interface of a network away.
    pub(super) fn remove(&self, network: &str) {
        let mut inner = self.inner.lock();
        inner
            .interfaces
            .retain(|interface| interface.network != network);
    }

    /// The interfaces but for the loopback, in the order in which they came.
    pub fn interfaces(&self) -> Vec<Interface> {
        self.inner.lock().interfaces.clone()
    }

    /// The counters of the interface with this address.
    pub(super) fn counters_of(&self, address: IpAddr) -> Option<Arc<Counters>> {
        let inner = self.inner.lock();
        let mut all = inner.interfaces.iter();
        let found = all.find(|i| i.addresses.iter().any(|(own, _)| *own == address));
        found.map(|interface| interface.counters.clone())
    }

    /// A namespace in no network and without a way out.
    pub fn alone() -> Arc<Stack> {
        let reach = Reach {
            outbound: Policy::Deny,
            ..Reach::default()
        };
        Stack::new(Switch::new(Outside::new(reach, None)))
    }

    /// Every port that a socket holds.
    pub fn ports(&self) -> Vec<PortLine> {
        let inner = self.inner.lock();
        let listens = |port: &Port| !matches!(port.holder, Holder::Nobody);
        inner
            .ports
            .iter()
            .map(|p| (p.protocol, p.local, listens(p)))
            .collect()
    }

    /// Whether an address is this namespace's own.
    pub fn owns(&self, address: IpAddr) -> bool {
        let inner = self.inner.lock();
        let mut all = inner.interfaces.iter().flat_map(|i| &i.addresses);
        address.is_loopback() || all.any(|(own, _)| *own == address)
    }

    /// Takes a port: EADDRNOTAVAIL for an address of somebody else, EADDRINUSE for a port that another socket holds.
    pub fn bind(self: &Arc<Stack>, wanted: Wanted) -> Result<Binding, Errno> {
        let address = wanted.local.ip();
        if !address.is_unspecified() && !self.owns(address) {
            return Err(Errno::Addrnotavail);
        }
        let mut inner = self.inner.lock();
        let mut local = wanted.local;
        if local.port() == 0 {
            local.set_port(inner.free_port(wanted)?);
        } else if inner.ports.iter().any(|port| port.conflicts(&wanted)) {
            return Err(Errno::Addrinuse);
        }
        let id = inner.next_id;
        inner.next_id += 1;
        inner.ports.push(Port {
            id,
            protocol: wanted.protocol,
            local,
            only_v6: wanted.only_v6,
            reuse: wanted.reuse,
            holder: Holder::Nobody,
        });
        Ok(Binding {
            stack: self.clone(),
            id,
            local,
        })
    }

    /// Who listens for connections to this address.
    pub(super) fn listener(&self, to: SocketAddr) -> Option<Arc<Listener>> {
        self.holders(Protocol::Tcp, to)
            .into_iter()
            .find_map(|holder| match holder {
                Holder::Listener(listener) => listener.upgrade(),
                _ => None,
            })
    }

    /// Whose datagrams for this address are.
    pub(super) fn mailbox(&self, to: SocketAddr) -> Option<Arc<Mailbox>> {
        self.holders(Protocol::Udp, to)
            .into_iter()
            .find_map(|holder| match holder {
                Holder::Mailbox(mailbox) => mailbox.upgrade(),
                _ => None,
            })
    }

    /// Those bound to exactly this address first, then those bound to all.
    fn holders(&self, protocol: Protocol, to: SocketAddr) -> Vec<Holder> {
        let inner = self.inner.lock();
        let ports = inner
            .ports
            .iter()
            .filter(|p| p.protocol == protocol && p.answers(to));
        let mut found: Vec<&Port> = ports.collect();
        found.sort_by_key(|port| port.local.ip().is_unspecified());
        found.into_iter().map(|port| port.holder.clone()).collect()
    }
}

impl Inner {
    fn free_port(&mut self, wanted: Wanted) -> Result<u16, Errno> {
        for _ in EPHEMERAL {
            let port = self.next_port;
            self.next_port = match port {
                last if last >= *EPHEMERAL.end() => *EPHEMERAL.start(),
                port => port + 1,
            };
            let mut local = wanted.local;
            local.set_port(port);
            // Nobody asked for this port, so nobody means to share it.
            let wanted = Wanted {
                local,
                reuse: false,
                ..wanted
            };
            if !self.ports.iter().any(|port| port.conflicts(&wanted)) {
                return Ok(port);
            }
        }
        Err(Errno::Addrinuse)
    }
}

impl Port {
    fn conflicts(&self, wanted: &Wanted) -> bool {
        if self.protocol != wanted.protocol || self.local.port() != wanted.local.port() {
            return false;
        }
        let (a, b) = (self.local.ip(), wanted.local.ip());
        let overlap = a == b || covers(a, self.only_v6, b) || covers(b, wanted.only_v6, a);
        let shared = self.reuse && wanted.reuse && !matches!(self.holder, Holder::Listener(_));
        overlap && !shared
    }

    fn answers(&self, to: SocketAddr) -> bool {
        let own = self.local.ip();
        self.local.port() == to.port() && (own == to.ip() || covers(own, self.only_v6, to.ip()))
    }
}

/// Whether "every address" in one family includes this address.
fn covers(any: IpAddr, only_v6: bool, address: IpAddr) -> bool {
    match (any, address) {
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(_)) => true,
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(_)) => true,
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V4(_)) => !only_v6,
        _ => false,
    }
}

impl Binding {
    pub fn stack(&self) -> &Arc<Stack> {
        &self.stack
    }

    /// From here on this listener answers at the port. EADDRINUSE when another one does.
    pub(super) fn listen(&self, listener: &Arc<Listener>) -> Result<(), Errno> {
        let mut inner = self.stack.inner.lock();
        let other = inner.ports.iter().any(|port| {
            port.id != self.id
                && port.answers(self.local)
                && matches!(&port.holder, Holder::Listener(held) if held.strong_count() > 0)
        });
        if other {
            return Err(Errno::Addrinuse);
        }
        self.hold(&mut inner, Holder::Listener(Arc::downgrade(listener)));
        Ok(())
    }

    /// From here on datagrams go into this mailbox.
    pub(super) fn receive(&self, mailbox: &Arc<Mailbox>) {
        let mut inner = self.stack.inner.lock();
        self.hold(&mut inner, Holder::Mailbox(Arc::downgrade(mailbox)));
    }

    fn hold(&self, inner: &mut Inner, holder: Holder) {
        if let Some(port) = inner.ports.iter_mut().find(|port| port.id == self.id) {
            port.holder = holder;
        }
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        let mut inner = self.stack.inner.lock();
        inner.ports.retain(|port| port.id != self.id);
    }
}
