//! One refusal type for every handler.
//!
//! A refusal becomes a response without a body; the outer layer writes the body in the format that was asked for, so
//! that handlers do not care. What went wrong inside is logged here, and never sent.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};
use sessctl_api::{AccountError, ErrorBody, RegistryError, SignedOut, codes};
use sessctl_store::StoreError;

/// What a handler answers when it does not do what was asked.
#[derive(Debug, Clone)]
pub(crate) struct AppError {
    pub(crate) status: StatusCode,
    /// The JSON body: `code`, `message`, and what else helps a program.
    pub(crate) body: Value,
    /// The plain text for people.
    pub(crate) text: String,
    /// After how many seconds the same may do.
    pub(crate) retry_after: Option<u32>,
    /// Whether the audit log may have the text: it repeats nothing of what was sent.
    may_be_noted: bool,
}

impl AppError {
    pub(crate) fn new(status: StatusCode, code: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let body = json!(ErrorBody::new(code, text.clone()));
        Self {
            status,
            body,
            text,
            retry_after: None,
            may_be_noted: false,
        }
    }

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, codes::BAD_REQUEST, text)
    }

    /// What was sent breaks a rule, which the audit log tells too: the text repeats nothing of what was sent.
    pub(crate) fn against(rule: impl Into<String>) -> Self {
        Self {
            may_be_noted: true,
            ..Self::bad_request(rule)
        }
    }

    /// A 401, which the holder of an ended cookie gets with the reason.
    pub(crate) fn signed_out(body: &SignedOut, text: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            body: json!(body),
            text: text.to_owned(),
            retry_after: None,
            may_be_noted: false,
        }
    }

    /// Too much of the same is under way.
    pub(crate) fn busy(text: &str) -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, codes::BUSY, text)
        }
    }

    /// Whether it is no answer to what somebody sent, but the server's own trouble.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.is_server_error() && self.retry_after.is_none()
    }

    /// The refusal in JSON, whatever the Accept header says: for routes that only programs ask.
    pub(crate) fn into_json(self) -> Response {
        let mut response = (self.status, Json(&self.body)).into_response();
        self.add_headers(&mut response);
        response
    }

    /// The refusal as a page that says it in its own place, such as above a form.
    pub(crate) fn on_page(&self, page: Html<String>) -> Response {
        let mut response = (self.status, page).into_response();
        self.add_headers(&mut response);
        response
    }

    fn add_headers(&self, response: &mut Response) {
        if let Some(seconds) = self.retry_after {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
    }

    /// The fixed word of its body.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Why, for the audit log.
    pub(crate) fn why(&self) -> &str {
        match self.may_be_noted {
            true => &self.text,
            false => self.code(),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.body[key] = value;
        self
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        self.add_headers(&mut response);
        response.extensions_mut().insert(self);
        response
    }
}

/// A refusal in JSON whatever the Accept header says: for what only programs ask.
#[derive(Debug)]
pub(crate) struct Refusal(AppError);

impl From<AppError> for Refusal {
    fn from(refusal: AppError) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_json()
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, cause = ?std::error::Error::source(&error), "a request failed: the session store is out of order");
        unavailable()
    }
}

impl From<RegistryError> for AppError {
    fn from(error: RegistryError) -> Self {
        let text = error.to_string();
        match error {
            RegistryError::BadQuery(_) => Self::bad_request(text),
            RegistryError::BadFilter(fault) => {
                Self::new(StatusCode::BAD_REQUEST, codes::BAD_FILTER, fault.message)
                    .with("text", json!(fault.text))
                    .with("at", json!(fault.at))
            }
            RegistryError::NotFound { ended, .. } => {
                let code = if ended.is_some() {
                    codes::SESSION_ENDED
                } else {
                    codes::NOT_FOUND
                };
                Self::new(StatusCode::NOT_FOUND, code, text).with("ended", json!(ended))
            }
            RegistryError::CountMismatch { expected, found } => {
                Self::new(StatusCode::CONFLICT, codes::COUNT_MISMATCH, text)
                    .with("expected", json!(expected))
                    .with("found", json!(found))
            }
            RegistryError::Refused(_) => Self::new(StatusCode::FORBIDDEN, codes::FORBIDDEN, text),
            RegistryError::Unreachable { source, .. } => {
                tracing::error!(error = text, cause = ?source, "a request failed: the registry is out of order");
                unavailable()
            }
            RegistryError::Broken { source, .. } => {
                tracing::error!(error = text, cause = ?source, "a request failed");
                internal()
            }
        }
    }
}

impl From<AccountError> for AppError {
    fn from(error: AccountError) -> Self {
        let text = error.to_string();
        match error {
            AccountError::NoUser(_) | AccountError::NoToken(_) => {
                Self::new(StatusCode::NOT_FOUND, codes::NOT_FOUND, text)
            }
            AccountError::Exists { .. } => Self::new(StatusCode::CONFLICT, codes::EXISTS, text),
            AccountError::BadInput(_) => Self::against(text),
            AccountError::Registry(error) => error.into(),
        }
    }
}

/// The store is down: neither a success nor a silent sign-out.
pub(crate) fn unavailable() -> AppError {
    let text = "The session store is out of order for now; please try again";
    AppError::new(StatusCode::SERVICE_UNAVAILABLE, codes::UNAVAILABLE, text)
}

/// Our fault; the log says more.
pub(crate) fn internal() -> AppError {
    AppError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::INTERNAL,
        "Something went wrong on the server",
    )
}
