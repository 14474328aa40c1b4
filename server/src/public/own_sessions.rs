//! `/sessions` and `/session/others`: a user's own sessions, and ending them.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Json,
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{AuditRecord, AuditResult, EndReason, Secret, audit::actions, codes};
use sessctl_store::Entry;

use super::{
    cross_site::OwnSite,
    fields::{Fields, Sent},
    pages::{self, SessionsNotice},
    password_check,
    signed_in::SignedIn,
    state::{PublicState, signed_out},
    words,
};
use crate::{
    error::{AppError, Refusal},
    gate::{ClearSession, CurrentSession, EndedSession},
    negotiate::Format,
};

/// Which session to end, and the password where the sign-in was long ago.
#[derive(Debug, Deserialize)]
pub(crate) struct EndOne {
    /// Text: what is no handle at all is refused as one that is not there.
    handle: String,
    #[serde(default)]
    password: Option<Secret>,
}

impl Fields for EndOne {
    const WHAT: &'static str = "handle";
    const NAMES: &'static str = "handle and, where it is asked for, password";
    const JSON: &'static str = "{\"handle\": ...}";
}

/// The password where the sign-in was long ago.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EndOthers {
    #[serde(default)]
    password: Option<Secret>,
}

impl Fields for EndOthers {
    const WHAT: &'static str = "password";
    const NAMES: &'static str = "password, where it is asked for";
    const JSON: &'static str = "{\"password\": ...}";

    fn of_nothing() -> Option<Self> {
        Some(Self::default())
    }
}

/// `GET /sessions`.
pub(crate) async fn list(
    State(state): State<PublicState>,
    me: SignedIn,
    notice: SessionsNotice,
) -> Result<Html<String>, AppError> {
    page(&state, &me, &notice).await
}

/// `POST /sessions/end`.
pub(crate) async fn end_one(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    me: SignedIn,
    Sent { client, fields }: Sent<EndOne>,
) -> Result<Response, AppError> {
    let is_this_one = me.0.handle().as_str() == fields.handle.trim();
    state.still_lives(&me.0)?;
    // Logging out is nobody's to be kept from.
    if !is_this_one {
        let password = fields.password.as_ref();
        let proof = password_check::prove_fresh(&state, &me.0, password, client.ip).await;
        if let Err(fault) = proof {
            return refused(&state, &me, format, fault).await;
        }
    }
    let entry = own(&state, &me, &fields.handle).await?;
    let actor = Some(me.user().to_owned());
    let reason = match is_this_one {
        true => EndReason::Logout,
        false => EndReason::Elsewhere,
    };
    let lived = state.sessions.end(&entry, reason, actor).await?;
    // What ended nothing is nothing to write down: else anybody with a session could flush the log by asking again.
    if lived {
        let mut record = done(&state, &me, client.ip);
        record.handle = Some(entry.handle());
        record.count = Some(1);
        state.config.audit.note(record);
    }
    if is_this_one {
        let out = answer(format, lived.into(), pages::SIGNED_OUT);
        return Ok((Extension(ClearSession), out).into_response());
    }
    Ok(answer(
        format,
        lived.into(),
        &pages::ended_sessions(lived.into()),
    ))
}

/// `POST /sessions/end-others`.
pub(crate) async fn end_others(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    me: SignedIn,
    Sent { client, fields }: Sent<EndOthers>,
) -> Result<Response, AppError> {
    match others(&state, &me, &fields, client.ip).await {
        Ok(ended) => Ok(answer(format, ended, &pages::ended_sessions(ended))),
        Err(fault) => refused(&state, &me, format, fault).await,
    }
}

/// `DELETE /session/others`: JSON whatever the Accept header says, as only programs ask.
pub(crate) async fn delete_others(
    State(state): State<PublicState>,
    own_site: Result<OwnSite, AppError>,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
    request: Request,
) -> Result<Response, Refusal> {
    own_site?;
    let me = session.and_then(SignedIn::new);
    let me = me.ok_or_else(|| signed_out(&state.config, ended))?;
    let Sent { client, fields } = Sent::from_request(request, &state).await?;
    let ended = others(&state, &me, &fields, client.ip).await?;
    Ok(answer(Format::Json, ended, ""))
}

async fn others(
    state: &PublicState,
    me: &SignedIn,
    fields: &EndOthers,
    source: Option<IpAddr>,
) -> Result<u64, AppError> {
    password_check::prove_fresh(state, &me.0, fields.password.as_ref(), source).await?;
    let ended = state.sessions.end_others(&me.0).await?;
    if ended > 0 {
        let mut record = done(state, me, source);
        record.why = Some("others".to_owned());
        record.count = Some(ended);
        state.config.audit.note(record);
    }
    Ok(ended)
}

/// The user's own live session of that handle. Another one's and none at all are the same.
async fn own(state: &PublicState, me: &SignedIn, handle: &str) -> Result<Arc<Entry>, AppError> {
    let own = state.sessions.sessions_of(me.user()).await?;
    let entry = own
        .into_iter()
        .find(|entry| entry.handle().as_str() == handle.trim());
    entry.ok_or_else(|| {
        let text = "You have no such session: it may have ended already";
        AppError::new(StatusCode::NOT_FOUND, codes::NOT_FOUND, text)
    })
}

fn done(state: &PublicState, me: &SignedIn, source: Option<IpAddr>) -> AuditRecord {
    let user = Some(me.user().to_owned());
    AuditRecord {
        actor: user.clone(),
        user,
        ..state.record(actions::LOGOUT, AuditResult::Done, source)
    }
}

/// How many ended, or for a browser the page that says so.
fn answer(format: Format, ended: u64, to: &str) -> Response {
    match format {
        Format::Html => Redirect::to(to).into_response(),
        Format::Json => Json(json!({"ended": ended})).into_response(),
        Format::Text => format!("{}\n", words::ended(ended)).into_response(),
    }
}

/// The page again with what was wrong, for a browser; who is signed in no longer is told so as anybody else.
async fn refused(
    state: &PublicState,
    me: &SignedIn,
    format: Format,
    fault: AppError,
) -> Result<Response, AppError> {
    if format != Format::Html || fault.is_failure() || fault.status == StatusCode::UNAUTHORIZED {
        return Err(fault);
    }
    let notice = SessionsNotice::Fault(fault.text.clone());
    Ok(fault.on_page(page(state, me, &notice).await?))
}

async fn page(
    state: &PublicState,
    me: &SignedIn,
    notice: &SessionsNotice,
) -> Result<Html<String>, AppError> {
    let own = state.sessions.sessions_of(me.user()).await?;
    pages::sessions(state, &me.0, &own, notice)
}
