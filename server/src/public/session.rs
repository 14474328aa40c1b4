//! `GET /session`: what a client may know of its own session. Asking is no activity: the gate does not touch here.

use axum::{Json, extract::State, response::IntoResponse as _, response::Response};
use sessctl_api::{MySession, SCHEMA};
use time::OffsetDateTime;

use super::state::{PublicState, signed_out};
use crate::{
    error::{AppError, Refusal},
    gate::{CurrentSession, EndedSession},
};

/// JSON whatever the Accept header says: only programs ask.
pub(crate) async fn session(
    State(state): State<PublicState>,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, Refusal> {
    let Some(CurrentSession(entry)) = session else {
        return Err(signed_out(&state.config, ended).into());
    };
    let data = state.sessions.data(&entry).await.map_err(AppError::from)?;
    if let Some(ended) = entry.ended() {
        return Err(signed_out(&state.config, Some(EndedSession { entry, ended })).into());
    }
    let shown = entry.describe();
    // Our own stores know all times.
    let time = |time: Option<OffsetDateTime>| time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Ok(Json(MySession {
        schema: SCHEMA,
        user: shown.user,
        handle: shown.handle,
        created: time(shown.created),
        seen: time(shown.seen),
        idle_expires: time(shown.idle_expires),
        expires: time(shown.expires),
        data,
    })
    .into_response())
}
