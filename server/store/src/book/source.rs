//! Where somebody comes from, as far as it is remembered: an address, or of IPv6 the network that one customer gets.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// Sources that are remembered of an account.
const KEPT: usize = 10;

/// An IPv4 address, or the first half of an IPv6 one: whoever has one of these has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

/// The latest sources of an account, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Source {
    pub(crate) fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V6(ip) => {
                let network = ip.to_bits() & !u128::from(u64::MAX);
                Self(Ipv6Addr::from_bits(network).into())
            }
            ip @ IpAddr::V4(_) => Self(ip),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Sources {
    pub(crate) fn has(&self, source: Source) -> bool {
        self.0.contains(&source)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Source> {
        self.0.iter().copied()
    }

    /// The same with one more, or with one of them in front.
    pub(crate) fn with(&self, source: Option<Source>) -> Self {
        let others = self.iter().filter(|other| Some(*other) != source);
        Self(source.into_iter().chain(others).take(KEPT).collect())
    }

    /// As the file has them.
    pub(crate) fn to_text(&self) -> Option<String> {
        let texts: Vec<_> = self.0.iter().map(Source::to_string).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    pub(crate) fn from_text(text: &str) -> Self {
        let addresses = text.split(' ').filter_map(|text| text.parse().ok());
        Self(addresses.map(Source::of).take(KEPT).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(ip: &str) -> Source {
        Source::of(ip.parse().unwrap())
    }

    #[test]
    fn all_addresses_of_one_customer_are_one_source() {
        assert_eq!(source("2001:db8:1:2::3"), source("2001:db8:1:2:ffff::"));
        assert_ne!(source("2001:db8:1:2::3"), source("2001:db8:1:3::3"));
        assert_eq!(source("::ffff:10.0.0.1"), source("10.0.0.1"));
        assert_ne!(source("10.0.0.1"), source("10.0.0.2"));
    }

    #[test]
    fn the_latest_sources_are_kept_and_read_back() {
        let mut sources = Sources::default();
        assert_eq!(sources.to_text(), None);
        for n in 0..12 {
            sources = sources.with(Some(source(&format!("10.0.0.{n}"))));
        }
        sources = sources.with(Some(source("2001:db8::1")));
        sources = sources.with(Some(source("10.0.0.5"))).with(None);
        let text = sources.to_text().unwrap();
        assert!(text.starts_with("10.0.0.5 2001:db8:: 10.0.0.11 "), "{text}");
        assert_eq!(text.split(' ').count(), 10);
        assert!(!sources.has(source("10.0.0.2")) && sources.has(source("10.0.0.3")));
        assert_eq!(Sources::from_text(&text), sources);
    }
}
