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

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 60 * 60),
            keep_ended: Duration::from_secs(24 * 60 * 60),
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
