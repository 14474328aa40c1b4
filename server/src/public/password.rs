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
    pages::{self, PasswordField as Field, PasswordNotice},
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
            let notice = PasswordNotice::Fault {
                text: fault.text.clone(),
                field: Field::of(&fault),
            };
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
        return Err(about(
            Field::Again,
            AppError::bad_request("The two new passwords differ"),
        ));
    }
    let purpose = Purpose::ChangePassword;
    let verified = password_check::verify(state, purpose, me.user(), Some(current), client.ip)
        .await
        .map_err(|fault| about(Field::Current, fault))?;
    if new == current {
        let text = "The new password is the one that you have already: choose another";
        return Err(about(Field::New, AppError::bad_request(text)));
    }
    state.still_lives(&me.0)?;
    let changed = state.sessions.change_password(&me.0, &verified, new).await;
    let record = |result| AuditRecord {
        actor: Some(me.user().to_owned()),
        user: Some(me.user().to_owned()),
        handle: Some(me.0.handle()),
        ..state.record(actions::PASSWORD, result, client.ip)
    };
    let changed = changed.map_err(|denied| {
        let wrong = || about(Field::Current, password_check::wrong(purpose));
        let (why, fault) = match denied {
            Denied::BadPassword(rule) => {
                let fault = AppError::bad_request(sentence(&rule));
                (rule, about(Field::New, fault))
            }
            Denied::Busy => (codes::BUSY.to_owned(), password_check::busy()),
            Denied::Wrong(why) => (why.as_str().to_owned(), wrong()),
            // Somebody else has set another one since it was checked.
            Denied::Store(StoreError::AccountChanged) => ("account_changed".to_owned(), wrong()),
            Denied::Store(error) => (codes::UNAVAILABLE.to_owned(), error.into()),
        };
        let mut record = record(AuditResult::Refused);
        record.why = Some(why);
        state.config.audit.note(record);
        fault
    })?;
    let mut record = record(AuditResult::Done);
    record.count = Some(changed.ended);
    state.config.audit.note(record);
    Ok(changed)
}

/// Says which field a refusal is about, to programs too.
fn about(field: Field, fault: AppError) -> AppError {
    match fault.status.is_client_error() {
        true => fault.with("field", field.as_str().into()),
        false => fault,
    }
}

/// A rule in words, as a sentence that begins with a capital letter.
fn sentence(rule: &str) -> String {
    let mut chars = rule.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}
