//! The addresses of one subnet: who asks gets the lowest free one, or the one that was asked for.
//!
//! The network's own address and, in IPv4, the broadcast address are never given. Gateways and auxiliary addresses are
//! taken like any other.

use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A subnet's addresses.
#[derive(Clone, Debug)]
pub struct Addresses {
    subnet: IpNet,
    /// Where free addresses are looked for.
    range: IpNet,
    taken: BTreeSet<IpAddr>,
}

/// Why an address is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("Address already in use")]
    Taken,
    #[error("Requested address is out of range")]
    Outside,
    #[error("no available addresses")]
    Exhausted,
}

impl Addresses {
    /// All of a subnet is free; `range` narrows where the automatic ones come from.
    pub fn new(subnet: IpNet, range: Option<IpNet>) -> Addresses {
        Addresses {
            subnet,
            range: range.unwrap_or(subnet),
            taken: BTreeSet::new(),
        }
    }

    pub fn subnet(&self) -> IpNet {
        self.subnet
    }

    /// Takes this one.
    pub fn reserve(&mut self, address: IpAddr) -> Result<(), Refused> {
        if !self.usable(address) {
            return Err(Refused::Outside);
        }
        match self.taken.insert(address) {
            true => Ok(()),
            false => Err(Refused::Taken),
        }
    }

    /// Takes the lowest free one of the range.
    pub fn any(&mut self) -> Result<IpAddr, Refused> {
        let (mut at, last) = (number(self.range.network()), number(self.range.broadcast()));
        // Steps over what is taken, which is sorted; so this costs as much as there are taken ones and no more.
        for taken in self.taken.range(self.range.network()..) {
            while at < number(*taken) && !self.usable(self.address(at)) {
                at += 1;
            }
            if at < number(*taken) {
                break;
            }
            at = number(*taken).saturating_add(1);
        }
        while at <= last {
            let address = self.address(at);
            if self.usable(address) {
                self.taken.insert(address);
                return Ok(address);
            }
            at += 1;
        }
        Err(Refused::Exhausted)
    }

    /// Gives one back.
    pub fn release(&mut self, address: IpAddr) {
        self.taken.remove(&address);
    }

    fn usable(&self, address: IpAddr) -> bool {
        self.subnet.contains(&address)
            && address != self.subnet.network()
            && (address.is_ipv6() || address != self.subnet.broadcast())
    }

    fn address(&self, number: u128) -> IpAddr {
        match self.subnet {
            IpNet::V4(_) => IpAddr::V4(Ipv4Addr::from(number as u32)),
            IpNet::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(subnet: &str, range: Option<&str>) -> Addresses {
        let range = range.map(|r| r.parse().unwrap());
        Addresses::new(subnet.parse().unwrap(), range)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_lowest_free_address_comes_first() {
        let mut small = pool("10.0.0.0/29", None);
        assert_eq!(small.any(), Ok(ip("10.0.0.1")));
        small.reserve(ip("10.0.0.3")).unwrap();
        assert_eq!(small.any(), Ok(ip("10.0.0.2")));
        assert_eq!(small.any(), Ok(ip("10.0.0.4")));
        small.release(ip("10.0.0.2"));
        assert_eq!(small.any(), Ok(ip("10.0.0.2")));
        assert_eq!(small.any(), Ok(ip("10.0.0.5")));
        assert_eq!(small.any(), Ok(ip("10.0.0.6")));
        assert_eq!(small.any(), Err(Refused::Exhausted));
    }

    #[test]
    fn a_range_narrows_and_its_first_address_is_usable() {
        let mut ranged = pool("10.82.0.0/24", Some("10.82.0.128/30"));
        assert_eq!(ranged.any(), Ok(ip("10.82.0.128")));
        assert_eq!(ranged.reserve(ip("10.82.0.128")), Err(Refused::Taken));
        assert_eq!(ranged.reserve(ip("10.82.0.5")), Ok(()));
        assert_eq!(ranged.reserve(ip("10.83.0.5")), Err(Refused::Outside));
        assert_eq!(ranged.reserve(ip("10.82.0.255")), Err(Refused::Outside));
        let rest: Vec<_> = std::iter::from_fn(|| ranged.any().ok()).collect();
        assert_eq!(
            rest,
            [ip("10.82.0.129"), ip("10.82.0.130"), ip("10.82.0.131")]
        );
    }

    #[test]
    fn six_begins_after_the_routers_address() {
        let mut six = pool("2001:db8:77::/64", None);
        assert_eq!(six.any(), Ok(ip("2001:db8:77::1")));
        assert_eq!(six.any(), Ok(ip("2001:db8:77::2")));
    }
}
