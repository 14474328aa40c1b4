//! Who tried passwords in vain, and how long nobody hears them now.
//!
//! Three counters, of failures alone:
//! - of an account, by sources that it was never signed in from. The name need not be that of an account.
//! - of an account and one source that it was signed in from: whoever guesses elsewhere cannot lock its user out.
//! - of a source, over all accounts, unless it is one of the accounts' own.
//!
//! Asked before anything is hashed. Tries that are under way count as if they would fail, and the next one waits for
//! them: many at once are heard no more often than one after the other.
//!
//! Nobody crowds the others out: of one account and of one source only some are under way at once, whether they fail
//! or not, and only some wait for these.
//!
//! An account's own sources are heard where strangers are not, and how long an answer takes must not tell which these
//! are. So as many of them are heard at once as strangers would be, or one where that is none; who comes beside that one
//! is refused as a stranger is, even with the right password. What remains: the one is checked, and strangers only wait
//! as long as checks take lately. Whoever keeps the hashes busy from other addresses meanwhile may feel the difference,
//! in the few tries that a source has. Only a check for everybody would close that, and then nothing would be gained by
//! refusing anybody.

mod counter;
mod crowd;
mod key;
mod table;

use parking_lot::Mutex;
use tokio::sync::Notify;

pub(crate) use self::{counter::Counter, key::Key};
use self::{crowd::Crowd, table::Table};
use crate::{book::Source, clock::Millis};

/// Counters that are kept at most. Where more are needed those go that failed the longest ago: never does anybody
/// wait because others fail.
const MOST: usize = 65_536;

/// Tries of one account that are under way at once, and as many that wait for them.
const OF_ACCOUNT: u32 = 8;

/// The same of one source: half of those that the queue of hashes takes, because many people may share an address.
const OF_SOURCE: u32 = 32;

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
    under_way: Crowd,
    /// Those that are to ask again once others have concluded.
    waiting: Crowd,
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
    anywhere: Key,
    source: Option<Key>,
    is_known: bool,
}

/// A place among those that wait for others to conclude, until it is dropped.
#[derive(Debug)]
pub(crate) struct Wait<'t> {
    throttle: &'t Throttle,
    keys: [Option<Key>; 2],
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
            under_way: Crowd::default(),
            waiting: Crowd::default(),
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

    /// Whether a try is heard now; `has_waited`: it was told to ask again.
    pub(crate) fn hear(&self, caller: Caller<'_>, has_waited: bool, now: Millis) -> Hearing<'_> {
        let own = caller.key();
        let anywhere = Key::of_account_anywhere(caller.name);
        let source = caller.source.map(Key::of_source);
        let mut state = self.state.lock();
        let counter = state.table.get(own, now);
        let of_source = source.map_or(u32::MAX, |source| {
            state.table.get(source, now).places_of_source(now)
        });
        let mut places = counter.places(now);
        if caller.is_known {
            // What they would find here if the account did not know them.
            let elsewhere = state.table.get(Key::of_account(caller.name), now);
            let of_strangers = counter.and(elsewhere).places(now).min(of_source);
            let is_first = !has_waited && state.under_way.of(own) == 0;
            if of_strangers == 0 && !is_first {
                return Hearing::No;
            }
            places = places.min(of_strangers.max(1));
        }
        let mut bounds = vec![
            (places, state.under_way.of(own)),
            (OF_ACCOUNT, state.under_way.of(anywhere)),
        ];
        if let Some(source) = source {
            let under_way = state.under_way.of(source);
            bounds.push((OF_SOURCE, under_way));
            // Of a source that its account knows only what it does there counts: who shares the address may be anybody.
            if !caller.is_known {
                bounds.push((of_source, under_way));
            }
        }
        if bounds.iter().any(|(places, _)| *places == 0) {
            return Hearing::No;
        }
        if bounds.iter().any(|(places, under_way)| under_way >= places) {
            return Hearing::Later;
        }
        let attempt = Try {
            throttle: self,
            own,
            anywhere,
            source,
            is_known: caller.is_known,
        };
        state.under_way.add(&attempt.keys());
        Hearing::Now(attempt)
    }

    /// A place among those that are to be heard later; `None`: there are as many of them as may be.
    ///
    /// Strangers who crowd an account take no place from those whom it knows.
    pub(crate) fn wait(&self, caller: Caller<'_>) -> Option<Wait<'_>> {
        let (own, source) = (caller.key(), caller.source.map(Key::of_source));
        let mut state = self.state.lock();
        let is_full = state.waiting.of(own) >= OF_ACCOUNT
            || source.is_some_and(|source| state.waiting.of(source) >= OF_SOURCE);
        (!is_full).then(|| {
            let keys = [Some(own), source];
            state.waiting.add(&keys);
            Wait {
                throttle: self,
                keys,
            }
        })
    }

    /// Until when tries at an account are not heard, by the longest of its counters; `None`: all are heard now.
    pub(crate) fn shut_until(&self, keys: &[Key], now: Millis) -> Option<Millis> {
        let mut state = self.state.lock();
        let ends = keys
            .iter()
            .filter_map(|key| state.table.get(*key, now).shut_until(now));
        ends.max()
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
    fn keys(&self) -> [Option<Key>; 3] {
        [Some(self.own), Some(self.anywhere), self.source]
    }

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
        let keys = self.keys();
        self.throttle.state.lock().under_way.remove(&keys);
        self.throttle.concluded.notify_waiters();
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.throttle.state.lock().waiting.remove(&self.keys);
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
