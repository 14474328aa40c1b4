//! The session server as a library: [`run()`] takes listeners, sessions, a configuration and a shutdown future.
//!
//! This room may touch listeners, its configuration and the store. It draws no terminal and names no driver type. A
//! request passes, from outside in: `accept` (the connection), `answer` (path, refusals, fixed headers, log
//! line), `gate` (whose session is it; the only writer of the cookie), then a router of `public` or `admin`.
//!
//! An application with pages and a server of its own takes two pieces of it instead: a [`GateLayer`] around its router,
//! and [`serve_admin`] beside it. `examples/embed` shows both.

mod accept;
mod admin;
mod admin_listen;
mod answer;
mod audit;
mod closing;
mod config;
mod connections;
mod descriptors;
mod embed;
mod error;
mod gate;
mod host;
mod lines;
mod listen;
mod logged;
mod metrics;
mod negotiate;
mod pace;
mod peer;
mod proxy;
mod public;
mod run;
mod socket;
mod tls;
mod turned_away;
mod wire;

pub use admin_listen::{AdminAccess, AdminAddress, AdminListener, Group};
pub use audit::{Audit, AuditError};
pub use config::{Auth, Config};
pub use embed::serve_admin;
pub use gate::{
    BadCookie, BadSecrets, ClearSession, Cookie, CookieOptions, CurrentSession, EndedSession, Gate,
    GateLayer, SameSite, Secrets, Secure, SetSession,
};
pub use listen::{Exposure, ListenError, PublicListener};
pub use run::{RunError, run};
pub use tls::{Tls, TlsError};
