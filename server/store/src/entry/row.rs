//! A session as it comes into memory, from a login or from the disk.

use std::{net::IpAddr, sync::Arc};

use compact_str::CompactString;
use sessctl_api::{Ended, Handle};

use super::{
    Entry,
    address::Address,
    life::{self, Life, Rare},
    trail::Trail,
};
use crate::{
    clock::Millis,
    id::Digest,
    origin::Origin,
    sync::{AtomicI64, AtomicU32, AtomicU64},
};

/// Everything of an entry but where it is kept.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) row: i64,
    pub(crate) digest: Digest,
    pub(crate) handle: Handle,
    pub(crate) user: Option<CompactString>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) login_ip: Option<IpAddr>,
    /// Distinct addresses, latest first; at most ten.
    pub(crate) ips: Vec<IpAddr>,
    pub(crate) created: Millis,
    pub(crate) seen: Millis,
    pub(crate) requests: u64,
    /// Bytes of data as JSON; 0 for an empty object.
    pub(crate) size: u32,
    /// The stored data cannot be understood.
    pub(crate) is_broken: bool,
    pub(crate) ended: Option<Ended>,
}

impl Entry {
    /// A session that is durable already, or `pending`: seen by nobody until [`Entry::commit`].
    pub(crate) fn new(row: Row, is_pending: bool) -> Self {
        let trail = Trail::new(&row.ips, row.login_ip);
        let has_moved = !trail.others().is_empty();
        let flags = [
            (!is_pending, life::LIVE),
            (row.ended.is_some(), life::OVER | life::SETTLED),
            (row.is_broken, life::BROKEN),
            (has_moved, life::MOVED),
        ];
        let raised = flags.into_iter().filter(|(is_raised, _)| *is_raised);
        let flags = raised.fold(0, |all, (_, flag)| all | flag);
        let rare = (row.ended.is_some() || has_moved).then(|| Rare {
            ended: row.ended.map(Box::new),
            trail,
            held: None,
        });
        Self {
            row: row.row,
            handle: row.handle,
            user: row.user,
            origin: row.origin,
            created: row.created,
            digest: row.digest.words().map(AtomicU64::new),
            seen: AtomicI64::new(row.seen),
            requests: AtomicU64::new(row.requests),
            saved_seen: AtomicI64::new(row.seen),
            ip: Address::new(row.ips.first().copied()),
            size: AtomicU32::new(row.size),
            slot: AtomicU32::new(0),
            booked: AtomicU32::new(0),
            life: Life::new(flags, rare),
        }
    }
}
