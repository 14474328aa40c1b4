//! Who tried passwords in vain, and how long nobody hears them now.
//!
//! Three counters, of failures alone:
//! - of an account, by sources that it was never signed in from. The name need not be that of an account.
//! - of an account and one source that it was signed in from: whoever guesses elsewhere cannot lock its user out.
//! - of a source, over all accounts, unless it is one of the accounts' own.
//!
//! Asked before anything is hashed. Tries that are under way count as if they would fail, and the next one waits for
//! them: many at once are heard no more often than one after the other.

mod counter;
mod table;

use std::{collections::HashMap, fmt};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

pub(crate) use self::counter::Counter;
use self::table::Table;
use crate::{book::Source, clock::Millis};

/// Counters that are kept at most. Where more are needed those go that failed the longest ago: never does anybody
/// wait because others fail.
const MOST: usize = 65_536;

/// What is counted, under a hash of the name and the address: people type passwords where names belong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) [u8; 16]);

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Throttle {
    state: Mutex<State>,
    concluded: Notify,
}

#[derive(Debug)]
struct State {
    table: Table,
    /// Tries that have not concluded.
    under_way: HashMap<Key, u32>,
}

/// Who wants to be heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: Option<Source>,
    /// The account was signed in from there before.
    pub(crate) is_known: bool,
}

/// Whether a try is heard.
#[derive(Debug)]
pub(crate) enum Hearing<'t> {
    Now(Try<'t>),
    /// Once others have concluded; then it is to ask again.
    Later,
    /// Not before some time has passed.
    No,
}

/// A try under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Try<'t> {
    throttle: &'t Throttle,
    own: Key,
    source: Option<Key>,
    is_known: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::keeping(MOST)
    }
}

impl Throttle {
    fn keeping(most: usize) -> Self {
        let state = State {
            table: Table::new(most),
            under_way: HashMap::new(),
        };
        Self {
            state: Mutex::new(state),
            concluded: Notify::new(),
        }
    }

    /// Takes in what is stored.
    pub(crate) fn load(&self, counters: Vec<(Key, Counter)>, now: Millis) {
        let mut state = self.state.lock();
        for (key, counter) in counters {
            state.table.put(key, counter, now);
        }
    }

    /// Whether a try is heard now.
    pub(crate) fn hear(&self, caller: Caller<'_>, now: Millis) -> Hearing<'_> {
        let own = caller.key();
        let source = caller.source.map(Key::of_source);
        let mut state = self.state.lock();
        let places = state.table.get(own, now).places(now);
        let mut bounds = vec![(places, state.under_way(own))];
        // Of a source that its account knows only what it does there counts: who shares the address may be anybody.
        if let Some(source) = source.filter(|_| !caller.is_known) {
            let places = state.table.get(source, now).places_of_source(now);
            bounds.push((places, state.under_way(source)));
        }
        if bounds.iter().any(|(places, _)| *places == 0) {
            return Hearing::No;
        }
        if bounds.iter().any(|(places, under_way)| under_way >= places) {
            return Hearing::Later;
        }
        for key in [Some(own), source].into_iter().flatten() {
            *state.under_way.entry(key).or_default() += 1;
        }
        Hearing::Now(Try {
            throttle: self,
            own,
            source,
            is_known: caller.is_known,
        })
    }

    /// Resolves when some try concludes, from the moment on in which this was called.
    pub(crate) fn concluded(&self) -> tokio::sync::futures::Notified<'_> {
        self.concluded.notified()
    }

    /// Forgets what was counted. The keys are to be written.
    pub(crate) fn forget(&self, keys: &[Key]) {
        let mut state = self.state.lock();
        keys.iter().for_each(|key| state.table.remove(*key));
    }

    /// What the file is to keep under a key.
    pub(crate) fn counter(&self, key: Key) -> Option<Counter> {
        self.state.lock().table.kept(key)
    }
}

impl Try<'_> {
    /// The password was wrong. Returns what is to be written.
    pub(crate) fn failed(self, now: Millis) -> Vec<Key> {
        let mut state = self.throttle.state.lock();
        let own = state.table.get(self.own, now).failed(now);
        state.table.put(self.own, own, now);
        if let Some(source) = self.source {
            let counter = state.table.get(source, now).failed_of_source(now);
            state.table.put(source, counter, now);
        }
        let mut written = state.table.take_gone();
        written.extend([Some(self.own), self.source].into_iter().flatten());
        written
    }

    /// The password was right: a source that the account knows begins anew. Returns what is to be written.
    ///
    /// Whatever strangers have failed at stays counted: their victim's success is not theirs.
    pub(crate) fn passed(self) -> Option<Key> {
        let mut state = self.throttle.state.lock();
        let is_news = self.is_known && state.table.kept(self.own).is_some();
        is_news.then(|| {
            state.table.remove(self.own);
            self.own
        })
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        let mut state = self.throttle.state.lock();
        for key in [Some(self.own), self.source].into_iter().flatten() {
            if let Some(count) = state.under_way.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    state.under_way.remove(&key);
                }
            }
        }
        drop(state);
        self.throttle.concluded.notify_waiters();
    }
}

impl State {
    fn under_way(&self, key: Key) -> u32 {
        self.under_way.get(&key).copied().unwrap_or(0)
    }
}

impl Caller<'_> {
    fn key(self) -> Key {
        match self.source.filter(|_| self.is_known) {
            Some(source) => Key::of_known(self.name, source),
            None => Key::of_account(self.name),
        }
    }
}

impl Key {
    /// An account, tried from anywhere that it does not know.
    pub(crate) fn of_account(name: &str) -> Self {
        Self::of(b"account", &[name])
    }

    /// An account, tried from where it was signed in before.
    pub(crate) fn of_known(name: &str, source: Source) -> Self {
        Self::of(b"known", &[&source.to_string(), name])
    }

    fn of_source(source: Source) -> Self {
        Self::of(b"source", &[&source.to_string()])
    }

    fn of(kind: &[u8], parts: &[&str]) -> Self {
        let mut hash = Sha256::new()
            .chain_update(b"sessctl-throttle-v1 ")
            .chain_update(kind);
        for part in parts {
            // An address has no space, and the name comes last.
            hash.update(b" ");
            hash.update(part);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let (key, _) = hash.split_at(16);
        Self(key.try_into().expect("it was split there"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
