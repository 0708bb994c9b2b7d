//! Docker's default address pools: the subnet that a network gets when nobody names one.
//!
//! Pure: the caller says which subnets are taken. Addresses of the host's own interfaces are not looked at, as container
//! addresses never leave the process.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Each pool with the prefix length of the subnets that are cut from it, in Docker's order.
const POOLS: [(Ipv4Addr, u8, u8); 7] = [
    (Ipv4Addr::new(172, 17, 0, 0), 16, 16),
    (Ipv4Addr::new(172, 18, 0, 0), 16, 16),
    (Ipv4Addr::new(172, 19, 0, 0), 16, 16),
    (Ipv4Addr::new(172, 20, 0, 0), 14, 16),
    (Ipv4Addr::new(172, 24, 0, 0), 14, 16),
    (Ipv4Addr::new(172, 28, 0, 0), 14, 16),
    (Ipv4Addr::new(192, 168, 0, 0), 16, 20),
];

/// The first subnet of the pools that overlaps none of `taken`; `None` when all are in use.
pub fn free_v4(taken: &[IpNet]) -> Option<IpNet> {
    POOLS.iter().find_map(|(address, prefix, size)| {
        let pool = Ipv4Net::new(*address, *prefix).ok()?;
        let mut subnets = pool.subnets(*size).ok()?.map(IpNet::V4);
        subnets.find(|subnet| is_free(*subnet, taken))
    })
}

/// The first free /64 of the engine's unique local prefix (RFC 4193), whose 40 random bits are `global_id`.
pub fn free_v6(global_id: u64, taken: &[IpNet]) -> Option<IpNet> {
    let prefix = (0xfd << 40) | u128::from(global_id & 0xff_ffff_ffff);
    (0..=u128::from(u16::MAX)).find_map(|n| {
        let address = Ipv6Addr::from((prefix << 80) | (n << 64));
        let subnet = IpNet::V6(Ipv6Net::new(address, 64).ok()?);
        is_free(subnet, taken).then_some(subnet)
    })
}

/// Whether a subnet shares no address with any of `taken`.
pub fn is_free(subnet: IpNet, taken: &[IpNet]) -> bool {
    !taken
        .iter()
        .any(|other| other.contains(&subnet) || subnet.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn pools_are_taken_in_dockers_order() {
        let mut taken = Vec::new();
        while let Some(next) = free_v4(&taken) {
            taken.push(next);
        }
        let text: Vec<String> = taken.iter().map(ToString::to_string).collect();
        assert_eq!(
            text[..3],
            ["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16"]
        );
        assert_eq!(
            text[14..17],
            ["172.31.0.0/16", "192.168.0.0/20", "192.168.16.0/20"]
        );
        assert_eq!(text.len(), 15 + 16);
    }

    #[test]
    fn what_a_user_took_is_left_out() {
        let taken = [
            net("172.17.0.0/16"),
            net("172.18.5.0/24"),
            net("172.16.0.0/13"),
        ];
        assert_eq!(free_v4(&taken), Some(net("172.24.0.0/16")));
        let first = free_v6(0x12_3456_789a, &[]).unwrap();
        assert_eq!(first, net("fd12:3456:789a::/64"));
        assert_eq!(
            free_v6(0x12_3456_789a, &[first]),
            Some(net("fd12:3456:789a:1::/64"))
        );
    }
}
