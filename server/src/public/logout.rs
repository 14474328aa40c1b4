//! Signing out: by a form, or by a link as in the tutorial.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;
use sessctl_api::{EndReason, text::clean};

use super::{cross_site, pages, state::PublicState};
use crate::{
    error::AppError,
    gate::{ClearSession, CurrentSession, EndedSession},
    negotiate::Format,
};

const DONE: &str = "Logged out successfully";

pub(crate) async fn post(
    State(state): State<PublicState>,
    _own: cross_site::OwnSite,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, AppError> {
    log_out(&state, format, session, ended).await
}

/// The one GET that changes something. A page of another site, a prefetch and a HEAD only get the question.
pub(crate) async fn get(
    State(state): State<PublicState>,
    method: Method,
    headers: HeaderMap,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, AppError> {
    if method == Method::HEAD || !cross_site::is_followed_here(&headers) {
        return Ok(pages::confirm_logout()?.into_response());
    }
    log_out(&state, format, session, ended).await
}

async fn log_out(
    state: &PublicState,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, AppError> {
    // Also one that has ended: if the disk does not know of its end yet, this is no success yet either.
    let entry = session
        .map(|CurrentSession(entry)| entry)
        .or(ended.map(|ended| ended.entry));
    if let Some(entry) = entry {
        // The answer leaves only once the end is durable; signing out twice is no fault.
        if state
            .sessions
            .end(&entry, EndReason::Logout, entry.user().map(str::to_owned))
            .await?
        {
            tracing::info!(handle = %entry.handle(), user = entry.user().map(clean).as_deref(), "logout");
        }
    }
    let answer = match format {
        Format::Html => Redirect::to(pages::SIGNED_OUT).into_response(),
        Format::Json => Json(json!({"message": DONE})).into_response(),
        Format::Text => format!("{DONE}\n").into_response(),
    };
    Ok((axum::Extension(ClearSession), answer).into_response())
}
