//! A client address in two atomics: 0 is no address, IPv4 is mapped into IPv6.
//!
//! The two halves may be read while they change. A mixed address differs from the one that a request comes from, so
//! the only harm is a look under the lock that was not needed; who shows addresses reads under that lock.

use std::net::{IpAddr, Ipv6Addr};

use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Address([AtomicU64; 2]);

impl Address {
    pub(super) fn new(ip: Option<IpAddr>) -> Self {
        let [high, low] = halves(ip);
        Self([AtomicU64::new(high), AtomicU64::new(low)])
    }

    pub(super) fn get(&self) -> Option<IpAddr> {
        let [high, low] = [&self.0[0], &self.0[1]].map(|half| half.load(Ordering::Acquire));
        let bits = (u128::from(high) << 64) | u128::from(low);
        (bits != 0).then(|| Ipv6Addr::from_bits(bits).to_canonical())
    }

    pub(super) fn is(&self, ip: IpAddr) -> bool {
        let [high, low] = halves(Some(ip));
        self.0[0].load(Ordering::Acquire) == high && self.0[1].load(Ordering::Acquire) == low
    }

    pub(super) fn set(&self, ip: IpAddr) {
        let [high, low] = halves(Some(ip));
        self.0[0].store(high, Ordering::Release);
        self.0[1].store(low, Ordering::Release);
    }
}

fn halves(ip: Option<IpAddr>) -> [u64; 2] {
    let bits = match ip {
        None => 0,
        Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().to_bits(),
        Some(IpAddr::V6(v6)) => v6.to_bits(),
    };
    [(bits >> 64) as u64, bits as u64]
}
