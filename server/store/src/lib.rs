//! What keeps sessions: in memory and, behind it, in SQLite.
//!
//! This room may touch the disk, sockets to stores, an injected clock and password hashing. It knows nothing of
//! HTTP, reads no environment and prints nothing.
//!
//! [`Sessions`] is the serving half (`lookup`, `create`, `rotate`, `save`, `end`); it is also a
//! [`Registry`](sessctl_api::Registry) for whoever lists and ends sessions, and a
//! [`SessionStore`](tower_sessions_core::SessionStore) for handlers that use tower-sessions. One rule carries the
//! whole room: **only `create` inserts**. Everything else is conditional and matches nothing once a session ended.

mod accounts;
mod base;
mod beside;
mod book;
mod change;
mod clock;
mod data;
mod entry;
mod error;
mod feed;
mod file;
mod holding;
mod id;
mod in_flight;
mod journal;
mod judge;
mod live;
mod loading;
mod lookup;
mod origin;
mod owner;
mod passwords;
mod queue;
mod registry;
mod sessions;
mod settings;
mod sqlite;
mod strangers;
mod sweep;
mod sync;
mod throttle;
mod tower;

pub use accounts::{Denied, PasswordChanged, Verified, Why};
pub use clock::{Clock, ManualClock, SystemClock};
pub use data::MAX_DEPTH;
pub use entry::{Data, Entry};
pub use error::StoreError;
pub use id::SessionId;
pub use in_flight::{Client, InFlight, in_flight};
pub use lookup::{Found, Lookup};
pub use owner::{Owner, announced_owner};
pub use sessions::{Created, Sessions};
pub use settings::{Hashing, OnLimit, SessionLimit, Settings};
pub use sqlite::backup_sqlite;
pub use sweep::{Expired, SWEEP_EVERY};
pub use tower::USER_KEY;
