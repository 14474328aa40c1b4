//! Drives any server that has a form login: sign in, fetch pages, sign out, ask about the session.
//!
//! The jar is changed in memory only; the caller writes it with `Jar::save`. Requests stay on the server they were
//! made for: a redirect to another one is reported, not followed. Requests are in `ask` and `connection`, how answers
//! are judged in `page`, what a sign-in sends in `credentials` and `form`, its proof in `login`, the rest in `visit`, `session`, `data`
//! and `others`.

mod ask;
mod connection;
mod credentials;
mod data;
mod fates;
mod form;
mod login;
mod others;
mod ours;
mod page;
mod paths;
mod payload;
mod scout;
mod session;
mod trace;
mod visit;

pub(crate) use ask::{Ask, Reached, Who, target_of};
pub use connection::Site;
pub(crate) use connection::{ACCEPT_HTML, ACCEPT_JSON, ACCEPT_PAGE, MAX_HOPS};
pub use fates::{CookieFate, Fate};
pub(crate) use form::browser_headers;
pub use login::LoggedIn;
pub(crate) use login::is_login_again;
pub use others::Others;
pub use ours::OurAnswer;
pub use page::{Fetched, NotSignedIn, Verdict};
pub(crate) use page::{
    Marks, fingerprint, is_html, is_login_form, same_path, shows_login_form, without_query,
};
pub use paths::{SitePaths, Via};
pub use payload::{FormPart, Payload};
pub(crate) use scout::{Scouted, WayIn};
pub use session::SessionAnswer;
pub use trace::Step;
pub use visit::{LogoutDone, Request};
pub(crate) use visit::{WayOut, is_logout_refused};
