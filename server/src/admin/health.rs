//! Whether the server can do its work.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sessctl_api::codes;

use super::{caller::Reader, state::AdminState};
use crate::error::AppError;

/// 200 once everything that is stored is in memory; else 503 with why. It waits for nothing.
pub(super) async fn readyz(
    _reader: Reader,
    State(state): State<AdminState>,
) -> Result<Response, AppError> {
    match state.sessions.ready() {
        Ok(()) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            Ok((kind, "ready\n").into_response())
        }
        Err(error) => Err(AppError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            codes::UNAVAILABLE,
            format!("Not ready: {error}"),
        )),
    }
}
