//! The event stream, as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::sse::{self, KeepAlive, Sse},
};
use futures_core::Stream;
use futures_util::{StreamExt as _, future};
use serde::Deserialize;
use sessctl_api::Notice;

use super::{
    caller::{Caller, Reader},
    state::{AdminState, parse_filter},
};
use crate::{closing::closed, error::AppError};

/// How often a quiet stream says that it lives. Watchers take a silence of several of these for a broken link.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventParams {
    #[serde(default)]
    filter: String,
}

/// Events named `created`, `changed` and `ended`, with the revision as id, and `resync` whenever a watcher must list
/// again: at the start, and when it was too slow or stayed away too long. Who sends the id of the latest event that it
/// got as `Last-Event-ID` goes on after that one.
pub(super) async fn events(
    Reader(caller): Reader,
    State(state): State<AdminState>,
    headers: HeaderMap,
    params: Result<Query<EventParams>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, AppError> {
    let Query(params) = params.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    let notices = state
        .registry
        .watch(parse_filter(&params.filter)?, last_event(&headers))
        .await?;
    let mut closing = state.closing.clone();
    let (its_caller, its_state) = (caller.clone(), state.clone());
    let closed = async move {
        tokio::select! {
            () = closed(&mut closing) => {}
            () = shut_out(&its_caller, &its_state) => {}
        }
    };
    let events = notices
        .take_while(move |notice| future::ready(notice.is_ok() && caller.still_holds(&state)))
        .filter_map(|notice| future::ready(notice.ok().and_then(|notice| encode(&notice))))
        .take_until(Box::pin(closed))
        .map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Resolves once the caller would not be let in any more, soon after a token was removed or expired.
async fn shut_out(caller: &Caller, state: &AdminState) {
    let mut ticks = tokio::time::interval(KEEP_ALIVE);
    loop {
        ticks.tick().await;
        if !caller.still_holds(state) {
            return;
        }
    }
}

/// After which event a watcher that was here before goes on. What is no revision of ours is none.
fn last_event(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

fn encode(notice: &Notice) -> Option<sse::Event> {
    match notice {
        Notice::Resync => Some(sse::Event::default().event("resync").data("{}")),
        Notice::Event(event) => sse::Event::default()
            .event(event.kind.as_str())
            .id(event.rev.to_string())
            .json_data(event)
            .inspect_err(|error| tracing::error!(%error, "an event could not be written"))
            .ok(),
    }
}
