//! Reading the audit log.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::Deserialize;
use sessctl_api::{AuditPage, AuditQuery, RegistryError, text::clean};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{caller::Reader, state::AdminState};
use crate::error::{AppError, internal};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogParams {
    since: Option<String>,
    until: Option<String>,
    #[serde(default)]
    filter: String,
    limit: Option<usize>,
}

/// The newest records that match, oldest of them first.
pub(super) async fn log(
    _reader: Reader,
    State(state): State<AdminState>,
    params: Result<Query<LogParams>, QueryRejection>,
) -> Result<Json<AuditPage>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let query = AuditQuery {
        since: params.since.as_deref().map(moment).transpose()?,
        until: params.until.as_deref().map(moment).transpose()?,
        filter: params.filter.parse().map_err(RegistryError::BadFilter)?,
        limit: params.limit.unwrap_or(AuditQuery::DEFAULT_LIMIT),
    };
    let found = state.audit.find(query).await.map_err(|error| {
        tracing::error!(%error, "the audit log could not be read");
        internal()
    })?;
    Ok(Json(found))
}

fn moment(text: &str) -> Result<OffsetDateTime, AppError> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        AppError::bad_request(format!(
            "{:?} is no moment: write RFC 3339, such as 2027-01-15T08:00:00Z",
            clean(text)
        ))
    })
}
