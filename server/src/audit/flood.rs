//! Records that come in floods.
//!
//! The file is bounded, so whoever can have records written at will could push out those of what they did. Of one
//! kind of refusal from one source only so many a minute are written one by one, and so many more of what users do to
//! what is their own, as a program that signs in and out in a loop does; the rest are counted. But a neighbour's loop
//! hides nobody: of each user a few are written whatever the others do or are refused. What an operator does is always
//! written.

use std::{borrow::Cow, collections::HashMap, net::IpAddr};

use sessctl_api::{AuditRecord, AuditResult};
use time::{Duration, OffsetDateTime};

/// For how long records are counted together.
const WINDOW: Duration = Duration::minutes(1);

/// How many of one user are written beyond what their source may have.
const FEW: u64 = 10;

/// How many users are told apart who are beyond that.
const USERS: usize = 16_384;

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
            // A refusal names nobody but whoever has an account: names that are made up share one place.
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
    /// Since when and how often users were written beyond what their source may.
    beyond: HashMap<(Source, String), Window>,
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
            beyond: HashMap::new(),
        }
    }

    fn judge(&mut self, record: AuditRecord) -> Judged {
        let mut source = (record.action.clone(), Place::of(&record));
        if self.by_source.len() >= self.sources && !self.by_source.contains_key(&source) {
            source.1 = Place::Elsewhere;
        }
        let window = self.by_source.entry(source.clone());
        let window = window.or_insert_with(|| Window::at(record.at));
        let mut judged = Judged::default();
        if window.is_over(record.at) {
            judged.left_out = window.left_out(self.each);
            *window = Window::at(record.at);
        }
        if window.count < self.each {
            window.count += 1;
            judged.record = Some(record);
        } else if is_among_few(&mut self.beyond, source, &record) {
            judged.record = Some(record);
        } else {
            window.count += 1;
            window.left_out = Some(Box::new(record));
        }
        judged
    }

    fn past(&mut self, now: OffsetDateTime) -> Vec<AuditRecord> {
        let mut left_out = Vec::new();
        self.beyond.retain(|_, window| !window.is_over(now));
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

/// Whether a record is one of the first few of its user since their source had too many.
fn is_among_few(
    beyond: &mut HashMap<(Source, String), Window>,
    source: Source,
    record: &AuditRecord,
) -> bool {
    let Some(user) = record.user.clone() else {
        return false;
    };
    let key = (source, user);
    if beyond.len() >= USERS && !beyond.contains_key(&key) {
        return false;
    }
    let window = beyond.entry(key).or_insert_with(|| Window::at(record.at));
    if window.is_over(record.at) {
        *window = Window::at(record.at);
    }
    window.count += 1;
    window.count <= FEW
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
mod tests;
