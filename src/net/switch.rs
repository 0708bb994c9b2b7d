//! The switch: which namespace is at which address of which network, and by which names.
//!
//! Traffic between containers stays in the process. A namespace sees its own networks alone; an address of another network is
//! unreachable, as Docker's rules make it. Everything else goes outside, by the host's own network (`outside`).
//! `members`, `clients` and `host` are leaf locks.

use super::budget::Budget;
use super::counters::Counters;
use super::mailbox::Mailbox;
use super::outside::Outside;
use super::stack::{Interface, Stack};
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Weak};

/// Names that stand for the host.
const HOST_NAMES: [&str; 2] = ["host.docker.internal", "gateway.docker.internal"];

/// A namespace in a network.
struct Member {
    stack: Weak<Stack>,
    interface: Interface,
    /// Found by these names from within the network; empty on the default bridge.
    names: Vec<String>,
    /// Names that this member alone has for others.
    links: Vec<(String, String)>,
}

/// All networks.
pub struct Switch {
    members: Mutex<Vec<Member>>,
    /// Where clients of published UDP ports are answered, at the gateways' addresses.
    clients: Mutex<HashMap<SocketAddr, Weak<Mailbox>>>,
    /// An address that means the host from every network with a way out (`host-gateway`).
    host: Mutex<Option<IpAddr>>,
    pub outside: Outside,
}

/// Where a packet goes.
#[derive(Clone)]
pub enum Way {
    /// To a namespace of ours, maybe the sender's own; counted at its interface.
    Inside(Arc<Stack>, Arc<Counters>),
    /// To the host itself.
    Host,
    /// Out by the host's network.
    Outside,
}

/// A way, the sender's own address on it, and its interface's counters.
#[derive(Clone)]
pub struct Route {
    pub way: Way,
    pub source: IpAddr,
    pub counters: Arc<Counters>,
}

impl Switch {
    pub fn new(outside: Outside) -> Arc<Switch> {
        Arc::new(Switch {
            members: Mutex::default(),
            clients: Mutex::default(),
            host: Mutex::default(),
            outside,
        })
    }

    /// Says which address means the host, also for who is in other networks.
    pub fn set_host(&self, address: IpAddr) {
        *self.host.lock() = Some(address);
    }

    /// Brings a namespace into a network.
    pub fn attach(
        &self,
        stack: &Arc<Stack>,
        interface: Interface,
        names: Vec<String>,
        links: Vec<(String, String)>,
    ) {
        stack.add(interface.clone());
        let mut members = self.members.lock();
        members.retain(|member| member.stack.strong_count() > 0);
        members.push(Member {
            stack: Arc::downgrade(stack),
            interface,
            names,
            links,
        });
    }

    /// Takes it out again.
    pub fn detach(&self, stack: &Arc<Stack>, network: &str) {
        stack.remove(network);
        let own = |member: &Member| {
            std::ptr::eq(member.stack.as_ptr(), Arc::as_ptr(stack))
                && member.interface.network == network
        };
        self.members.lock().retain(|member| !own(member));
    }

    /// Gives a namespace other names in a network.
    pub fn rename(&self, stack: &Arc<Stack>, network: &str, names: Vec<String>) {
        let mut members = self.members.lock();
        let own = members.iter_mut().find(|member| {
            std::ptr::eq(member.stack.as_ptr(), Arc::as_ptr(stack))
                && member.interface.network == network
        });
        if let Some(member) = own {
            member.names = names;
        }
    }

    /// How `from` reaches an address: ENETUNREACH without a way out, EHOSTUNREACH where nobody is.
    pub fn route(&self, from: &Arc<Stack>, to: IpAddr) -> Result<Route, Errno> {
        if from.owns(to) || to.is_unspecified() {
            let source = match to {
                IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
                own => own,
            };
            let counters = from.loopback.clone();
            return Ok(Route {
                way: Way::Inside(from.clone(), counters.clone()),
                source,
                counters,
            });
        }
        let interfaces = from.interfaces();
        for interface in &interfaces {
            for (own, subnet) in &interface.addresses {
                if subnet.contains(&to) {
                    return Ok(Route {
                        way: self.beside(interface, to)?,
                        source: *own,
                        counters: interface.counters.clone(),
                    });
                }
            }
        }
        let mut out = interfaces
            .iter()
            .filter(|i| !i.internal)
            .flat_map(|interface| {
                let own = interface.addresses.iter().map(|(own, _)| *own);
                own.map(move |own| (own, interface.counters.clone()))
            });
        let (source, counters) = out
            .find(|(own, _)| own.is_ipv4() == to.is_ipv4())
            .ok_or(Errno::Netunreach)?;
        let is_host = *self.host.lock() == Some(to);
        let way = match is_host {
            true => Way::Host,
            false if self.is_ours(to) => return Err(Errno::Hostunreach),
            false => Way::Outside,
        };
        Ok(Route {
            way,
            source,
            counters,
        })
    }

