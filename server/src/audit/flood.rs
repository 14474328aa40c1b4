//! Records that come in floods.
//!
//! The file is bounded, so whoever can have records written at will could push out those of what they did. Of one
//! kind of refusal from one source only so many a minute are written one by one, and so many more of what users do to
//! what is their own, as a program that signs in and out in a loop does; the rest are counted. What an operator does is
//! always written.

use std::{borrow::Cow, collections::HashMap, net::IpAddr};

use sessctl_api::{AuditRecord, AuditResult};
use time::{Duration, OffsetDateTime};

/// For how long records are counted together.
const WINDOW: Duration = Duration::minutes(1);

/// Why a record stands for many.
const WHY: &str = "too many to write one by one";

/// What was refused and done lately.
#[derive(Debug)]
pub(super) struct Floods {
    refused: Windows,
    own: Windows,
}

impl Default for Floods {
    fn default() -> Self {
        Self {
            refused: Windows::new(100, 256),
            // All who sit behind one address, on a busy morning.
            own: Windows::new(1_000, 16_384),
        }
    }
}

/// Records of like kind, by their source.
#[derive(Debug)]
struct Windows {
    /// How many of one action from one source are written one by one.
    each: u64,
    /// How many sources are told apart; what comes from still more is counted together.
    sources: usize,
    by_source: HashMap<Source, Window>,
}

/// An action and from where.
type Source = (Cow<'static, str>, Place);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// One network of IPv6 is one source: whoever has one address of it has all.
    Network(IpAddr),
    /// No address.
    Here,
    /// Any, where too many are told apart already.
    Elsewhere,
}

#[derive(Debug)]
struct Window {
    began: OffsetDateTime,
    count: u64,
    /// The latest that was only counted.
    left_out: Option<Box<AuditRecord>>,
}

/// What becomes of a record.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Stands for those of its kind that were only counted.
    pub(super) left_out: Option<AuditRecord>,
    /// The record, if it is to be written.
    pub(super) record: Option<AuditRecord>,
}

impl Floods {
    pub(super) fn judge(&mut self, record: AuditRecord) -> Judged {
        match record.result {
            AuditResult::Refused => self.refused.judge(record),
            AuditResult::Done if is_own(&record) => self.own.judge(record),
            AuditResult::Done | AuditResult::Failed => Judged {
                record: Some(record),
                left_out: None,
            },
        }
    }

    /// What was only counted until now, of what is a while ago.
    pub(super) fn past(&mut self, now: OffsetDateTime) -> Vec<AuditRecord> {
        let mut left_out = self.refused.past(now);
        left_out.extend(self.own.past(now));
        left_out
    }

    /// What was only counted so far, to be written now.
    pub(super) fn settle(&mut self) -> Vec<AuditRecord> {
        let both = [&mut self.refused, &mut self.own];
        both.into_iter().flat_map(Windows::settle).collect()
    }
}

/// Whether users did it to their own account or session, from somewhere on the network.
fn is_own(record: &AuditRecord) -> bool {
    record.actor.is_some()
        && record.actor == record.user
        && matches!(Place::of(record), Place::Network(_))
}

impl Place {
    fn of(record: &AuditRecord) -> Self {
        let from = record.from.as_deref().unwrap_or_default();
        match from.parse() {
            Ok(IpAddr::V6(address)) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self::Network(IpAddr::V6(network.into()))
            }
            Ok(address) => Self::Network(address),
            Err(_) => Self::Here,
        }
    }
}

impl Windows {
    fn new(each: u64, sources: usize) -> Self {
        Self {
            each,
            sources,
            by_source: HashMap::new(),
        }
    }

    fn judge(&mut self, record: AuditRecord) -> Judged {
        let mut source = (record.action.clone(), Place::of(&record));
        if self.by_source.len() >= self.sources && !self.by_source.contains_key(&source) {
            source.1 = Place::Elsewhere;
        }
        let window = self.by_source.entry(source);
        let window = window.or_insert_with(|| Window::at(record.at));
        let mut judged = Judged::default();
        if window.is_over(record.at) {
            judged.left_out = window.left_out(self.each);
            *window = Window::at(record.at);
        }
        window.count += 1;
        if window.count <= self.each {
            judged.record = Some(record);
        } else {
            window.left_out = Some(Box::new(record));
        }
        judged
    }

    fn past(&mut self, now: OffsetDateTime) -> Vec<AuditRecord> {
        let mut left_out = Vec::new();
        self.by_source.retain(|_, window| {
            let is_over = window.is_over(now);
            if is_over {
                left_out.extend(window.left_out(self.each));
            }
            !is_over
        });
        left_out
    }

