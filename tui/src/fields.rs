//! Everything there is to say about one session, as labelled lines.
//!
//! Words and their wrapping only; `view` colours them and `update` counts them to know how far they scroll.

use std::time::Duration;

use sessctl_api::{Session, span, text};
use time::{OffsetDateTime, UtcOffset};

use crate::{message::Fate, model::Subject};

/// One line of the detail view; a value that needs more lines goes on under an empty label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) label: &'static str,
    pub(crate) value: String,
}

/// Cells before the values: the longest label and a gap.
pub(crate) const LABEL_CELLS: usize = 13;
/// Lines that one value may take: a user agent is chosen by strangers.
const VALUE_LINES: usize = 6;

/// The lines for a screen so many cells wide.
pub(crate) fn lines(subject: &Subject, now: OffsetDateTime, width: u16) -> Vec<Field> {
    let session = &subject.session;
    let past = |at: Option<OffsetDateTime>, span: Option<Duration>| {
        at.map(|at| {
            let span = span.map(span::short).unwrap_or_default();
            format!("{span} ago ({})", utc(at))
        })
    };
    // An ended session no longer grows older.
    let now = match &subject.fate {
        Fate::Ended(Some(ended)) => ended.at,
        _ => now,
    };
    // An ended session has no time left.
    let left = |at: Option<OffsetDateTime>| {
        at.filter(|_| subject.fate == Fate::Alive).map(|at| {
            let span = span::left((at - now).try_into().unwrap_or_default());
            format!("in {span} ({})", utc(at))
        })
    };
    let mut all = vec![("state", Some(state(&subject.fate)))];
    all.extend([
        ("handle", Some(session.handle.to_string())),
        ("user", session.user.clone()),
        ("ip", session.ip.map(|ip| ip.to_string())),
        ("client", session.client.clone()),
        ("user agent", session.ua.clone()),
        ("signed in", past(session.created, session.age(now))),
        ("last seen", past(session.seen, session.idle(now))),
        ("idle limit", left(session.idle_expires)),
        ("lifetime", left(session.expires)),
        ("requests", session.requests.map(|n| n.to_string())),
        ("data", session.size.map(|n| format!("{n} bytes"))),
    ]);
    let cells = usize::from(width).saturating_sub(LABEL_CELLS + 2).max(1);
    all.into_iter()
        .flat_map(|(label, value)| {
            wrap(&known(value), cells)
                .into_iter()
                .enumerate()
                .map(move |(i, value)| Field {
                    label: if i == 0 { label } else { "" },
                    value,
                })
        })
        .collect()
}

/// Says whether a session lives, or when and how it ended.
pub(crate) fn state(fate: &Fate) -> String {
    match fate {
        Fate::Alive => "live".to_owned(),
        Fate::Ended(None) => "ended; the registry does not say how".to_owned(),
        Fate::Ended(Some(ended)) => format!("ended: {}, {}", ended.in_words(), utc(ended.at)),
    }
}

/// A moment as people read it, in UTC.
fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{} {:02}:{:02}:{:02} UTC",
        at.date(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A value as it is shown; `-` where it is not known.
pub(crate) fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A span that has passed, as the table and the questions show it.
pub(crate) fn short(span: Option<Duration>) -> String {
    known(span.map(span::short))
}

/// A span that is left, as the table shows it.
pub(crate) fn left(span: Option<Duration>) -> String {
    known(span.map(span::left))
}

/// The client in words, else what the browser said of itself.
pub(crate) fn client(session: &Session) -> &str {
    let named = session.client.as_deref().or(session.ua.as_deref());
    named.unwrap_or("-")
}

/// Cleans text and breaks it into lines of so many cells, at spaces where there are any.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    // Cut first: ten thousand letters a frame are not worth wrapping.
    let text = text::fit(text, cells.saturating_mul(VALUE_LINES));
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut rest = word;
        loop {
            let last = lines.last_mut().expect("there is always a line");
            let gap = usize::from(!last.is_empty());
            if text::width(last) + gap + text::width(rest) <= cells {
                last.push_str(&" "[..gap]);
                last.push_str(rest);
                break;
            }
            if gap == 1 {
                lines.push(String::new());
                continue;
            }
            // One word longer than a line.
            let cut = cut_at(rest, cells);
            last.push_str(&rest[..cut]);
            rest = &rest[cut..];
            lines.push(String::new());
        }
    }
    if lines.len() > VALUE_LINES {
        let rest = lines.split_off(VALUE_LINES - 1).join(" ");
        lines.push(text::fit(&rest, cells));
    }
    lines
}

/// How many bytes of text fill a line; at least one character, so that a very narrow screen still ends.
fn cut_at(text: &str, cells: usize) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| text::width(&text[..*end]) <= cells)
        .last()
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_and_long_words_are_broken() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("山田太郎", 5), ["山田", "太郎"]);
    }

    #[test]
    fn wrapping_ends_on_the_narrowest_screen_and_is_cut_when_endless() {
        for text in ["山田", "a\u{1b}b", "  ", &"x".repeat(10_000)] {
            assert!(wrap(text, 1).len() <= VALUE_LINES, "{text:?}");
        }
        assert!(wrap(&"x".repeat(10_000), 20).last().unwrap().ends_with('…'));
    }
}
