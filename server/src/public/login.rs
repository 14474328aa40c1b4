//! Signing in.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, State},
    http::{Request, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{codes, text::clean};
use sessctl_store::Client;

use super::{
    body::{self, Kind},
    cross_site::OwnSite,
    pages,
    state::PublicState,
};
use crate::{
    error::AppError,
    gate::{CurrentSession, SetSession, client},
    negotiate::Format,
};

/// The largest body that a login may have, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// The longest user name, in bytes.
const LONGEST_NAME: usize = 256;

/// What a login sends, as a form or as JSON. The password is not looked at while sign-in is open.
#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    username: String,
    #[serde(default)]
    next: Option<String>,
}

/// Who wants to sign in, and from where.
pub(crate) struct Attempt {
    client: Client,
    credentials: Credentials,
}

impl FromRequest<PublicState> for Attempt {
    type Rejection = AppError;

    async fn from_request(request: Request<Body>, _: &PublicState) -> Result<Self, AppError> {
        let client = client::of(&request);
        let kind = Kind::of(request.headers());
        // Apart from the request, whose place a login in progress would else take with it: allocators are slow to hand
        // out more than a kilobyte.
        let credentials = Box::pin(read(kind, request.into_body())).await?;
        Ok(Self {
            client,
            credentials,
        })
    }
}

pub(crate) async fn login(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    session: Option<CurrentSession>,
    Attempt {
        client,
        credentials,
    }: Attempt,
) -> Result<Response, AppError> {
    if let Err(fault) = check_name(&credentials.username) {
        tracing::info!(
            ip = client.ip.map(display),
            why = fault.text,
            "login refused"
        );
        return if format == Format::Html {
            pages::home_with_fault(credentials.next, &fault)
        } else {
            Err(fault)
        };
    }
    let replaces = session.as_ref().map(|CurrentSession(entry)| entry);
    let created = state
        .sessions
        .create(&credentials.username, &client, replaces)
        .await?;
    tracing::info!(
        handle = %created.entry.handle(),
        user = clean(&credentials.username).as_ref(),
        ip = client.ip.map(display),
        replaced = replaces.map(|old| display(old.handle())),
        "login"
    );
    let answer = match format {
        Format::Html => Redirect::to(pages::safe_next(credentials.next.as_deref())).into_response(),
        Format::Json => {
            Json(json!({"message": DONE, "user": credentials.username, "handle": created.entry.handle()})).into_response()
        }
        Format::Text => DONE_TEXT.into_response(),
    };
    Ok((axum::Extension(SetSession(Arc::new(created))), answer).into_response())
}

const DONE: &str = "Session data saved!";
const DONE_TEXT: &str = "Session data saved!\n";

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

async fn read(kind: Option<Kind>, body: Body) -> Result<Credentials, AppError> {
    let bytes = body::read(body, LARGEST_BODY).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| AppError::bad_request("The request is not UTF-8"))?;
    match kind {
        Some(Kind::Form) => form_fields(text),
        Some(Kind::Json) => json_fields(text),
        None => Err(AppError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::UNSUPPORTED_MEDIA_TYPE,
            "Send the login as application/x-www-form-urlencoded or application/json",
        )),
    }
}

fn json_fields(text: &str) -> Result<Credentials, AppError> {
    let refusal = || {
        AppError::bad_request(
            "The request is not the JSON object {\"username\": ..., \"password\": ...}",
        )
    };
    // Serde would take an array for the fields in their order.
    if !text.trim_start().starts_with('{') {
        return Err(refusal());
    }
    serde_json::from_str(text).map_err(|_| refusal())
}

fn form_fields(text: &str) -> Result<Credentials, AppError> {
    // The form decoder would put replacement characters for what is not UTF-8; a name must not change on its way.
    if text
        .split(['&', '='])
        .any(|part| percent_decode_str(part).decode_utf8().is_err())
    {
        return Err(AppError::bad_request("The form is not UTF-8"));
    }
    serde_urlencoded::from_str(text).map_err(|_| {
        AppError::bad_request("The form cannot be read: send username and password, each once")
    })
}