    fn settle(&mut self) -> Vec<AuditRecord> {
        let windows = self.by_source.values_mut();
        windows
            .filter_map(|window| window.left_out(self.each))
            .collect()
    }
}

impl Window {
    fn at(began: OffsetDateTime) -> Self {
        Self {
            began,
            count: 0,
            left_out: None,
        }
    }

    fn is_over(&self, now: OffsetDateTime) -> bool {
        // A clock that was set back begins a new one too.
        !(self.began..self.began + WINDOW).contains(&now)
    }

    /// One record for those beyond the first of a window.
    fn left_out(&mut self, each: u64) -> Option<AuditRecord> {
        let latest = self.left_out.take()?;
        let count = self.count - each;
        self.count = each;
        Some(AuditRecord {
            from: latest.from,
            why: Some(WHY.to_owned()),
            count: Some(count),
            ..AuditRecord::new(latest.at, latest.action, latest.result)
        })
    }
}

#[cfg(test)]
mod tests {
    use sessctl_api::audit::actions;

    use super::*;

    fn refusal(second: i64, from: &str) -> AuditRecord {
        let at = OffsetDateTime::from_unix_timestamp(second).unwrap();
        AuditRecord {
            from: Some(from.to_owned()),
            user: Some("alice".to_owned()),
            ..AuditRecord::new(at, actions::LOGIN, AuditResult::Refused)
        }
    }

    /// What somebody did to an account.
    fn deed(second: i64, from: &str, actor: Option<&str>) -> AuditRecord {
        AuditRecord {
            result: AuditResult::Done,
            actor: actor.map(str::to_owned),
            ..refusal(second, from)
        }
    }

    /// How many of these are written one by one.
    fn written(floods: &mut Floods, records: impl Iterator<Item = AuditRecord>) -> usize {
        records
            .filter_map(|record| floods.judge(record).record)
            .count()
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_told_once() {
        let mut floods = Floods::default();
        let many = (0..1_000).map(|second| refusal(second / 20, "192.0.2.1"));
        assert_eq!(written(&mut floods, many), 100);
        let elsewhere = floods.judge(refusal(50, "192.0.2.2"));
        assert!(
            elsewhere.record.is_some(),
            "another source is another matter"
        );
        let own = floods.judge(deed(50, "192.0.2.1", Some("alice")));
        assert!(own.record.is_some(), "what was done is another matter");

        let later = floods.judge(refusal(60, "192.0.2.1"));
        assert!(later.record.is_some());
        let told = later.left_out.unwrap();
        assert_eq!((told.count, told.why.as_deref()), (Some(900), Some(WHY)));
        assert!(floods.settle().is_empty());
    }

    #[test]
    fn what_was_counted_is_told_when_somebody_asks() {
        let mut floods = Floods::default();
        for n in 0..150_u64 {
            // All of one network.
            floods.judge(refusal(0, &format!("2001:db8::{n:x}")));
        }
        let told = floods.settle();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].count, Some(50));
        assert!(floods.judge(refusal(1, "2001:db8::1")).record.is_none());
        let minute = refusal(60, "").at;
        assert_eq!(floods.past(minute).len(), 1);
        assert!(floods.refused.by_source.is_empty());
    }

    #[test]
    fn very_many_sources_are_counted_together() {
        let mut floods = Floods::default();
        let addresses = (0..100_000_u32).map(std::net::Ipv4Addr::from_bits);
        let refusals = addresses.map(|from| refusal(0, &from.to_string()));
        assert_eq!(written(&mut floods, refusals), 256 + 100);
        assert_eq!(floods.refused.by_source.len(), 256 + 1);
    }

    #[test]
    fn who_signs_in_in_a_loop_pushes_nothing_out_and_operators_are_always_heard() {
        let mut floods = Floods::default();
        let own = |from| move |_| deed(0, from, Some("alice"));
        let looping = (0..5_000).map(own("192.0.2.1"));
        assert_eq!(written(&mut floods, looping), 1_000);
        let elsewhere = (0..5).map(own("192.0.2.2"));
        assert_eq!(written(&mut floods, elsewhere), 5);
        for (from, actor) in [
            ("unix", Some("alice")),
            ("192.0.2.1", Some("token:ci")),
            ("192.0.2.1", None),
        ] {
            let deeds = (0..5_000).map(|_| deed(0, from, actor));
            assert_eq!(written(&mut floods, deeds), 5_000, "{from} {actor:?}");
        }
        let told = floods.settle();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].count, Some(4_000));
        assert_eq!(told[0].result, AuditResult::Done);
    }
}