    /// An address in a network of the sender's.
    fn beside(&self, interface: &Interface, to: IpAddr) -> Result<Way, Errno> {
        let members = self.members.lock();
        let there = members.iter().find(|member| {
            member.interface.network == interface.network
                && member.interface.addresses.iter().any(|(own, _)| *own == to)
        });
        if let Some((member, stack)) = there.and_then(|m| Some((m, m.stack.upgrade()?))) {
            return Ok(Way::Inside(stack, member.interface.counters.clone()));
        }
        match interface.gateways.contains(&to) && !interface.internal {
            true => Ok(Way::Host),
            false => Err(Errno::Hostunreach),
        }
    }

    /// Whether an address lies in any container network.
    fn is_ours(&self, address: IpAddr) -> bool {
        let members = self.members.lock();
        let mut subnets = members.iter().flat_map(|m| &m.interface.addresses);
        subnets.any(|(_, subnet)| subnet.contains(&address))
    }

    /// A port at a gateway's address for a client of the host's, free again when the mailbox is gone.
    pub(super) fn open_gateway_port(
        &self,
        gateway: IpAddr,
        budget: &Arc<Budget>,
    ) -> (u16, Arc<Mailbox>) {
        let mailbox = Mailbox::new(budget);
        let mut clients = self.clients.lock();
        clients.retain(|_, client| client.strong_count() > 0);
        let mut at = SocketAddr::new(gateway, 0);
        // There are fewer clients than ports: each published port has a limit.
        loop {
            at.set_port(rand::random::<u16>() | 0x8000);
            if let Entry::Vacant(free) = clients.entry(at) {
                free.insert(Arc::downgrade(&mailbox));
                return (at.port(), mailbox);
            }
        }
    }

    /// The client behind such a port.
    pub(super) fn gateway_port(&self, at: SocketAddr) -> Option<Arc<Mailbox>> {
        self.clients.lock().get(&at)?.upgrade()
    }

    /// The name of the member at an address of the sender's networks.
    pub(super) fn name_of(&self, from: &Arc<Stack>, address: IpAddr) -> Option<String> {
        let interfaces = from.interfaces();
        let members = self.members.lock();
        let there = members.iter().find(|member| {
            let same = |i: &Interface| i.network == member.interface.network;
            interfaces.iter().any(same)
                && member
                    .interface
                    .addresses
                    .iter()
                    .any(|(own, _)| *own == address)
        });
        there?.names.first().cloned()
    }

    /// The addresses behind a name, as the engine's resolver knows them: members of the same networks by name and alias, what
    /// links name, and the host. Empty when nobody here has the name.
    pub fn find(&self, from: &Arc<Stack>, name: &str) -> Vec<IpAddr> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let interfaces = from.interfaces();
        if HOST_NAMES.contains(&name.as_str()) {
            let open = interfaces.iter().filter(|i| !i.internal);
            return open.flat_map(|i| i.gateways.clone()).collect();
        }
        let members = self.members.lock();
        let mut found = Vec::new();
        for interface in &interfaces {
            let near = || {
                members
                    .iter()
                    .filter(|m| m.interface.network == interface.network)
            };
            let own = near().find(|m| std::ptr::eq(m.stack.as_ptr(), Arc::as_ptr(from)));
            let links = own.into_iter().flat_map(|m| &m.links);
            let linked = links.filter(|(alias, _)| alias.eq_ignore_ascii_case(&name));
            let mut wanted: Vec<&str> = linked.map(|(_, target)| target.as_str()).collect();
            wanted.push(&name);
            let has = |m: &Member| {
                m.names
                    .iter()
                    .any(|n| wanted.iter().any(|w| n.eq_ignore_ascii_case(w)))
            };
            let them = near().filter(|m| has(m));
            found.extend(them.flat_map(|m| m.interface.addresses.iter().map(|(own, _)| *own)));
        }
        found
    }
}
