//! Signing in.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{AuditResult, Secret, audit::actions, codes};
use sessctl_store::{Client, Created, Entry, StoreError};

use super::{
    cross_site::OwnSite,
    fields::{Fields, Sent, checkbox},
    next::safe_next,
    pages,
    password_check::{self, Purpose},
    state::PublicState,
};
use crate::{
    Auth,
    error::AppError,
    gate::{CurrentSession, SetSession},
    negotiate::Format,
};

/// The longest user name, in bytes.
const LONGEST_NAME: usize = 256;

/// What a login sends. The password is not looked at while sign-in is open.
#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: Option<Secret>,
    #[serde(default)]
    next: Option<String>,
    /// Whether the session is to have the longer lifetime.
    #[serde(default, deserialize_with = "checkbox")]
    remember: bool,
}

impl Fields for Credentials {
    const WHAT: &'static str = "login";
    const NAMES: &'static str = "username and password";
    const JSON: &'static str = "{\"username\": ..., \"password\": ...}";
}

pub(crate) async fn login(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    session: Option<CurrentSession>,
    Sent {
        client,
        fields: credentials,
    }: Sent<Credentials>,
) -> Result<Response, AppError> {
    // Not by a cookie that lost its session while the rest of the request was on its way.
    let session = session.filter(|_| !state.sessions.is_shut_out());
    let replaces = session.as_ref().map(|CurrentSession(entry)| entry);
    let created = match begin(&state, &credentials, &client, replaces).await {
        Ok(created) => created,
        Err(fault) if format == Format::Html && !fault.is_failure() => {
            let name = &*credentials.username;
            let form = pages::SignIn {
                name: if name.len() > LONGEST_NAME { "" } else { name },
                next: credentials.next.as_deref(),
                remember: credentials.remember,
                fault: Some(&fault.text),
                notice: None,
            };
            return Ok(fault.on_page(pages::sign_in(&state, &form)?));
        }
        Err(fault) => return Err(fault),
    };
    let answer = match format {
        Format::Html => Redirect::to(safe_next(credentials.next.as_deref())).into_response(),
        Format::Json => {
            let (user, handle) = (created.entry.user(), created.entry.handle());
            Json(json!({"message": DONE, "user": user, "handle": handle})).into_response()
        }
        Format::Text => DONE_TEXT.into_response(),
    };
    Ok((axum::Extension(SetSession(Arc::new(created))), answer).into_response())
}

const DONE: &str = "Session data saved!";
const DONE_TEXT: &str = "Session data saved!\n";

/// Begins the session, or says why not; either way the audit log knows.
async fn begin(
    state: &PublicState,
    credentials: &Credentials,
    client: &Client,
    replaces: Option<&Arc<Entry>>,
) -> Result<Created, AppError> {
    let name = &credentials.username;
    let refused = |action, why: &str| {
        let mut record = state.record(action, AuditResult::Refused, client.ip);
        record.why = Some(why.to_owned());
        record
    };
    if let Err(fault) = check_name(name) {
        let record = refused(actions::LOGIN, "no_user_name");
        state.config.audit.note(record);
        return Err(fault);
    }
    let created = match state.config.auth {
        Auth::Open => state.sessions.create(name, client, replaces).await?,
        Auth::Users => {
            let password = credentials.password.as_ref();
            let verified =
                password_check::verify(state, Purpose::Login, name, password, client.ip).await?;
            let remember = credentials.remember;
            let signed_in = state
                .sessions
                .sign_in(&verified, client, replaces, remember)
                .await;
            signed_in.map_err(|error| match error {
                StoreError::AccountChanged => {
                    let mut record = refused(actions::LOGIN, "account_changed");
                    record.user = Some(verified.user().to_owned());
                    state.config.audit.note(record);
                    password_check::wrong(Purpose::Login)
                }
                StoreError::TooManySessions { most } => {
                    let mut record = refused(actions::LIMIT, "too_many_sessions");
                    record.user = Some(verified.user().to_owned());
                    state.config.audit.note(record);
                    too_many(most)
                }
                error => error.into(),
            })?
        }
    };
    for handle in &created.pushed_out {
        let mut record = state.record(actions::LIMIT, AuditResult::Done, client.ip);
        record.user = created.entry.user().map(str::to_owned);
        record.actor.clone_from(&record.user);
        record.handle = Some(*handle);
        record.count = Some(1);
        state.config.audit.note(record);
    }
    let mut record = state.record(actions::LOGIN, AuditResult::Done, client.ip);
    record.user = created.entry.user().map(str::to_owned);
    record.actor.clone_from(&record.user);
    record.handle = Some(created.entry.handle());
    state.config.audit.note(record);
    Ok(created)
}

fn check_name(name: &str) -> Result<(), AppError> {
    if name.trim().is_empty() {
        return Err(AppError::bad_request("A user name is needed"));
    }
    if name.len() > LONGEST_NAME {
        return Err(AppError::bad_request(format!(
            "The user name is too long: at most {LONGEST_NAME} bytes"
        )));
    }
    Ok(())
}

fn too_many(most: u32) -> AppError {
    let times = match most {
        1 => "once".to_owned(),
        most => format!("{most} times"),
    };
    let text = format!(
        "You are signed in {times} already, and an account can have no more sessions here: log out where you no \
         longer need it, then try again"
    );
    AppError::new(StatusCode::FORBIDDEN, codes::TOO_MANY_SESSIONS, text)
}
