//! A session that gets another id while requests with the old one are under way.

use crate::{
    common::{Store, client},
    kit::{listed, request_with, revoke, session_of},
};
use serde_json::json;
use sessctl_api::{EndReason, Registry as _};
use sessctl_store::{Created, Found, SessionId, USER_KEY, in_flight};
use std::time::Duration;

/// Longer than it is remembered that an id was taken away.
const LONG: Duration = Duration::from_secs(120);

async fn rotate(store: &Store, created: &Created) -> SessionId {
    let rotated = store.sessions.rotate(&created.entry).await.unwrap();
    rotated.expect("it lives").id
}

async fn held(store: &Store, created: &Created) -> serde_json::Value {
    store.sessions.data(&created.entry).await.unwrap().into()
}

pub(crate) async fn a_rotated_id_is_told_from_an_unknown_one_for_two_minutes(store: &Store) {
    let created = store.login("alice").await;
    let second = rotate(store, &created).await;
    let third = rotate(store, &created).await;
    for gone in [&created.id, &second] {
        let found = store.sessions.lookup(gone).await.unwrap();
        assert!(matches!(found, Found::Rotated), "{found:?}");
    }
    assert!(store.opens(&third).await);
    store.forward(LONG - Duration::from_millis(1));
    store.sessions.sweep().await.unwrap();
    let found = store.sessions.lookup(&created.id).await.unwrap();
    assert!(matches!(found, Found::Rotated), "{found:?}");
    store.forward(Duration::from_millis(1));
    let found = store.sessions.lookup(&created.id).await.unwrap();
    assert!(matches!(found, Found::Unknown), "{found:?}");
    assert!(store.opens(&third).await);
}

pub(crate) async fn whoever_holds_a_rotated_id_is_not_told_how_the_session_ended(store: &Store) {
    let created = store.login("alice").await;
    let new = rotate(store, &created).await;
    revoke(store, &created).await;
    let found = store.sessions.lookup(&created.id).await.unwrap();
    assert!(matches!(found, Found::Rotated), "{found:?}");
    let found = store.sessions.lookup(&new).await.unwrap();
    assert!(matches!(found, Found::Ended { .. }), "{found:?}");
}

pub(crate) async fn a_write_that_was_under_way_at_a_rotation_is_not_lost(store: &Store) {
    for (loads_before, takes) in [
        (true, Duration::ZERO),
        (false, Duration::ZERO),
        (true, LONG),
    ] {
        let created = store.login("alice").await;
        in_flight(request_with(&created), async {
            let session = session_of(store, &created.id);
            if loads_before {
                assert_eq!(session.get::<i64>("cart").await.unwrap(), None);
            }
            rotate(store, &created).await;
            store.forward(takes);
            session.insert("cart", 1).await.unwrap();
            session.save().await.unwrap();
        })
        .await;
        assert_eq!(held(store, &created).await, json!({"cart": 1}));
        revoke(store, &created).await;
    }
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 3, "a write made a session");
}

pub(crate) async fn a_logout_that_was_under_way_at_a_rotation_ends_the_session(store: &Store) {
    let created = store.login("alice").await;
    let new = in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert("cart", 1).await.unwrap();
        let new = rotate(store, &created).await;
        session.flush().await.unwrap();
        new
    })
    .await;
    assert!(!store.opens(&new).await, "a success, and signed in still");
    assert_eq!(created.entry.ended().unwrap().reason, EndReason::Logout);
}

pub(crate) async fn an_old_id_writes_to_no_session_but_that_of_its_own_request(store: &Store) {
    let (alice, bob) = (store.login("alice").await, store.login("bob").await);
    rotate(store, &alice).await;
    let write = async {
        let session = session_of(store, &alice.id);
        session.insert("cart", 1).await.unwrap();
        session.insert(USER_KEY, "mallory").await.unwrap();
        session.save().await.unwrap();
        let _ = session.flush().await;
    };
    // Of another session's request, and of one that nobody announced: they begin a session of their own at most.
    in_flight(request_with(&bob), write).await;
    for (created, user) in [(&alice, "alice"), (&bob, "bob")] {
        assert_eq!(held(store, created).await, json!({}), "{user}");
        assert_eq!(created.entry.user(), Some(user));
        assert!(!created.entry.is_over(), "{user}");
    }
}

pub(crate) async fn a_write_after_a_rotation_and_a_revoke_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        assert_eq!(session.get::<i64>("cart").await.unwrap(), None);
        rotate(store, &created).await;
        revoke(store, &created).await;
        session.insert("cart", 1).await.unwrap();
        session.insert(USER_KEY, "alice").await.unwrap();
        session.save().await.unwrap();
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
    assert_eq!(held(store, &created).await, json!({}));
}

pub(crate) async fn of_parallel_rotations_one_id_opens_the_session(store: &Store) {
    let created = store.login("alice").await;
    let rotations = (0..20).map(|_| store.sessions.rotate(&created.entry));
    let ids: Vec<_> = futures_util::future::join_all(rotations)
        .await
        .into_iter()
        .map(|rotated| rotated.unwrap().unwrap().id)
        .collect();
    let mut open = 0;
    for id in &ids {
        open += usize::from(store.opens(id).await);
    }
    assert_eq!(open, 1);
    assert!(!store.opens(&created.id).await);
    assert_eq!(listed(store).await.len(), 1);
}

pub(crate) async fn a_rotation_does_not_move_the_limits(store: &Store) {
    let created = store
        .sessions
        .create("alice", &client(), None)
        .await
        .unwrap();
    store.forward(Duration::from_secs(60));
    let before = created.entry.describe();
    rotate(store, &created).await;
    let after = store.sessions.get(created.entry.handle()).await.unwrap();
    assert_eq!(
        (after.seen, after.idle_expires, after.expires),
        (before.seen, before.idle_expires, before.expires)
    );
}
