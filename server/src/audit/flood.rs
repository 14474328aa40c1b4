//! Refusals that come in floods.
//!
//! The file is bounded, so whoever can have records written at will could push out those of what they did. Of one
//! kind of refusal from one source only so many a minute are written one by one; the rest are counted.

use std::{collections::HashMap, net::IpAddr};

use sessctl_api::{AuditRecord, AuditResult};
use time::{Duration, OffsetDateTime};

/// For how long refusals are counted together.
const WINDOW: Duration = Duration::minutes(1);

/// How many of one kind from one source are written one by one.
const EACH: u64 = 100;

/// How many sources are told apart; what comes from still more is counted together.
const SOURCES: usize = 256;

/// Why a record stands for many.
const WHY: &str = "too many to write one by one";

/// An action and from where.
type Source = (String, String);

/// What was refused lately.
#[derive(Debug, Default)]
pub(super) struct Floods(HashMap<Source, Window>);

#[derive(Debug)]
struct Window {
    began: OffsetDateTime,
    count: u64,
    /// The latest that was only counted.
    left_out: Option<AuditRecord>,
}

/// What becomes of a record.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) is_written: bool,
    /// Stands for those of its kind that were only counted.
    pub(super) left_out: Option<AuditRecord>,
}

impl Floods {
    pub(super) fn judge(&mut self, record: &AuditRecord) -> Judged {
        if record.result != AuditResult::Refused {
            return Judged {
                is_written: true,
                left_out: None,
            };
        }
        let mut source = source_of(record);
        if self.0.len() >= SOURCES && !self.0.contains_key(&source) {
            source = (record.action.clone(), "elsewhere".to_owned());
        }
        let window = self
            .0
            .entry(source)
            .or_insert_with(|| Window::at(record.at));
        let mut left_out = None;
        if window.is_over(record.at) {
            left_out = window.left_out();
            *window = Window::at(record.at);
        }
        window.count += 1;
        let is_written = window.count <= EACH;
        if !is_written {
            window.left_out = Some(record.clone());
        }
        Judged {
            is_written,
            left_out,
        }
    }

    /// What was only counted until now, of what is a while ago.
    pub(super) fn past(&mut self, now: OffsetDateTime) -> Vec<AuditRecord> {
        let mut left_out = Vec::new();
        self.0.retain(|_, window| {
            if window.is_over(now) {
                left_out.extend(window.left_out());
                return false;
            }
            true
        });
        left_out
    }

    /// What was only counted so far, to be written now.
    pub(super) fn settle(&mut self) -> Vec<AuditRecord> {
        let left_out = self.0.values_mut().filter_map(Window::left_out);
        left_out.collect()
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

    fn left_out(&mut self) -> Option<AuditRecord> {
        let latest = self.left_out.take()?;
        let count = self.count - EACH;
        self.count = EACH;
        Some(AuditRecord {
            from: latest.from,
            why: Some(WHY.to_owned()),
            count: Some(count),
            ..AuditRecord::new(latest.at, &latest.action, latest.result)
        })
    }
}

/// One network of IPv6 is one source: whoever has one address of it has all.
fn source_of(record: &AuditRecord) -> Source {
    let from = record.from.as_deref().unwrap_or_default();
    let from = match from.parse() {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        _ => from.to_owned(),
    };
    (record.action.clone(), from)
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

    #[test]
    fn a_flood_of_refusals_is_counted_and_told_once() {
        let mut floods = Floods::default();
        let mut written = 0;
        for second in 0..1_000 {
            let judged = floods.judge(&refusal(second / 20, "192.0.2.1"));
            written += u64::from(judged.is_written);
            assert!(judged.left_out.is_none());
        }
        assert_eq!(written, EACH);
        let elsewhere = floods.judge(&refusal(50, "192.0.2.2"));
        assert!(elsewhere.is_written, "another source is another matter");
        let done = AuditRecord {
            result: AuditResult::Done,
            ..refusal(50, "192.0.2.1")
        };
        assert!(floods.judge(&done).is_written, "what was done is written");

        let later = floods.judge(&refusal(60, "192.0.2.1"));
        assert!(later.is_written);
        let told = later.left_out.unwrap();
        assert_eq!((told.count, told.why.as_deref()), (Some(900), Some(WHY)));
        assert!(floods.settle().is_empty());
    }

    #[test]
    fn what_was_counted_is_told_when_somebody_asks() {
        let mut floods = Floods::default();
        for n in 0..150_u64 {
            // All of one network.
            floods.judge(&refusal(0, &format!("2001:db8::{n:x}")));
        }
        let told = floods.settle();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].count, Some(50));
        assert!(!floods.judge(&refusal(1, "2001:db8::1")).is_written);
        let minute = refusal(60, "").at;
        assert_eq!(floods.past(minute).len(), 1);
        assert!(floods.0.is_empty());
    }

    #[test]
    fn very_many_sources_are_counted_together() {
        let mut floods = Floods::default();
        let mut written = 0;
        for n in 0..100_000_u32 {
            let from = std::net::Ipv4Addr::from_bits(n).to_string();
            written += u64::from(floods.judge(&refusal(0, &from)).is_written);
        }
        assert_eq!(written, SOURCES as u64 + EACH);
        assert!(floods.0.len() <= SOURCES + 1);
    }
}
