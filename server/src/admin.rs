//! The admin listener: list, show, end, watch. It consumes a [`Registry`] and knows nothing else of where sessions
//! are kept; only a cookie's lookup asks the serving half.

mod events;
mod state;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use sessctl_api::{
    BadSort, Handle, ListQuery, Lookup, LookupAnswer, Page, Registry, Revocation, RevokeReport,
    RevokeResult, Session, Sort, Stats, codes, routes::admin as paths, text::clean,
};
use sessctl_store::{Found, Sessions};
use tokio::sync::watch;

use self::state::{Admin, AdminState, parse_filter};
use crate::{
    Cookie,
    error::{AppError, internal},
};

/// Every admin route.
pub(crate) fn router(
    registry: Arc<dyn Registry>,
    sessions: Sessions,
    cookie: Cookie,
    closing: watch::Receiver<bool>,
) -> Router {
    Router::new()
        .route(paths::SESSIONS, get(list))
        .route(paths::SESSION, get(show))
        .route(paths::LOOKUP, post(lookup))
        .route(paths::REVOCATIONS, post(revoke))
        .route(paths::EVENTS, get(events::events))
        .route(paths::STATS, get(stats))
        .with_state(AdminState {
            registry,
            sessions,
            cookie,
            closing,
        })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    #[serde(default)]
    filter: String,
    sort: Option<String>,
    #[serde(default = "default_limit")]
    limit: usize,
    cursor: Option<String>,
    /// Those that have ended, instead of those that live.
    #[serde(default)]
    ended: bool,
}

fn default_limit() -> usize {
    ListQuery::DEFAULT_LIMIT
}

async fn list(
    _admin: Admin,
    State(state): State<AdminState>,
    params: Result<Query<ListParams>, QueryRejection>,
) -> Result<Json<Page>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let filter = parse_filter(&params.filter)?;
    let sort = params
        .sort
        .map_or(Ok(Sort::usual(params.ended)), |sort| sort.parse())
        .map_err(|bad: BadSort| AppError::bad_request(bad.to_string()))?;
    let query = ListQuery {
        filter,
        ended: params.ended,
        sort,
        limit: params.limit,
        cursor: params.cursor,
    };
    Ok(Json(state.registry.list(query).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShowParams {
    /// Also one that has ended.
    #[serde(default)]
    ended: bool,
}

async fn show(
    _admin: Admin,
    State(state): State<AdminState>,
    handle: Result<Path<String>, PathRejection>,
    params: Result<Query<ShowParams>, QueryRejection>,
) -> Result<Json<Session>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let Path(handle) = handle.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let handle: Handle = handle
        .parse()
        .map_err(|bad: sessctl_api::BadHandle| AppError::bad_request(bad.to_string()))?;
    let session = match params.ended {
        true => state.registry.recall(handle).await?,
        false => state.registry.get(handle).await?,
    };
    Ok(Json(session))
}

/// A cookie's value in, a handle out. Neither is logged.
async fn lookup(
    _admin: Admin,
    State(state): State<AdminState>,
    body: Result<Json<Lookup>, JsonRejection>,
) -> Result<Json<LookupAnswer>, AppError> {
    // The rejection's own words may quote the body.
    let Json(Lookup { cookie }) = body.map_err(|_| {
        AppError::bad_request("The request is not the JSON object {\"cookie\": ...}")
    })?;
    let unknown = || {
        AppError::new(
            StatusCode::NOT_FOUND,
            codes::NOT_FOUND,
            "That cookie opens no session of this server",
        )
    };
    let value = cookie.trim().as_bytes();
    let read = state.cookie.read(value).ok_or_else(unknown)?;
    let (handle, ended) = match state.sessions.lookup(&read.id).await? {
        Found::Live(entry) => (entry.handle(), None),
        Found::Ended { entry, ended } => (entry.handle(), Some(ended)),
        Found::Rotated | Found::Unknown => return Err(unknown()),
    };
    Ok(Json(LookupAnswer { handle, ended }))
}

async fn revoke(
    admin: Admin,
    State(state): State<AdminState>,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Result<Json<RevokeReport>, AppError> {
    let Json(order) = body.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let actor = admin.name();
    // On its own, so that an order that was taken is carried out and logged whether or not the caller stays.
    let revoking = tokio::spawn(async move {
        let report = state.registry.revoke(order, &actor).await?;
        for outcome in &report.outcomes {
            if outcome.result == RevokeResult::Revoked {
                let user = outcome.user.as_deref().map(clean);
                tracing::info!(handle = %outcome.handle, user = user.as_deref(), actor, "revoke");
            }
        }
        Ok::<_, AppError>(report)
    });
    let report = revoking.await.map_err(|_| internal())??;
    Ok(Json(report))
}

async fn stats(_admin: Admin, State(state): State<AdminState>) -> Result<Json<Stats>, AppError> {
    Ok(Json(state.registry.stats().await?))
}
