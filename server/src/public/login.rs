//! Signing in.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{codes, text::clean};

use super::{body, cross_site::OwnSite, pages, state::PublicState};
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

pub(crate) async fn login(
    State(state): State<PublicState>,
    _own: OwnSite,
    format: Format,
    session: Option<CurrentSession>,
    request: Request<Body>,
) -> Result<Response, AppError> {
    let client = client::of(&request);
    let credentials = read(request).await?;
    if let Err(fault) = check_name(&credentials.username) {
        tracing::info!(
            ip = client.ip.map(|ip| ip.to_string()),
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
        ip = client.ip.map(|ip| ip.to_string()),
        replaced = replaces.map(|old| old.handle().to_string()),
        "login"
    );
    let answer = match format {
        Format::Html => Redirect::to(pages::safe_next(credentials.next.as_deref())).into_response(),
        Format::Json => {
            Json(json!({"message": DONE, "user": credentials.username, "handle": created.entry.handle()})).into_response()
        }
        Format::Text => format!("{DONE}\n").into_response(),
    };
    Ok((axum::Extension(SetSession(Arc::new(created))), answer).into_response())
}

const DONE: &str = "Session data saved!";

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

async fn read(request: Request<Body>) -> Result<Credentials, AppError> {
    let kind = body::content_type(request.headers());
    let bytes = body::read(request.into_body(), LARGEST_BODY).await?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| AppError::bad_request("The request is not UTF-8"))?;
    match kind.as_deref() {
        Some("application/x-www-form-urlencoded") => form_fields(text),
        Some("application/json") => json_fields(text),
        _ => Err(AppError::new(
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
