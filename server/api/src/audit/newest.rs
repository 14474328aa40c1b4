//! What is asked of the audit log, and gathering the answer from its lines: the same for a server and for whoever reads
//! the file without one.

use std::collections::VecDeque;

use time::OffsetDateTime;

use super::{AuditPage, AuditRecord};
use crate::AuditFilter;

/// What is asked of the audit log: the newest records that match.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    /// Not before this moment.
    pub since: Option<OffsetDateTime>,
    /// Before this moment.
    pub until: Option<OffsetDateTime>,
    pub filter: AuditFilter,
    /// How many, 1 to [`AuditQuery::MAX_LIMIT`]; less or more is taken as the nearer of these.
    pub limit: usize,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            filter: AuditFilter::default(),
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

impl AuditQuery {
    /// How many records are shown to whoever says nothing.
    pub const DEFAULT_LIMIT: usize = 100;
    /// The most that are shown at once.
    pub const MAX_LIMIT: usize = 10_000;

    /// Whether a record is among what is asked for.
    pub fn wants(&self, record: &AuditRecord) -> bool {
        self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
            && self.filter.matches(record)
    }
}

/// Gathers the newest records that are asked for. Offer the oldest first.
#[derive(Debug)]
pub struct Newest<'a> {
    query: &'a AuditQuery,
    kept: VecDeque<AuditRecord>,
    more: bool,
}

impl<'a> Newest<'a> {
    /// Begins with nothing.
    pub fn of(query: &'a AuditQuery) -> Self {
        Self {
            query,
            kept: VecDeque::new(),
            more: false,
        }
    }

    /// Takes a line of the file. One that cannot be read, as a full disk may leave it, is passed over.
    pub fn offer_line(&mut self, line: &str) {
        if let Ok(record) = serde_json::from_str::<AuditRecord>(line) {
            // Whatever wrote the file: what is shown is harmless.
            self.offer(&record.made_harmless());
        }
    }

    /// Takes a record.
    pub fn offer(&mut self, record: &AuditRecord) {
        if !self.query.wants(record) {
            return;
        }
        let most = self.query.limit.clamp(1, AuditQuery::MAX_LIMIT);
        if self.kept.len() == most {
            self.kept.pop_front();
            self.more = true;
        }
        self.kept.push_back(record.clone());
    }

    /// What was gathered, oldest first.
    pub fn into_page(self) -> AuditPage {
        AuditPage::new(self.kept.into(), self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuditResult, audit::actions};

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    fn seconds(page: &AuditPage) -> Vec<i64> {
        let records = page.records.iter();
        records.map(|record| record.at.unix_timestamp()).collect()
    }

    #[test]
    fn the_newest_that_match_are_kept_oldest_first() {
        let query = AuditQuery {
            since: Some(at(2)),
            until: Some(at(9)),
            filter: "user=a".parse().unwrap(),
            limit: 3,
        };
        let mut newest = Newest::of(&query);
        for second in 0..12 {
            let user = if second == 7 { "b" } else { "a" };
            let record = AuditRecord {
                user: Some(user.into()),
                ..AuditRecord::new(at(second), actions::LOGIN, AuditResult::Done)
            };
            newest.offer_line(&serde_json::to_string(&record).unwrap());
            newest.offer_line("{\"at\":\"torn");
            newest.offer_line("");
        }
        let page = newest.into_page();
        assert_eq!((seconds(&page), page.more), (vec![5, 6, 8], true));
    }

    #[test]
    fn a_record_of_a_later_version_is_read_as_far_as_it_is_known() {
        let query = AuditQuery::default();
        let mut newest = Newest::of(&query);
        newest.offer_line(
            r#"{"at":"2027-01-15T08:00:00Z","action":"dance","result":"done","shoes":"red"}"#,
        );
        let page = newest.into_page();
        assert_eq!(page.records[0].action, "dance");
        assert!(!page.more);
    }
}
