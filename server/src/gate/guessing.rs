//! Noticing that somebody guesses ids: many that open nothing, well-formed and all different, from one source.
//!
//! No guess comes near 128 random bits, so nothing is refused here: whoever reads the audit log should know. Only ids
//! that open nothing come by, and what is remembered of them is bounded.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};

use sessctl_api::{AuditRecord, AuditResult, audit::actions};
use sessctl_store::SessionId;
use time::{Duration, OffsetDateTime};

use crate::Audit;

/// So many in a minute are no accident: a browser whose session is forgotten sends its id once.
const MANY: u32 = 20;

/// How long one counts.
const WINDOW: Duration = Duration::MINUTE;

/// Sources that are watched at once.
const SOURCES: usize = 4096;

/// See the module's own text.
#[derive(Debug)]
pub(super) struct Guessing {
    audit: Audit,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    state: RandomState,
    sources: HashMap<IpAddr, Tries>,
    /// When those whose minute is over were last forgotten.
    swept: Option<OffsetDateTime>,
}

/// What came from one source in its minute.
#[derive(Debug)]
struct Tries {
    since: OffsetDateTime,
    count: u32,
    /// A hash of the latest id: a program that does not give up a dead one is no guesser.
    latest: u64,
}

impl Guessing {
    pub(super) fn new(audit: Audit) -> Self {
        Self {
            audit,
            watched: Mutex::default(),
        }
    }

    /// Notes an id that opens nothing. A source that sends many is in the audit log once a minute.
    pub(super) fn note(&self, ip: Option<IpAddr>, id: &SessionId, now: OffsetDateTime) {
        let Some(ip) = ip else { return };
        let is_many = {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            watched.count(source_of(ip), id, now) == Some(MANY)
        };
        if is_many {
            self.audit.note(AuditRecord {
                from: Some(ip.to_string()),
                why: Some("unknown_ids".to_owned()),
                count: Some(MANY.into()),
                ..AuditRecord::new(now, actions::GUESSING, AuditResult::Refused)
            });
        }
    }
}

impl Watched {
    /// How many came from a source in its minute; `None`: this one does not count.
    fn count(&mut self, source: IpAddr, id: &SessionId, now: OffsetDateTime) -> Option<u32> {
        let latest = self.state.hash_one(id.cookie_value());
        if !self.sources.contains_key(&source) && !self.has_room(now) {
            return None;
        }
        let tries = self.sources.entry(source).or_insert(Tries {
            since: now,
            count: 0,
            latest: !latest,
        });
        if tries.latest == latest {
            return None;
        }
        if is_over(tries.since, now) {
            tries.since = now;
            tries.count = 0;
        }
        tries.latest = latest;
        tries.count = tries.count.saturating_add(1);
        Some(tries.count)
    }

    /// Whether one more source can be watched. Full of those who guess right now, it looks at no further one; and it
    /// tidies up once a second at most, or many sources together would make it busy.
    fn has_room(&mut self, now: OffsetDateTime) -> bool {
        let is_due = |at: OffsetDateTime| now < at || now - at >= Duration::SECOND;
        if self.sources.len() >= SOURCES && self.swept.is_none_or(is_due) {
            self.sources.retain(|_, tries| !is_over(tries.since, now));
            self.swept = Some(now);
        }
        self.sources.len() < SOURCES
    }
}

/// Also when the clock was set back.
fn is_over(since: OffsetDateTime, now: OffsetDateTime) -> bool {
    now < since || now - since >= WINDOW
}

/// An IPv4 address, or the /64 of an IPv6 one: whoever has one address of that has all.
fn source_of(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn ip(number: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn different_ids_of_one_source_count_for_a_minute() {
        let mut watched = Watched::default();
        let mut count = |source, seconds| {
            watched.count(
                source,
                &SessionId::random(),
                NOW + Duration::seconds(seconds),
            )
        };
        assert_eq!(count(ip(1), 0), Some(1));
        assert_eq!(count(ip(1), 59), Some(2));
        assert_eq!(count(ip(2), 59), Some(1));
        assert_eq!(count(ip(1), 60), Some(1));
        assert_eq!(count(ip(1), 10), Some(1), "the clock was set back");
    }

    #[test]
    fn a_dead_id_that_comes_again_and_again_is_no_guess() {
        let mut watched = Watched::default();
        let id = SessionId::random();
        assert_eq!(watched.count(ip(1), &id, NOW), Some(1));
        for _ in 0..100 {
            assert_eq!(watched.count(ip(1), &id, NOW), None);
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let source = |text: &str| source_of(text.parse().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1:2:3"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("10.0.0.1"), source("10.0.0.2"));
    }

    #[test]
    fn any_number_of_sources_takes_bounded_room_and_hides_none_for_good() {
        let mut watched = Watched::default();
        for number in 0..20_000 {
            watched.count(ip(number), &SessionId::random(), NOW);
        }
        assert_eq!(watched.sources.len(), SOURCES);
        let later = NOW + WINDOW;
        let tried = watched.count(ip(50_000), &SessionId::random(), later);
        assert_eq!(tried, Some(1));
    }
}
