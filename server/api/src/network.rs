//! Addresses: networks to find them in, and their text without an allocation.

use std::{
    fmt::{self, Write as _},
    net::{IpAddr, Ipv4Addr},
};

/// A network such as `10.0.0.0/8`, or a single address. Only addresses of the same family are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    V4 { prefix: u32, mask: u32 },
    V6 { prefix: u128, mask: u128 },
}

impl Network {
    /// Reads `ADDRESS` or `ADDRESS/BITS`. Bits of the address below the prefix do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(parse_bits(bits)?)),
            None => (text, None),
        };
        match address.parse().ok()? {
            IpAddr::V4(address) => Self::v4(address.to_bits(), bits.unwrap_or(32)),
            IpAddr::V6(address) => {
                let bits = bits.unwrap_or(128);
                // IPv4 in IPv6 clothes is IPv4, as it is in the sessions.
                match address.to_ipv4_mapped() {
                    Some(inner) if bits >= 96 => Self::v4(inner.to_bits(), bits - 96),
                    _ => Self::v6(address.to_bits(), bits),
                }
            }
        }
    }

    fn v4(address: u32, bits: u32) -> Option<Self> {
        // Shifting by the whole width, for /0, leaves no mask.
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
        Some(Self::V4 {
            prefix: address & mask,
            mask,
        })
    }

    fn v6(address: u128, bits: u32) -> Option<Self> {
        let mask = u128::MAX
            .checked_shl(128_u32.checked_sub(bits)?)
            .unwrap_or(0);
        Some(Self::V6 {
            prefix: address & mask,
            mask,
        })
    }

    /// Whether an address is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { prefix, mask }, IpAddr::V4(address)) => address.to_bits() & mask == prefix,
            (Self::V6 { prefix, mask }, IpAddr::V6(address)) => address.to_bits() & mask == prefix,
            _ => false,
        }
    }
}

fn parse_bits(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The text of an address, on the stack: a filter may look at a million of them.
#[derive(Debug)]
pub(crate) struct AddressText {
    /// The longest text is that of an IPv6 address whose last part is written as IPv4: 45 characters.
    bytes: [u8; 45],
    len: usize,
}

impl AddressText {
    pub(crate) fn new(address: IpAddr) -> Self {
        let mut text = Self {
            bytes: [0; 45],
            len: 0,
        };
        let written = match address {
            // By far the most common; the digits by hand take a fraction of the time.
            IpAddr::V4(address) => text.write_v4(address),
            IpAddr::V6(address) => write!(text, "{address}"),
        };
        written.expect("an address takes at most 45 characters");
        text
    }

    fn write_v4(&mut self, address: Ipv4Addr) -> fmt::Result {
        for (place, octet) in address.octets().into_iter().enumerate() {
            if place > 0 {
                self.write_char('.')?;
            }
            for unit in [100, 10, 1] {
                if octet >= unit || unit == 1 {
                    self.write_char(char::from(b'0' + octet / unit % 10))?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("only text was written")
    }
}

impl fmt::Write for AddressText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_their_networks() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.9.9.9/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "255.1.1.1", true),
            ("0.0.0.0/0", "::1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3/32", "10.1.2.4", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1", "::1", true),
            ("::/0", "fe80::1", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert_eq!(
                parsed.contains(address.parse().unwrap()),
                inside,
                "{address} in {network}"
            );
        }
        for wrong in [
            "",
            "10",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "::/129",
            "10.*",
        ] {
            assert_eq!(Network::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn addresses_are_written_as_usual() {
        for text in [
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "::ffff:255.255.255.255",
            "1.2.3.4",
            "0.10.105.250",
            "255.99.100.9",
        ] {
            assert_eq!(AddressText::new(text.parse().unwrap()).as_str(), text);
        }
    }
}
