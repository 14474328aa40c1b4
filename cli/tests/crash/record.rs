//! One login and what is known of it.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

/// One login and what came of it. Its number is in the user agent that it sent.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) user: String,
    pub(crate) handle: Option<String>,
    pub(crate) cookie: Option<String>,
    /// The record that this login was to replace.
    pub(crate) replaces: Option<usize>,
    /// The logins that were to replace it.
    pub(crate) replaced_by: Vec<usize>,
    /// Somebody ended all sessions of its user: it may have come and gone unheard of.
    pub(crate) is_purged: bool,
    /// Somebody was told that it exists.
    pub(crate) is_heard: bool,
    /// Ends that were sent and are not answered yet.
    pub(crate) ends_under_way: u32,
    /// An end was sent and never answered.
    pub(crate) may_be_dead: bool,
    /// Somebody was told of its end, or a start showed it.
    pub(crate) is_dead: bool,
    /// How many requests it has had, at least and at most. `None` after a crash, which may forget some.
    pub(crate) requests: Option<(u64, u64)>,
    /// When the latest request of which that is known was sent. `None` after a crash, too.
    pub(crate) seen: Option<OffsetDateTime>,
    pub(crate) data: BTreeMap<&'static str, Slot>,
    /// Round, milliseconds since the first one, and what happened.
    pub(crate) story: Vec<(u32, u128, &'static str)>,
}

impl Record {
    /// Whether its cookie must open it.
    pub(crate) fn must_live(&self) -> bool {
        self.is_heard && !self.may_have_ended()
    }

    /// Whether its cookie may open nothing.
    pub(crate) fn may_have_ended(&self) -> bool {
        self.is_dead || self.may_be_dead || self.ends_under_way > 0
    }

    /// What is known of it, for people.
    pub(crate) fn tell(&self, number: usize) -> String {
        let handle = self.handle.as_deref().unwrap_or("of unknown handle");
        let mut text = format!("session {handle}, login {number} of {}:", self.user);
        for (round, millis, what) in &self.story {
            text.push_str(&format!("\n  round {round}, {millis} ms: {what}"));
        }
        text
    }
}

/// One value of a session's data.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What it may be; `None` is that there is none.
    may_be: Vec<Option<Value>>,
    /// A write was sent and is not answered yet, or never was: until the next start a second one may overtake it.
    pub(crate) is_written: bool,
    /// Grows with every write that is sent.
    pub(crate) version: u32,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            may_be: vec![None],
            is_written: false,
            version: 0,
        }
    }
}

impl Slot {
    /// A value is sent, or the order to forget it.
    pub(crate) fn write_sent(&mut self, value: Option<Value>) {
        self.may_be.push(value);
        self.is_written = true;
        self.version += 1;
    }

    pub(crate) fn write_heard(&mut self) {
        self.is_written = false;
        self.may_be.drain(..self.may_be.len() - 1);
    }

    pub(crate) fn allows(&self, found: &Option<Value>) -> bool {
        self.may_be.contains(found)
    }

    /// Notes what a start showed: it is that for ever.
    pub(crate) fn settle(&mut self, found: Option<Value>) {
        self.may_be = vec![found];
        self.is_written = false;
    }

    /// What it may be, for people.
    pub(crate) fn tell(&self) -> String {
        let values = self.may_be.iter().map(|value| match value {
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        });
        values.collect::<Vec<_>>().join(" or ")
    }
}
