//! Signing out: by a form, or by a link as in the tutorial.

use std::net::IpAddr;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{Method, Request},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;
use sessctl_api::{AuditRecord, AuditResult, EndReason, audit::actions};

use super::{cross_site, forget, pages, state::PublicState};
use crate::{
    error::AppError,
    gate::{ClearSession, CurrentSession, EndedSession, client},
    negotiate::Format,
};

const DONE: &str = "Logged out successfully";

pub(crate) async fn post(
    State(state): State<PublicState>,
    _own: cross_site::OwnSite,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
    request: Request<Body>,
) -> Result<Response, AppError> {
    log_out(&state, format, session, ended, client::ip_of(&request)).await
}

/// The one GET that changes something. A page of another site, a prefetch and a HEAD only get the question.
pub(crate) async fn get(
    State(state): State<PublicState>,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
    request: Request<Body>,
) -> Result<Response, AppError> {
    if request.method() == Method::HEAD || !cross_site::is_followed_here(request.headers()) {
        let entry = session.as_ref().map(|CurrentSession(entry)| &**entry);
        return Ok(pages::confirm_logout(&state, entry)?.into_response());
    }
    log_out(&state, format, session, ended, client::ip_of(&request)).await
}

async fn log_out(
    state: &PublicState,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
    from: Option<IpAddr>,
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
            let user = entry.user().map(str::to_owned);
            state.config.audit.note(AuditRecord {
                actor: user.clone(),
                user,
                handle: Some(entry.handle()),
                ..state.record(actions::LOGOUT, AuditResult::Done, from)
            });
        }
    }
    let answer = match format {
        Format::Html => Redirect::to(pages::SIGNED_OUT).into_response(),
        Format::Json => Json(json!({"message": DONE})).into_response(),
        Format::Text => format!("{DONE}\n").into_response(),
    };
    let mut answer = (axum::Extension(ClearSession), answer).into_response();
    forget::order(state, &mut answer);
    Ok(answer)
}
