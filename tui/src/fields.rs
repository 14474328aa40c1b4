//! Everything there is to say about one session, as labelled lines.
//!
//! Words and their wrapping only; `view` colours them and `update` counts them to know how far they scroll.

use std::time::Duration;

use sessctl_api::{Session, span, text};
use time::{OffsetDateTime, UtcOffset};

use crate::{dialog::Subject, message::Fate};

/// One line of the detail view; a value that needs more lines goes on under an empty label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) kind: Kind,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Plain,
    /// Whether the session lives.
    State,
    /// How much of a span has passed, 0 to 1; it is drawn behind the value.
    Bar(f64),
    /// What the lines below it are about.
    Head,
}

/// Cells before the values: the longest label and a gap.
pub(crate) const LABEL_CELLS: usize = 13;
/// Lines that one value may take: a user agent is chosen by strangers.
const VALUE_LINES: usize = 6;
/// Other sessions of the user that are listed.
pub(crate) const OTHERS: usize = 10;

/// Collects lines that are so many cells wide.
struct Lines {
    all: Vec<Field>,
    cells: usize,
}

impl Lines {
    fn say(&mut self, label: &str, value: Option<impl ToString>, kind: Kind) {
        let lines = wrap(&known(value), self.cells);
        self.all
            .extend(lines.into_iter().enumerate().map(|(i, value)| Field {
                label: if i == 0 {
                    label.to_owned()
                } else {
                    String::new()
                },
                value,
                kind: if i == 0 { kind } else { Kind::Plain },
            }));
    }

    fn plain(&mut self, label: &str, value: Option<impl ToString>) {
        self.say(label, value, Kind::Plain);
    }

    fn head(&mut self, head: String) {
        for (label, kind) in [(String::new(), Kind::Plain), (head, Kind::Head)] {
            let value = String::new();
            self.all.push(Field { label, value, kind });
        }
    }
}

/// The lines for a screen so many cells wide.
pub(crate) fn lines(subject: &Subject, now: OffsetDateTime, width: u16) -> Vec<Field> {
    let session = &subject.session;
    let mut lines = Lines {
        all: Vec::new(),
        cells: usize::from(width).saturating_sub(LABEL_CELLS + 2).max(1),
    };
    // An ended session no longer grows older.
    let now = match &subject.fate {
        Fate::Ended(Some(ended)) => ended.at,
        _ => now,
    };
    lines.say("state", Some(state(&subject.fate)), Kind::State);
    lines.plain("handle", Some(session.handle));
    lines.plain("user", session.user.as_ref());
    lines.plain("client", session.client.as_ref());
    lines.plain("user agent", session.ua.as_ref());
    lines.plain("requests", session.requests);
    lines.plain("data", session.size.map(|n| format!("{n} bytes")));
    if subject.fate == Fate::Alive {
        limits(&mut lines, session, now);
    }
    addresses(&mut lines, session);
    timeline(&mut lines, subject, now);
    data(&mut lines, subject);
    others(&mut lines, subject, now);
    lines.all
}

/// How much of its two spans has passed.
fn limits(lines: &mut Lines, session: &Session, now: OffsetDateTime) {
    let spans = [
        ("idle limit", session.seen, session.idle_expires),
        ("lifetime", session.created, session.expires),
    ];
    for (label, from, to) in spans {
        let Some(to) = to else {
            lines.plain(label, None::<String>);
            continue;
        };
        let left = span::left((to - now).try_into().unwrap_or_default());
        let share = from.map_or(0.0, |from| {
            let whole = (to - from).as_seconds_f64();
            if whole > 0.0 {
                ((now - from).as_seconds_f64() / whole).clamp(0.0, 1.0)
            } else {
                1.0
            }
        });
        lines.say(label, Some(format!("{left} left")), Kind::Bar(share));
    }
}

fn addresses(lines: &mut Lines, session: &Session) {
    lines.plain("ip", session.ip);
    lines.plain("login ip", session.login_ip);
    let earlier = session.ips.iter().filter(|ip| Some(**ip) != session.ip);
    let earlier: Vec<_> = earlier.map(ToString::to_string).collect();
    if !earlier.is_empty() {
        lines.plain("earlier ips", Some(earlier.join(" ")));
    }
}

/// What happened when, and what will.
fn timeline(lines: &mut Lines, subject: &Subject, now: OffsetDateTime) {
    let session = &subject.session;
    let mut moments: Vec<(OffsetDateTime, String)> = Vec::new();
    moments.extend(session.created.map(|at| (at, "signed in".to_owned())));
    moments.extend(subject.seen.iter().cloned());
    moments.extend(session.seen.map(|at| (at, "last seen".to_owned())));
    match &subject.fate {
        Fate::Alive => {
            let idle = session.idle_expires;
            moments.extend(idle.map(|at| (at, "ends if no request comes".to_owned())));
            moments.extend(
                session
                    .expires
                    .map(|at| (at, "ends whatever comes".to_owned())),
            );
        }
        Fate::Ended(Some(ended)) if subject.seen.iter().all(|(at, _)| *at != ended.at) => {
            moments.push((ended.at, ended.in_words()));
        }
        Fate::Ended(_) => {}
    }
    moments.sort_by_key(|(at, _)| *at);
    if moments.is_empty() {
        return;
    }
    lines.head("timeline".to_owned());
    for (at, words) in moments {
        let away = if at > now {
            format!(
                "in {}",
                span::left((at - now).try_into().unwrap_or_default())
            )
        } else {
            format!("{} ago", span::short(span::between(at, now)))
        };
        lines.plain(&away, Some(format!("{}  {words}", utc(at))));
    }
}

/// What it holds: the keys, and the values if somebody asked for them.
fn data(lines: &mut Lines, subject: &Subject) {
    match &subject.data {
        None => {}
        Some(Err(why)) => {
            lines.head("data".to_owned());
            lines.plain("", Some(why));
        }
        Some(Ok(data)) if data.is_empty() => {}
        Some(Ok(data)) => {
            let note = if subject.is_revealed {
                ""
            } else {
                ", values hidden"
            };
            let count = data.len();
            let word = if count == 1 { "key" } else { "keys" };
            lines.head(format!("data: {count} {word}{note}"));
            for (key, value) in data {
                let value = value.to_string();
                let shown = if subject.is_revealed {
                    value
                } else {
                    format!("({} bytes)", value.len())
                };
                lines.plain(&text::fit(key, LABEL_CELLS - 1), Some(shown));
            }
        }
    }
}

/// The same user's other sessions.
fn others(lines: &mut Lines, subject: &Subject, now: OffsetDateTime) {
    let Some((sessions, count)) = subject.others.as_ref().filter(|(_, count)| *count > 0) else {
        return;
    };
    let word = if *count == 1 { "session" } else { "sessions" };
    lines.head(format!("{count} more {word} of this user"));
    for session in sessions.iter().take(OTHERS) {
        let idle = short(session.idle(now));
        let about = format!("{}  idle {idle}  {}", known(session.ip), client(session));
        lines.plain(session.handle.as_str(), Some(about));
    }
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
