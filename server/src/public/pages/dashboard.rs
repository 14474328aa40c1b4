//! The dashboard: who is signed in, by what, and for how long still.

use askama::Template;
use axum::response::Html;
use sessctl_api::text::clean;
use sessctl_store::Entry;

use super::{
    frame::{Frame, Here},
    render,
};
use crate::{
    error::AppError,
    public::{
        state::PublicState,
        words::{Moment, counted},
    },
};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    frame: Option<Frame>,
    user: String,
    client: String,
    ip: String,
    handle: String,
    since: Option<Moment>,
    /// When it ends if nothing comes from it, where that is before its lifetime is over.
    idle_ends: Option<Moment>,
    ends: Option<Moment>,
    /// The user's other sessions, in words.
    others: Option<String>,
}

/// The page of a live session; its user has so many.
pub(in crate::public) fn dashboard(
    state: &PublicState,
    entry: &Entry,
    sessions: usize,
) -> Result<Html<String>, AppError> {
    let now = state.sessions.clock().now();
    let session = entry.describe();
    let others = u64::try_from(sessions.saturating_sub(1)).unwrap_or(u64::MAX);
    render(&DashboardPage {
        frame: Frame::new(state, entry, Here::Dashboard),
        user: shown(session.user),
        client: shown(session.client),
        ip: shown(session.ip.map(|ip| ip.to_string())),
        handle: session.handle.to_string(),
        since: session.created.map(|at| Moment::past(at, now)),
        idle_ends: session
            .idle_expires
            .filter(|at| Some(*at) < session.expires)
            .map(|at| Moment::ahead(at, now)),
        ends: session.expires.map(|at| Moment::ahead(at, now)),
        others: (others > 0).then(|| counted(others, "other session")),
    })
}

/// What strangers chose, harmless to read.
pub(super) fn shown(text: Option<String>) -> String {
    text.map_or_else(|| "unknown".to_owned(), |text| clean(&text).into_owned())
}
