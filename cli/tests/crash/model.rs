//! What was asked of the server, what it said to that, and therefore what must be so.
//!
//! A session must live from the moment somebody was told of it until an end of it is asked for; it must be dead from
//! the moment somebody was told of its end. In between both are right until the next start settles it: then one of
//! them is the truth, for ever.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rand::{Rng as _, rngs::StdRng};
use sessctl_store::{Clock as _, SystemClock};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::record::Record;

/// The model, shared by everybody who asks.
pub(crate) type Shared = Arc<Mutex<Model>>;

/// Looks at the model. What a failure left in the middle is good enough for those who end with it.
pub(crate) fn look(model: &Shared) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many users there are; each has many sessions.
const USERS: usize = 12;

/// All that is known.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) seed: u64,
    pub(crate) round: u32,
    pub(crate) counts: Counts,
    /// The server is being ended: who is cut off goes home.
    pub(crate) is_ending: bool,
    /// Clients go on asking.
    pub(crate) wants_load: bool,
    /// By number.
    pub(crate) records: Vec<Record>,
    pub(crate) by_handle: HashMap<String, usize>,
    /// Records with a cookie that may open something.
    usable: Vec<usize>,
    /// Handles whose end was heard of before their login was.
    ended_early: HashSet<String>,
    /// Users all of whose sessions somebody is ending, or was when the answer failed to come.
    pub(crate) purges: Vec<String>,
    began: Instant,
}

/// What happened in a round.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) logins: u64,
    pub(crate) ends: u64,
    pub(crate) writes: u64,
    pub(crate) cut_off: u64,
}

/// A request that is under way with the cookie of a session.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) number: usize,
    pub(crate) cookie: String,
    sent: OffsetDateTime,
    was_dead: bool,
}

impl Model {
    pub(crate) fn new(seed: u64) -> Shared {
        Arc::new(Mutex::new(Self {
            seed,
            round: 0,
            counts: Counts::default(),
            is_ending: false,
            wants_load: false,
            records: Vec::new(),
            by_handle: HashMap::new(),
            usable: Vec::new(),
            ended_early: HashSet::new(),
            purges: Vec::new(),
            began: Instant::now(),
        }))
    }

    /// Says that the server broke its word, and all that is known of it.
    pub(crate) fn violated(&self, what: &str) -> ! {
        panic!("seed {}, round {}: {what}", self.seed, self.round);
    }

    /// The same of one session.
    pub(crate) fn violated_by(&self, number: usize, found: &str) -> ! {
        let known = self.records[number].tell(number);
        self.violated(&format!("{found}\nwhat is known of it: {known}"));
    }

    /// The user agent by which a login is found again.
    pub(crate) fn agent(number: usize) -> String {
        format!("crash/{number}")
    }

    /// A user's name.
    pub(crate) fn user(number: usize) -> String {
        format!("user-{}", number % USERS)
    }

    /// The record of a session that a list or an event shows.
    pub(crate) fn number_of(&self, shown: &serde_json::Value) -> usize {
        let agent = shown["ua"]
            .as_str()
            .and_then(|ua| ua.strip_prefix("crash/"));
        let number = agent.and_then(|number| number.parse().ok());
        match number.filter(|&number| number < self.records.len()) {
            Some(number) => number,
            None => self.violated(&format!("a session that nobody asked for: {shown}")),
        }
    }

    /// Adds what a file held already.
    pub(crate) fn add(&mut self, record: Record) -> usize {
        let number = self.records.len();
        if let Some(handle) = &record.handle {
            self.by_handle.insert(handle.clone(), number);
        }
        if record.cookie.is_some() && !record.is_dead {
            self.usable.push(number);
        }
        self.records.push(record);
        number
    }

    /// A session whose cookie may open something.
    pub(crate) fn draw(&mut self, rng: &mut StdRng) -> Option<usize> {
        while !self.usable.is_empty() {
            let at = rng.random_range(0..self.usable.len());
            let number = self.usable[at];
            if !self.records[number].is_dead {
                return Some(number);
            }
            self.usable.swap_remove(at);
        }
        None
    }

    /// A session that has ended, if one is found quickly.
    pub(crate) fn draw_ended(&self, rng: &mut StdRng) -> Option<usize> {
        let mut tries = (0..20).map(|_| rng.random_range(0..self.records.len()));
        tries.find(|&number| {
            let record = &self.records[number];
            record.is_dead && record.cookie.is_some()
        })
    }

    /// About how many sessions live.
    pub(crate) fn about_live(&self) -> usize {
        self.usable.len()
    }

