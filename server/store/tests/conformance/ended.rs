//! What ended stays ended, whatever a request in flight does.

use crate::{
    common::{Store, client},
    kit::{listed, request_with, revoke, session_of},
};
use serde_json::json;
use sessctl_api::EndReason;
use sessctl_store::{Found, SessionId, Settings, USER_KEY, in_flight};
use std::time::Duration;

pub(crate) async fn a_save_after_a_revoke_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let data = json!({"cart": 1}).as_object().unwrap().clone();
    assert!(!store.sessions.save(&created.entry, data).await.unwrap());
    assert!(!store.opens(&created.id).await);
    assert_eq!(listed(store).await, vec![]);
}

pub(crate) async fn a_touch_after_a_revoke_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let before = created.entry.describe();
    store.forward(Duration::from_secs(5));
    store.sessions.touch(&created.entry, client().ip);
    assert_eq!(created.entry.describe(), before);
    assert!(!store.opens(&created.id).await);
}

pub(crate) async fn a_rotation_after_a_revoke_gives_no_id(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    assert!(
        store
            .sessions
            .rotate(&created.entry)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!store.opens(&created.id).await);
}

pub(crate) async fn a_handler_that_writes_while_it_is_revoked_brings_nothing_back(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        assert_eq!(session.get::<i64>("cart").await.unwrap(), None);
        revoke(store, &created).await;
        session.insert("cart", 1).await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    assert!(!store.opens(&created.id).await);
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

pub(crate) async fn a_handler_that_loads_after_the_revoke_inserts_no_fresh_row(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        revoke(store, &created).await;
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

pub(crate) async fn a_handler_that_cycles_its_id_after_the_revoke_stays_out(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.save().await.unwrap();
        revoke(store, &created).await;
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
        let new = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
        assert!(
            !store.opens(&new).await,
            "cycle_id brought a revoked session back"
        );
    })
    .await;
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

pub(crate) async fn a_handler_may_leave_its_own_session_and_begin_another(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
        let new = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
        assert!(store.opens(&new).await);
    })
    .await;
    assert!(!store.opens(&created.id).await);
    assert_eq!(listed(store).await.len(), 1);
}

pub(crate) async fn the_holder_learns_how_it_ended_until_it_is_forgotten(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let Found::Ended { ended, .. } = store.sessions.lookup(&created.id).await.unwrap() else {
        panic!("not remembered")
    };
    assert_eq!(
        (ended.reason, ended.actor.as_deref()),
        (EndReason::Revoked, Some("tester"))
    );
    store.forward(Settings::default().keep_ended);
    store.sessions.sweep().await.unwrap();
    assert!(matches!(
        store.sessions.lookup(&created.id).await.unwrap(),
        Found::Unknown
    ));
}
