//! Signing in.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{codes, text::clean};

use super::{cross_site::OwnSite, pages, state::PublicState};
use crate::{
    error::AppError,
    gate::{CurrentSession, SetSession, client_of},
    negotiate::Format,
};

/// The largest body that a login may have, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a client may take to send it.
const BODY_WITHIN: Duration = Duration::from_secs(15);

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
    let client = client_of(&request);
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
    let kind = content_type(request.headers());
    let too_large = || {
        let text = format!(
            "The request is too large: at most {} KiB",
            LARGEST_BODY / 1024
        );
        AppError::new(StatusCode::PAYLOAD_TOO_LARGE, codes::TOO_LARGE, text)
    };
    let too_slow = || {
        let text = "The request did not come in time";
        AppError::new(StatusCode::REQUEST_TIMEOUT, codes::TOO_SLOW, text)
    };
    let reading = axum::body::to_bytes(request.into_body(), LARGEST_BODY);
    let body: Bytes = tokio::time::timeout(BODY_WITHIN, reading)
        .await
        .map_err(|_| too_slow())?
        .map_err(|_| too_large())?;
    let text = std::str::from_utf8(&body)
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

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_login_that_never_ends_is_given_up() {
        let endless = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(Body::from_stream(endless));
        let refused = read(request).await.err().map(|refusal| refusal.status);
        assert_eq!(refused, Some(StatusCode::REQUEST_TIMEOUT));
    }
}
