//! The page of a user's own sessions.

use std::{convert::Infallible, sync::Arc};

use askama::Template;
use axum::{extract::FromRequestParts, http::request::Parts, response::Html};
use sessctl_api::routes::public as paths;
use sessctl_store::Entry;
use time::OffsetDateTime;

use super::{
    dashboard::shown,
    frame::{Frame, Here},
    render,
};
use crate::{
    error::AppError,
    public::{
        password_check::is_fresh,
        state::PublicState,
        words::{self, Moment},
    },
};

/// How many sessions the page shows, the latest sign-ins first; "end all others" ends every one.
const SHOWN: usize = 100;

/// What the page says above the list.
#[derive(Debug)]
pub(crate) enum SessionsNotice {
    None,
    /// So many have just ended.
    Ended(u64),
    /// What was asked for was not done, and why.
    Fault(String),
}

impl<S: Sync> FromRequestParts<S> for SessionsNotice {
    type Rejection = Infallible;

    /// Only a number is taken from the address: anybody can write it.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let count = query.strip_prefix("ended=").and_then(|n| n.parse().ok());
        Ok(count.map_or(Self::None, Self::Ended))
    }
}

/// The page's address after so many sessions ended.
pub(in crate::public) fn ended_sessions(count: u64) -> String {
    format!("{}?ended={count}", paths::SESSIONS)
}

struct Row {
    handle: String,
    client: String,
    ip: String,
    since: Option<Moment>,
    seen: Option<Moment>,
    is_this_one: bool,
}

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Option<Frame>,
    user: String,
    rows: Vec<Row>,
    /// How many are not shown.
    more: usize,
    has_others: bool,
    /// How long ago the sign-in may be at most, where it was longer ago.
    asks_password: Option<String>,
    notice: Option<String>,
    fault: Option<String>,
}

/// The sessions of the user whose `entry` is; that one comes first.
pub(in crate::public) fn sessions(
    state: &PublicState,
    entry: &Arc<Entry>,
    own: &[Arc<Entry>],
    notice: &SessionsNotice,
) -> Result<Html<String>, AppError> {
    let now = state.sessions.clock().now();
    let others = own
        .iter()
        .filter(|other| other.handle() != entry.handle())
        .take(SHOWN - 1);
    let rows: Vec<_> = [entry]
        .into_iter()
        .chain(others)
        .map(|other| row(other, entry, now))
        .collect();
    let (notice, fault) = match notice {
        SessionsNotice::None => (None, None),
        SessionsNotice::Ended(count) => (Some(words::ended(*count)), None),
        SessionsNotice::Fault(text) => (None, Some(text.clone())),
    };
    let has_others = rows.len() > 1;
    let asks_password = has_others && !is_fresh(state, entry);
    render(&SessionsPage {
        frame: Frame::new(state, entry, Here::Sessions),
        user: shown(entry.user().map(str::to_owned)),
        more: own.len().saturating_sub(rows.len()),
        has_others,
        rows,
        asks_password: asks_password.then(|| words::span(state.config.fresh)),
        notice,
        fault,
    })
}

fn row(entry: &Entry, this_one: &Entry, now: OffsetDateTime) -> Row {
    let session = entry.describe();
    Row {
        handle: session.handle.to_string(),
        client: shown(session.client),
        ip: shown(session.ip.map(|ip| ip.to_string())),
        since: session.created.map(|at| Moment::past(at, now)),
        seen: session.seen.map(|at| Moment::past(at, now)),
        is_this_one: entry.handle() == this_one.handle(),
    }
}
