//! Hardware addresses of containers: random, local and unicast, as Docker makes them.

use std::fmt;
use std::str::FromStr;

/// Six bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// A new one: locally administered, not multicast.
    pub fn random() -> Mac {
        let mut bytes: [u8; 6] = rand::random();
        bytes[0] = bytes[0] & 0xfe | 0x02;
        Mac(bytes)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// The text is no hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid MAC address")]
pub struct BadMac;

impl FromStr for Mac {
    type Err = BadMac;

    fn from_str(text: &str) -> Result<Mac, BadMac> {
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let hex = |p: &&str| p.len() == 2 && p.bytes().all(|c| c.is_ascii_hexdigit());
            let part = parts.next().filter(hex).ok_or(BadMac)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| BadMac)?;
        }
        match parts.next() {
            None => Ok(Mac(bytes)),
            Some(_) => Err(BadMac),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_local_and_read_back() {
        for _ in 0..100 {
            let mac = Mac::random();
            assert_eq!(mac.0[0] & 3, 2);
            assert_eq!(mac.to_string().parse(), Ok(mac));
        }
        assert_eq!(
            "02-42-AC-11-00-99".parse(),
            Ok(Mac([2, 0x42, 0xac, 0x11, 0, 0x99]))
        );
        for bad in [
            "",
            "02:42",
            "02:42:ac:11:00:99:00",
            "0:42:ac:11:00:999",
            "zz:42:ac:11:00:99",
        ] {
            assert_eq!(bad.parse::<Mac>(), Err(BadMac));
        }
    }
}
