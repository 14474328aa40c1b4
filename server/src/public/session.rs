//! `GET /session`: what a client may know of its own session. Asking is no activity: the gate does not touch here.

use axum::{Json, extract::State, response::IntoResponse as _, response::Response};
use sessctl_api::{MySession, SCHEMA};
use time::OffsetDateTime;

use super::state::{PublicState, signed_out};
use crate::gate::{CurrentSession, EndedSession};

/// JSON whatever the Accept header says: only programs ask.
pub(crate) async fn session(
    State(state): State<PublicState>,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Response {
    let Some(CurrentSession(entry)) = session else {
        return signed_out(&state.config, ended).into_json();
    };
    let shown = entry.describe();
    // Our own stores know all times.
    let time = |time: Option<OffsetDateTime>| time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Json(MySession {
        schema: SCHEMA,
        user: shown.user,
        handle: shown.handle,
        created: time(shown.created),
        seen: time(shown.seen),
        idle_expires: time(shown.idle_expires),
        expires: time(shown.expires),
        data: state.sessions.data(&entry).await.unwrap_or_default(),
    })
    .into_response()
}
