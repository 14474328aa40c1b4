//! What the rules have in common.

use crate::common::{Store, client};
use sessctl_api::{EndReason, Filter, ListQuery, Registry as _, Revocation, RevokeResult};
use sessctl_store::{Created, Found, InFlight, SessionId, StoreError, Verified};
use std::sync::Arc;
use tower_sessions_core::Session;

pub(crate) async fn revoke(store: &Store, created: &Created) {
    let report = store
        .sessions
        .revoke(
            Revocation::of_handles(vec![created.entry.handle()]),
            "tester",
        )
        .await
        .unwrap();
    assert_eq!(report.outcomes[0].result, RevokeResult::Revoked);
}

pub(crate) async fn listed(store: &Store) -> Vec<sessctl_api::Session> {
    store
        .sessions
        .list(ListQuery::first(Filter::default(), 100))
        .await
        .unwrap()
        .sessions
}

/// A handler's session over a store, as tower-sessions' layer makes it for a request.
pub(crate) fn session_of(store: &Store, id: &SessionId) -> Session {
    let id = id.cookie_value().parse().unwrap();
    Session::new(Some(id), Arc::new(store.sessions.clone()), None)
}

/// The request that came with a session, as the gate announces it.
pub(crate) fn request_with(created: &Created) -> InFlight {
    InFlight::new(Some(Arc::clone(&created.entry)), client()).coming_with(created.id)
}

/// How a session ended: why and by whom.
pub(crate) async fn end_of(store: &Store, created: &Created) -> (EndReason, Option<String>) {
    match store.sessions.lookup(&created.id).await.unwrap() {
        Found::Ended { ended, .. } => (ended.reason, ended.actor),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn living(store: &Store, user: &str) -> usize {
    store.sessions.sessions_of(user).await.unwrap().len()
}

pub(crate) async fn begin(store: &Store, verified: &Verified) -> Result<Created, StoreError> {
    store
        .sessions
        .sign_in(verified, &client(), None, false)
        .await
}
