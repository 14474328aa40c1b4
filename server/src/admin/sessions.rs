//! Looking at sessions.

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use serde::Deserialize;
use sessctl_api::{
    BadSort, Filter, ListQuery, Lookup, LookupAnswer, Page, Session, Sort, Start, Stats, Top,
    TopQuery, audit::actions, codes,
};
use sessctl_store::Found;

use super::{
    caller::{Caller, Reader, Writer},
    deed::Deed,
    state::{AdminState, parse_filter, parse_handle},
};
use crate::error::AppError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    #[serde(default)]
    filter: String,
    sort: Option<String>,
    #[serde(default = "default_limit")]
    limit: usize,
    cursor: Option<String>,
    around: Option<String>,
    offset: Option<u64>,
    /// Those that have ended, instead of those that live.
    #[serde(default)]
    ended: bool,
}

fn default_limit() -> usize {
    ListQuery::DEFAULT_LIMIT
}

impl ListParams {
    /// Where the page lies.
    fn start(&mut self) -> Result<Start, AppError> {
        let ways = [
            self.cursor.take().map(Start::After),
            self.around.take().map(Start::Around),
            self.offset.map(Start::Offset),
        ];
        let mut ways = ways.into_iter().flatten();
        match (ways.next(), ways.next()) {
            (start, None) => Ok(start.unwrap_or_default()),
            (_, Some(_)) => Err(AppError::bad_request(
                "cursor, around and offset each say where a page lies: give one of them at most",
            )),
        }
    }
}

pub(super) async fn list(
    Reader(caller): Reader,
    State(state): State<AdminState>,
    params: Result<Query<ListParams>, QueryRejection>,
) -> Result<Json<Page>, AppError> {
    let Query(mut params) =
        params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let start = params.start()?;
    let filter = parse_filter(&params.filter)?;
    check_filter(&caller, &filter, &state)?;
    let sort = params
        .sort
        .map_or(Ok(Sort::usual(params.ended)), |sort| sort.parse())
        .map_err(|bad: BadSort| AppError::bad_request(bad.to_string()))?;
    let query = ListQuery {
        filter,
        ended: params.ended,
        sort,
        limit: params.limit,
        start,
    };
    Ok(Json(state.registry.list(query).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowParams {
    /// Also one that has ended.
    #[serde(default)]
    ended: bool,
}

pub(super) async fn show(
    _reader: Reader,
    State(state): State<AdminState>,
    handle: Result<Path<String>, PathRejection>,
    params: Result<Query<ShowParams>, QueryRejection>,
) -> Result<Json<Session>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let handle = parse_handle(handle)?;
    let session = match params.ended {
        true => state.registry.recall(handle).await?,
        false => state.registry.get(handle).await?,
    };
    Ok(Json(session))
}

/// A cookie's value in, a handle out. The value is not logged.
///
/// It wants the right to end sessions: whoever may only look could try values out with it.
pub(super) async fn lookup(
    Writer(caller): Writer,
    State(state): State<AdminState>,
    body: Result<Json<Lookup>, JsonRejection>,
) -> Result<Json<LookupAnswer>, AppError> {
    // The rejection's own words may quote the body.
    let Json(Lookup { cookie }) = body.map_err(|_| {
        AppError::bad_request("The request is not the JSON object {\"cookie\": ...}")
    })?;
    let deed = Deed::of(&caller, actions::LOOKUP, &state);
    if let Err(refusal) = caller.check_still(&state) {
        deed.not_done(&refusal);
        return Err(refusal);
    }
    deed.carry_out(find(state, cookie), |mut deed, answer| {
        deed.record.handle = Some(answer.handle);
        deed.note();
    })
    .await
    .map(Json)
}

async fn find(state: AdminState, cookie: String) -> Result<LookupAnswer, AppError> {
    let unknown = || {
        AppError::new(
            StatusCode::NOT_FOUND,
            codes::NOT_FOUND,
            "That cookie opens no session of this server",
        )
    };
    let value = cookie.trim().as_bytes();
    let read = state.cookie.read(value).ok_or_else(unknown)?;
    match state.sessions.lookup(&read.id).await? {
        Found::Live(entry) => Ok(LookupAnswer {
            handle: entry.handle(),
            ended: None,
        }),
        Found::Ended { entry, ended } => Ok(LookupAnswer {
            handle: entry.handle(),
            ended: Some(ended),
        }),
        Found::Rotated | Found::Unknown => Err(unknown()),
    }
}

pub(super) async fn stats(
    _reader: Reader,
    State(state): State<AdminState>,
) -> Result<Json<Stats>, AppError> {
    Ok(Json(state.registry.stats().await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopParams {
    field: String,
    #[serde(default)]
    filter: String,
    #[serde(default = "default_top")]
    limit: usize,
}

fn default_top() -> usize {
    TopQuery::DEFAULT_LIMIT
}

/// The values of a column that the most sessions have.
pub(super) async fn top(
    Reader(caller): Reader,
    State(state): State<AdminState>,
    params: Result<Query<TopParams>, QueryRejection>,
) -> Result<Json<Top>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let filter = parse_filter(&params.filter)?;
    check_filter(&caller, &filter, &state)?;
    let query = TopQuery {
        filter,
        field: TopQuery::parse_field(&params.field)?,
        limit: params.limit,
    };
    Ok(Json(state.registry.top(query).await?))
}

/// A filter that the caller may ask by; that it may not is written down.
fn check_filter(caller: &Caller, filter: &Filter, state: &AdminState) -> Result<(), AppError> {
    caller.check_filter(filter).inspect_err(|refusal| {
        Deed::of(caller, actions::ADMIN, state).not_done(refusal);
    })
}
