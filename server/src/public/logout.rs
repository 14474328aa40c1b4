//! Signing out: by a form, or by a link as in the tutorial.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;
use sessctl_api::{EndReason, text::clean};

use super::{PublicState, pages};
use crate::{
    cross_site::{self, OwnSite},
    error::AppError,
    gate::{ClearSession, CurrentSession},
    negotiate::Format,
};

const DONE: &str = "Logged out successfully";

pub(crate) async fn post(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    session: Option<CurrentSession>,
) -> Result<Response, AppError> {
    log_out(&state, format, session).await
}

/// The one GET that changes something. A page of another site, a prefetch and a HEAD only get the question.
pub(crate) async fn get(
    State(state): State<PublicState>,
    method: Method,
    headers: HeaderMap,
    format: Format,
    session: Option<CurrentSession>,
) -> Result<Response, AppError> {
    if method == Method::HEAD || !cross_site::is_followed_here(&headers) {
        return Ok(pages::confirm_logout()?.into_response());
    }
    log_out(&state, format, session).await
}

async fn log_out(
    state: &PublicState,
    format: Format,
    session: Option<CurrentSession>,
) -> Result<Response, AppError> {
    if let Some(CurrentSession(entry)) = session {
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
