//! Sessions of visitors who have not signed in (express-session's `saveUninitialized`).
//!
//! Off by default: then a stranger costs nothing. Where the store keeps such sessions, whoever opens a page gets one,
//! and its cookie. Only by a GET of a page: a probe, a stylesheet, a refusal and a HEAD begin nothing, and a cookie
//! that opens nothing is worth as much as none.

use std::sync::Arc;

use axum::{
    Extension,
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use sessctl_api::EndReason;
use sessctl_store::{Created, Found, SessionId, Sessions};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use super::state::PublicState;
use crate::{
    error::{AppError, unavailable},
    gate::{CurrentSession, EndedSession, RotatedSession, SetSession},
};

/// What the answer to a visitor carries: the session that has just begun, if one has.
pub(super) struct Visitor(pub(super) Option<Extension<SetSession>>);

impl FromRequestParts<PublicState> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, AppError> {
        let extensions = &parts.extensions;
        // Whose session was replaced or rotated has a newer cookie, or is about to get it: that one must stay.
        let was_replaced = extensions
            .get::<EndedSession>()
            .is_some_and(|session| session.ended.reason == EndReason::Replaced);
        let has_newer = was_replaced || extensions.get::<RotatedSession>().is_some();
        if parts.method != Method::GET || extensions.get::<CurrentSession>().is_some() || has_newer
        {
            return Ok(Self(None));
        }
        let begun = begin(&state.sessions).await?;
        Ok(Self(
            begun.map(|created| Extension(SetSession(Arc::new(created)))),
        ))
    }
}

/// Begins a session without a user; `None` where the store keeps none.
async fn begin(sessions: &Sessions) -> Result<Option<Created>, AppError> {
    let mut record = Record {
        id: Id::default(),
        data: Default::default(),
        expiry_date: sessions.clock().now(),
    };
    // The store has logged what went wrong.
    SessionStore::create(sessions, &mut record)
        .await
        .map_err(|_| unavailable())?;
    let id = SessionId::from_bits(record.id.0.cast_unsigned());
    Ok(match sessions.lookup(&id).await? {
        Found::Live(entry) => Some(Created::new(id, entry)),
        Found::Ended { .. } | Found::Rotated | Found::Unknown => None,
    })
}
