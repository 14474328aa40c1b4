//! Files that somebody changed behind the store's back: what cannot be done is said, for the session that it befalls.

mod common;

use common::{change, client, clock, settings};
use sessctl_api::{EndReason, ListQuery, Registry, RegistryError};
use sessctl_store::{Sessions, StoreError};

#[tokio::test]
async fn what_is_asked_of_a_row_that_is_gone_is_not_called_done() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let bob = store.login("bob").await;
    let gone = "DELETE FROM session WHERE user = 'alice'";
    change(store.file.as_ref().unwrap(), gone);
    let data = serde_json::json!({"a": 1}).as_object().unwrap().clone();
    let saved = store.sessions.save(&alice.entry, data.clone()).await;
    assert!(matches!(saved, Err(StoreError::Damaged)), "{saved:?}");
    let rotated = store.sessions.rotate(&alice.entry).await;
    assert!(matches!(rotated, Err(StoreError::Damaged)), "{rotated:?}");
    let ended = store
        .sessions
        .end(&alice.entry, EndReason::Logout, None)
        .await;
    assert!(matches!(ended, Err(StoreError::Damaged)), "{ended:?}");
    assert!(!store.opens(&alice.id).await, "shut, whatever the disk has");
    store.sessions.save(&bob.entry, data).await.unwrap();
    let ended = store.sessions.end(&bob.entry, EndReason::Logout, None);
    assert!(ended.await.unwrap(), "another session bears the damage");
}

/// Between the commit that ends a session and the moment from which memory knows, only the file says so.
#[tokio::test]
async fn a_session_that_ended_in_the_file_alone_does_not_look_empty() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let data = serde_json::json!({"a": 1}).as_object().unwrap().clone();
    store.sessions.save(&alice.entry, data).await.unwrap();
    let ended = "UPDATE session SET ended = 1, reason = 'replaced', data = '{}'";
    change(store.file.as_ref().unwrap(), ended);
    let read = store.sessions.data(&alice.entry).await;
    assert!(matches!(read, Err(StoreError::Damaged)), "{read:?}");
    // As soon as memory knows, it is an ended session like any other.
    let (read, _) = tokio::join!(
        store.sessions.data(&alice.entry),
        store.sessions.end(&alice.entry, EndReason::Replaced, None)
    );
    assert!(read.unwrap().is_empty() && alice.entry.is_over());
}

#[tokio::test]
async fn who_comes_with_a_session_whose_row_is_gone_signs_in_and_holds_nobody_up() {
    let store = common::sqlite(|_| {});
    let lost = store.login("alice").await;
    let old = store.login("old").await;
    let gone = "DELETE FROM session WHERE user = 'alice'";
    change(store.file.as_ref().unwrap(), gone);
    let client = client();
    let again = store.sessions.create("alice", &client, Some(&lost.entry));
    let other = store.sessions.create("bob", &client, None);
    let (again, other) = tokio::join!(again, other);
    assert!(store.opens(&again.unwrap().id).await);
    assert!(store.opens(&other.unwrap().id).await);
    assert!(!store.opens(&lost.id).await, "it was replaced");
    // One that the clock ends after its row went: the sweep goes on, and says so once.
    let gone = "DELETE FROM session WHERE user = 'old'";
    change(store.file.as_ref().unwrap(), gone);
    store.clock.advance(common::IDLE.try_into().unwrap());
    assert!(store.sessions.sweep().await.is_ok());
    assert!(store.sessions.sweep().await.is_ok());
    assert!(!store.opens(&old.id).await);
}

#[tokio::test]
async fn one_session_that_cannot_be_read_keeps_nobody_from_asking_for_the_others() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let bob = store.login("bob").await;
    let data = serde_json::json!({"theme": "dark"})
        .as_object()
        .unwrap()
        .clone();
    store
        .sessions
        .save(&alice.entry, data.clone())
        .await
        .unwrap();
    store.sessions.save(&bob.entry, data).await.unwrap();
    let broken = "UPDATE session SET data = '{\"theme\": da' WHERE user = 'alice'";
    change(store.file.as_ref().unwrap(), broken);
    let query = ListQuery::first("data.theme=dark".parse().unwrap(), 10);
    let found = store.sessions.list(query).await.unwrap();
    assert_eq!(found.sessions.len(), 1);
    assert_eq!(found.sessions[0].user.as_deref(), Some("bob"));
    let registry: &dyn Registry = &store.sessions;
    let held = registry.data(alice.entry.handle()).await;
    assert!(
        matches!(&held, Err(RegistryError::Unreachable { what, .. }) if what.contains("cannot be read")),
        "{held:?}"
    );
    assert!(registry.data(bob.entry.handle()).await.is_ok());
}

#[tokio::test]
async fn what_the_file_will_not_take_fails_alone() {
    let store = common::sqlite(|_| {});
    let rule = "CREATE UNIQUE INDEX foreign_rule ON session (user)";
    change(store.file.as_ref().unwrap(), rule);
    let client = client();
    let [first, second, other] =
        ["alice", "alice", "bob"].map(|user| store.sessions.create(user, &client, None));
    // All at once, so that they may share a transaction.
    let (first, second, other) = tokio::join!(first, second, other);
    first.unwrap();
    assert!(matches!(second, Err(StoreError::Write(_))), "{second:?}");
    other.unwrap();
}

#[tokio::test]
async fn a_file_without_room_for_another_row_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let store = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    store.create("alice", &client(), None).await.unwrap();
    store.close().await.unwrap();
    change(
        &file,
        &format!("UPDATE session SET id = {} WHERE id = 1", i64::MAX),
    );
    let opened = Sessions::open_sqlite(&file, settings(&clock));
    assert!(matches!(opened, Err(StoreError::Open { .. })), "{opened:?}");
}