    pub(crate) fn login_sent(&mut self, user: &str, replaces: Option<usize>) -> usize {
        // Whoever ends all sessions of this user now may catch this one or not.
        let is_purged = self.purges.iter().any(|purged| purged == user);
        let record = Record {
            user: user.to_owned(),
            replaces,
            is_purged,
            may_be_dead: is_purged,
            seen: Some(now()),
            ..Record::default()
        };
        let number = self.add(record);
        self.note(number, "login sent");
        if let Some(old) = replaces {
            self.records[old].replaced_by.push(number);
            self.end_sent(old, "login that replaces it sent");
        }
        number
    }

    pub(crate) fn login_heard(&mut self, number: usize, cookie: String, handle: &str) {
        self.counts.logins += 1;
        self.note(number, "login acknowledged");
        self.heard(number, handle);
        let record = &mut self.records[number];
        record.cookie = Some(cookie);
        record.requests = Some((1, 1));
        self.usable.push(number);
        if let Some(old) = self.records[number].replaces {
            self.end_heard(old, "login that replaces it acknowledged");
        }
    }

    pub(crate) fn login_unheard(&mut self, number: usize) {
        if let Some(old) = self.records[number].replaces {
            self.end_unheard(old);
        }
    }

    /// Somebody was told that it exists.
    pub(crate) fn heard(&mut self, number: usize, handle: &str) {
        let known = self.records[number]
            .handle
            .get_or_insert_with(|| handle.to_owned());
        if known != handle {
            self.violated_by(number, &format!("it has another handle: {handle}"));
        }
        if !std::mem::replace(&mut self.records[number].is_heard, true) {
            self.by_handle.insert(handle.to_owned(), number);
            self.note(number, "seen to exist");
            if self.ended_early.remove(handle) {
                self.records[number].is_dead = true;
            }
        }
    }

    pub(crate) fn end_sent(&mut self, number: usize, what: &'static str) {
        self.records[number].ends_under_way += 1;
        self.note(number, what);
    }

    /// The end that was sent is durable.
    pub(crate) fn end_heard(&mut self, number: usize, what: &'static str) {
        self.records[number].ends_under_way -= 1;
        self.dead(number, what);
    }

    /// The end that was sent got no answer.
    pub(crate) fn end_unheard(&mut self, number: usize) {
        let record = &mut self.records[number];
        record.ends_under_way -= 1;
        record.may_be_dead = true;
    }

    /// The end that was sent did not concern it.
    pub(crate) fn end_passed_by(&mut self, number: usize) {
        self.records[number].ends_under_way -= 1;
    }

    /// Somebody was told of its end.
    pub(crate) fn dead(&mut self, number: usize, what: &'static str) {
        if !std::mem::replace(&mut self.records[number].is_dead, true) {
            self.counts.ends += 1;
            self.note(number, what);
        }
    }

    /// Somebody was told of the end of a session by its handle, maybe before its login was heard of.
    pub(crate) fn dead_by_handle(&mut self, handle: &str, what: &'static str) {
        match self.by_handle.get(handle) {
            Some(&number) => self.dead(number, what),
            None => {
                self.ended_early.insert(handle.to_owned());
            }
        }
    }

    /// A request with a session's cookie is sent.
    pub(crate) fn ask(&mut self, number: usize) -> Asked {
        let record = &mut self.records[number];
        if let Some((_, most)) = &mut record.requests {
            *most += 1;
        }
        Asked {
            number,
            cookie: record.cookie.clone().unwrap(),
            sent: now(),
            was_dead: record.is_dead,
        }
    }

    /// It was let in.
    pub(crate) fn let_in(&mut self, asked: &Asked) {
        if asked.was_dead {
            self.violated_by(asked.number, "it was let in after its end");
        }
        let record = &mut self.records[asked.number];
        if let Some((least, _)) = &mut record.requests {
            *least += 1;
        }
        record.seen = record.seen.map(|seen| seen.max(asked.sent));
    }

    /// It was turned away.
    pub(crate) fn turned_away(&mut self, asked: &Asked, with: &str) {
        if self.records[asked.number].must_live() {
            self.violated_by(
                asked.number,
                &format!("it was turned away, though nobody ended it: {with}"),
            );
        }
    }

    /// A new server is there, after a crash or not: what was under way with the old one is not any more. A crash may
    /// forget who was seen when, and nothing else.
    pub(crate) fn restarted(&mut self, crashed: bool) {
        self.is_ending = false;
        self.purges.clear();
        self.usable.retain(|&number| !self.records[number].is_dead);
        if crashed {
            for record in &mut self.records {
                (record.requests, record.seen) = (None, None);
            }
        }
    }

    pub(crate) fn note(&mut self, number: usize, what: &'static str) {
        let when = self.began.elapsed().as_millis();
        self.records[number].story.push((self.round, when, what));
    }
}

/// The time now, as exact as stores keep it.
fn now() -> OffsetDateTime {
    let now = SystemClock.now();
    now.replace_millisecond(now.millisecond()).unwrap()
}
