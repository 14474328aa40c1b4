//! Drives any server that has a form login: sign in, fetch pages, sign out, ask about the session.
//!
//! The jar is changed in memory only; the caller writes it with `Jar::save`. Requests stay on the server they were
//! made for: a redirect to another one is reported, not followed. Requests are in `ask` and `connection`, how answers
//! are judged in `page`, the proof of a sign-in in `login`, the rest in `visit`, `session`, `data`
//! and `others`.

mod ask;
mod connection;
mod data;
mod form;
mod login;
mod others;
mod ours;
mod page;
mod payload;
mod session;
mod visit;

pub use connection::{Site, SitePaths};
pub use login::LoggedIn;
pub use others::Others;
pub use ours::OurAnswer;
pub use page::{Fetched, NotSignedIn, Verdict};
pub use payload::{FormPart, Payload};
pub use session::SessionAnswer;
pub use visit::{LogoutDone, Request};
