//! Asking for a password: at sign-in, and again before what is sensitive.
//!
//! One answer for every reason, and the audit log alone knows which it was.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use sessctl_api::{Accounts as _, AuditResult, Secret, audit::actions, codes};
use sessctl_store::{Denied, Entry, Verified, Why};

use super::{state::PublicState, words};
use crate::{Auth, error::AppError};

/// What a password is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Login,
    /// Ending sessions of one's own.
    EndSessions,
    ChangePassword,
}

impl Purpose {
    fn action(self) -> &'static str {
        match self {
            Self::Login => actions::LOGIN,
            Self::EndSessions => actions::LOGOUT,
            Self::ChangePassword => actions::PASSWORD,
        }
    }
}

/// Checks a password, and notes it when that is refused.
pub(super) async fn verify(
    state: &PublicState,
    purpose: Purpose,
    name: &str,
    password: Option<&Secret>,
    source: Option<IpAddr>,
) -> Result<Verified, AppError> {
    let Some(password) = password.filter(|password| !password.expose().is_empty()) else {
        return Err(AppError::bad_request("A password is needed"));
    };
    let denied = match state.sessions.verify(name, password, source).await {
        Ok(verified) => return Ok(verified),
        Err(denied) => denied,
    };
    let (why, refusal) = match denied {
        Denied::Wrong(why) => (why.as_str(), wrong(purpose)),
        Denied::Busy => (codes::BUSY, busy()),
        Denied::BadPassword(text) => return Err(AppError::bad_request(text)),
        Denied::Store(error) => return Err(error.into()),
    };
    let mut record = state.record(purpose.action(), AuditResult::Refused, source);
    record.why = Some(why.to_owned());
    if purpose != Purpose::Login || is_known(state, name, denied).await {
        record.user = Some(name.to_owned());
    }
    state.config.audit.note(record);
    Err(refusal)
}

/// Whether it is an account's name. Any other one is not written down: it may be a password in the wrong field.
async fn is_known(state: &PublicState, name: &str, denied: Denied) -> bool {
    match denied {
        Denied::Wrong(Why::WrongPassword | Why::Disabled) => true,
        Denied::Wrong(Why::Unknown) => false,
        _ => state.sessions.user(name).await.is_ok(),
    }
}

/// The one answer for every reason not to let somebody in.
pub(super) fn wrong(purpose: Purpose) -> AppError {
    let (status, text) = match purpose {
        Purpose::Login => (StatusCode::UNAUTHORIZED, "Wrong user name or password"),
        // Not a 401: whoever asks is signed in, and stays so.
        Purpose::EndSessions => (StatusCode::FORBIDDEN, "Wrong password"),
        Purpose::ChangePassword => (StatusCode::FORBIDDEN, "Wrong current password"),
    };
    AppError::new(status, codes::WRONG_PASSWORD, text)
}

pub(super) fn busy() -> AppError {
    AppError::busy("Too many passwords are being checked right now; please try again in a moment")
}

/// Lets only those do what is sensitive who signed in lately, or give their password once more.
pub(super) async fn prove_fresh(
    state: &PublicState,
    entry: &Arc<Entry>,
    password: Option<&Secret>,
    source: Option<IpAddr>,
) -> Result<(), AppError> {
    if !is_fresh(state, entry) {
        let Some(password) = password.filter(|password| !password.expose().is_empty()) else {
            return Err(stale(state.config.fresh));
        };
        let user = entry.user().unwrap_or_default();
        verify(state, Purpose::EndSessions, user, Some(password), source).await?;
    }
    // A check takes a while, and the session may be ended meanwhile.
    state.still_lives(entry)
}

/// Whether a session's sign-in is so late that its password is not asked for again.
pub(super) fn is_fresh(state: &PublicState, entry: &Entry) -> bool {
    let age = entry.describe().age(state.sessions.clock().now());
    state.config.auth == Auth::Open || age.is_some_and(|age| age <= state.config.fresh)
}

fn stale(fresh: Duration) -> AppError {
    let text = format!(
        "Your password is needed once more: you signed in more than {} ago",
        words::span(fresh)
    );
    AppError::new(StatusCode::FORBIDDEN, codes::FRESH_LOGIN, text)
}
