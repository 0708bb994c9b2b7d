//! Echo messages (ICMP, ICMPv6): how whoever is pinged answers. Pure.

use std::net::IpAddr;

/// Type, code, checksum, identifier, sequence number.
const HEADER: usize = 8;

/// The answer to an echo request; `None` for any other message.
pub fn answer(request: &[u8], to: IpAddr) -> Option<Vec<u8>> {
    let (asks, answers) = match to {
        IpAddr::V4(_) => (8, 0),
        IpAddr::V6(_) => (128, 129),
    };
    if request.len() < HEADER || request[..2] != [asks, 0] {
        return None;
    }
    let mut reply = request.to_vec();
    reply[..4].copy_from_slice(&[answers, 0, 0, 0]);
    let sum = checksum(&reply).to_be_bytes();
    reply[2..4].copy_from_slice(&sum);
    Some(reply)
}

/// The Internet checksum (RFC 1071). ICMPv6 would also count addresses, which nobody looks at here.
fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| (*low).into());
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_with_what_they_hold() {
        let to: IpAddr = [10, 0, 0, 1].into();
        let reply = answer(b"\x08\0\xff\xff\x12\x34\0\x01hello", to).unwrap();
        assert_eq!((reply[0], &reply[4..]), (0, &b"\x12\x34\0\x01hello"[..]));
        assert_eq!(checksum(&reply), 0);
        assert!(answer(&reply, to).is_none());
        assert!(answer(b"\x08\0", to).is_none());
    }
}
