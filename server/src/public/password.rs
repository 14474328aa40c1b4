//! `/password`: changing one's own password.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{AuditRecord, AuditResult, Secret, audit::actions, codes};
use sessctl_store::{Client, Denied, PasswordChanged, StoreError};

use super::{
    cross_site::OwnSite,
    fields::{Fields, Sent},
    pages::{self, PasswordNotice},
    password_check::{self, Purpose},
    signed_in::SignedIn,
    state::PublicState,
    words,
};
use crate::{error::AppError, gate::SetSession, negotiate::Format};

/// The current password and the new one; the form asks for that twice.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    current: Secret,
    new: Secret,
    #[serde(default)]
    again: Option<Secret>,
}

impl Fields for Change {
    const WHAT: &'static str = "passwords";
    const NAMES: &'static str = "current, new and again";
    const JSON: &'static str = "{\"current\": ..., \"new\": ...}";
}

/// `GET /password`.
pub(crate) async fn form(
    State(state): State<PublicState>,
    me: SignedIn,
    notice: PasswordNotice,
) -> Result<Html<String>, AppError> {
    pages::password(&state, &me.0, &notice)
}

/// `POST /password`.
pub(crate) async fn change(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    me: SignedIn,
    Sent { client, fields }: Sent<Change>,
) -> Result<Response, AppError> {
    let PasswordChanged { created, ended } = match set(&state, &me, &client, &fields).await {
        Ok(changed) => changed,
        Err(fault)
            if format == Format::Html
                && !fault.is_failure()
                && fault.status != StatusCode::UNAUTHORIZED =>
        {
            let notice = PasswordNotice::Fault(fault.text.clone());
            return Ok(fault.on_page(pages::password(&state, &me.0, &notice)?));
        }
        Err(fault) => return Err(fault),
    };
    let answer = match format {
        Format::Html => Redirect::to(&pages::password_changed(ended)).into_response(),
        Format::Json => Json(json!({"ended": ended})).into_response(),
        Format::Text => format!("Password changed. {}\n", words::ended(ended)).into_response(),
    };
    Ok((Extension(SetSession(Arc::new(created))), answer).into_response())
}

/// Whoever is signed in must know the current password too: a browser that was left open is not enough.
async fn set(
    state: &PublicState,
    me: &SignedIn,
    client: &Client,
    fields: &Change,
) -> Result<PasswordChanged, AppError> {
    let Change {
        current,
        new,
        again,
    } = fields;
    if again.as_ref().is_some_and(|again| again != new) {
        return Err(AppError::bad_request("The two new passwords differ"));
    }
    let (purpose, current) = (Purpose::ChangePassword, Some(current));
    let verified = password_check::verify(state, purpose, me.user(), current, client.ip).await?;
    state.still_lives(&me.0)?;
    let changed = state.sessions.change_password(&me.0, &verified, new).await;
    let record = |result| AuditRecord {
        actor: Some(me.user().to_owned()),
        user: Some(me.user().to_owned()),
        handle: Some(me.0.handle()),
        ..state.record(actions::PASSWORD, result, client.ip)
    };
    let changed = changed.map_err(|denied| {
        let (why, fault) = match denied {
            Denied::BadPassword(rule) => {
                (codes::BAD_REQUEST, AppError::bad_request(sentence(&rule)))
            }
            Denied::Busy => (codes::BUSY, password_check::busy()),
            Denied::Wrong(why) => (why.as_str(), password_check::wrong(purpose)),
            // Somebody else has set another one since it was checked.
            Denied::Store(StoreError::AccountChanged) => {
                ("account_changed", password_check::wrong(purpose))
            }
            Denied::Store(error) => (codes::UNAVAILABLE, error.into()),
        };
        let mut record = record(AuditResult::Refused);
        record.why = Some(why.to_owned());
        state.config.audit.note(record);
        fault
    })?;
    let mut record = record(AuditResult::Done);
    record.count = Some(changed.ended);
    state.config.audit.note(record);
    Ok(changed)
}

/// A rule in words, as a sentence that begins with a capital letter.
fn sentence(rule: &str) -> String {
    let mut chars = rule.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}
