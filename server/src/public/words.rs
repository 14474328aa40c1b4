//! Times, spans and counts in words that people read.

use std::time::Duration;

use askama::Template;
use sessctl_api::span::{between, utc};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment: in words, and exactly for programs and for whoever points at it.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r#"<time datetime="{{ stamp }}" title="{{ exact }}">{{ words }}</time>"#
)]
pub(super) struct Moment {
    stamp: String,
    exact: String,
    words: String,
}

impl Moment {
    /// How long ago it was.
    pub(super) fn past(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        let passed = between(at, now);
        Self::new(
            at,
            match passed.as_secs() {
                0..10 => "just now".to_owned(),
                _ => format!("{} ago", span(passed)),
            },
        )
    }

    /// How far ahead it is, rounded up: a limit of 12 hours begins as that.
    pub(super) fn ahead(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        let left = between(now, at);
        let unit = unit_of(left).0;
        let rounded = left.as_millis().div_ceil(u128::from(unit) * 1_000);
        let rounded = u64::try_from(rounded)
            .unwrap_or(u64::MAX)
            .saturating_mul(unit);
        Self::new(at, format!("in {}", span(Duration::from_secs(rounded))))
    }

    fn new(at: OffsetDateTime, words: String) -> Self {
        Self {
            // Our own stores keep no year that this format lacks.
            stamp: at.format(&Rfc3339).unwrap_or_default(),
            exact: utc(at),
            words,
        }
    }
}

/// A span in its largest unit: "2 minutes".
pub(super) fn span(span: Duration) -> String {
    let (seconds, unit) = unit_of(span);
    counted(span.as_secs() / seconds, unit)
}

/// The largest unit that a span fills, in seconds and as a word.
fn unit_of(span: Duration) -> (u64, &'static str) {
    match span.as_secs() {
        0..60 => (1, "second"),
        60..3_600 => (60, "minute"),
        3_600..86_400 => (3_600, "hour"),
        _ => (86_400, "day"),
    }
}

/// How many sessions ended, as a sentence.
pub(super) fn ended(count: u64) -> String {
    match count {
        0 => "No other session was there to end.".to_owned(),
        count => format!("{} ended.", counted(count, "session")),
    }
}

/// A count and what is counted.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_people_tell_them() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        for (seconds, words) in [
            (-5, "just now"),
            (9, "just now"),
            (10, "10 seconds ago"),
            (60, "1 minute ago"),
            (119, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400 * 3, "3 days ago"),
        ] {
            let at = now - time::Duration::seconds(seconds);
            assert_eq!(Moment::past(at, now).words, words);
        }
        for (millis, words) in [
            (0, "in 0 seconds"),
            (41_999_000, "in 12 hours"),
            (3_599_999, "in 1 hour"),
            (1_799_001, "in 30 minutes"),
        ] {
            let at = now + time::Duration::milliseconds(millis);
            assert_eq!(Moment::ahead(at, now).words, words);
        }
        let moment = Moment::ahead(now + time::Duration::hours(12), now);
        assert_eq!(
            moment.to_string(),
            "<time datetime=\"2027-01-15T20:00:00Z\" title=\"2027-01-15 20:00:00 UTC\">in 12 hours</time>"
        );
    }
}
