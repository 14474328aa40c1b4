//! Reading the body of a request, no more of it and no longer than is reasonable.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use sessctl_api::codes;

use crate::error::AppError;

/// How long a client may take to send a body.
const WITHIN: Duration = Duration::from_secs(15);

/// Reads a whole body of at most so many bytes.
pub(super) async fn read(body: Body, at_most: usize) -> Result<Bytes, AppError> {
    let too_large = |_| {
        let text = format!("The request is too large: at most {} KiB", at_most / 1024);
        AppError::new(StatusCode::PAYLOAD_TOO_LARGE, codes::TOO_LARGE, text)
    };
    let too_slow = |_| {
        let text = "The request did not come in time";
        AppError::new(StatusCode::REQUEST_TIMEOUT, codes::TOO_SLOW, text)
    };
    tokio::time::timeout(WITHIN, axum::body::to_bytes(body, at_most))
        .await
        .map_err(too_slow)?
        .map_err(too_large)
}

/// A type of body that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Form,
    Json,
}

impl Kind {
    /// What a request says that its body is; `None`: nothing, or another type.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let name = value.split(';').next().unwrap_or_default().trim();
        [
            ("application/x-www-form-urlencoded", Self::Form),
            ("application/json", Self::Json),
        ]
        .into_iter()
        .find_map(|(own, kind)| own.eq_ignore_ascii_case(name).then_some(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let read = read(Body::from_stream(endless), 1024).await;
        let refused = read.err().map(|refusal| refusal.status);
        assert_eq!(refused, Some(StatusCode::REQUEST_TIMEOUT));
    }
}
