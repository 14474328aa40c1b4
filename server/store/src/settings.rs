//! How sessions live: what whoever opens a store decides.

use std::{fmt, sync::Arc, time::Duration};

use crate::{Clock, SessionId, SystemClock, data::Limits};

/// How sessions live.
#[derive(Clone)]
pub struct Settings {
    /// A session ends when no request came for so long.
    pub idle: Duration,
    /// A session ends so long after its login, whatever comes.
    pub absolute: Duration,
    /// How long it is remembered why a session ended.
    pub keep_ended: Duration,
    /// How long a session lives, idle or not, whose user wants to be remembered; `None`: nobody is.
    pub remember: Option<Duration>,
    /// How many sessions one account may have; `None`: any number.
    pub limit: Option<SessionLimit>,
    /// What checking a password costs.
    pub hashing: Hashing,
    /// Whether who signs in from now on gives a password. A file whose sessions began without one has none left once
    /// it is opened with `Some(true)`; `None` is for those who serve nobody.
    pub wants_password: Option<bool>,
    /// Whether a session without a user is stored (express-session's `saveUninitialized`).
    pub save_uninitialized: bool,
    /// How many bytes of data a session may hold, as JSON.
    pub max_data: usize,
    /// How many keys of data a session may hold.
    pub max_keys: usize,
    /// The one clock that both limits are judged by.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from; another source than [`SessionId::random`] is for tests alone.
    pub new_id: fn() -> SessionId,
}

/// How many sessions an account may have, and what happens at one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimit {
    /// 1 or more.
    pub most: u32,
    pub then: OnLimit,
}

/// What happens when an account that has all its sessions signs in once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLimit {
    /// The new sign-in is refused.
    Deny,
    /// The session that was used the longest ago ends.
    Oldest,
}

/// What checking a password costs: argon2id's parameters (RFC 9106), and how many are checked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    /// Memory of one check, in KiB.
    pub memory: u32,
    pub passes: u32,
    /// How many run at once; the others wait, or are told to come back.
    pub at_once: usize,
}

impl Default for Hashing {
    /// 19 MiB and two passes, the least that OWASP's password storage cheat sheet takes; on half of the cores.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            memory: 19 * 1024,
            passes: 2,
            at_once: (cores / 2).max(1),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 60 * 60),
            keep_ended: Duration::from_secs(24 * 60 * 60),
            remember: Some(Duration::from_secs(30 * 24 * 60 * 60)),
            limit: None,
            hashing: Hashing::default(),
            wants_password: None,
            save_uninitialized: false,
            max_data: 64 * 1024,
            max_keys: 64,
            clock: Arc::new(SystemClock),
            new_id: SessionId::random,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            bytes: self.max_data,
            keys: self.max_keys,
        }
    }
}
