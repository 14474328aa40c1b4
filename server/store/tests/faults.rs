//! A disk that refuses: nobody is let in, nothing acknowledged is lost, and what was refused is written later.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::time::Duration;

use common::{StatsNow as _, client};
use sessctl_api::{EndReason, Registry as _, Revocation, RevokeResult};
use sessctl_store::StoreError;
use tower_sessions_core::SessionStore as _;

#[tokio::test]
async fn when_the_disk_refuses_nobody_is_let_in_and_a_revoke_says_so() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let bob = store.login("bob").await;
    let thief = jam(&store);
    let login = store
        .sessions
        .create("carol", &client(), Some(&bob.entry))
        .await;
    assert!(matches!(login, Err(StoreError::Write(_))), "{login:?}");
    assert!(
        store.opens(&bob.id).await,
        "a login that failed ended the session it would have replaced"
    );
    let order = Revocation::of_handles(vec![alice.entry.handle()]);
    let report = store
        .sessions
        .revoke(order.clone(), "tester")
        .await
        .unwrap();
    assert_eq!(report.outcomes[0].result, RevokeResult::Failed);
    assert!(
        !store.opens(&alice.id).await,
        "a session lives although its end was ordered"
    );
    thief.execute_batch("COMMIT").unwrap();
    let again = store.sessions.revoke(order, "tester").await.unwrap();
    assert_eq!(again.outcomes[0].result, RevokeResult::AlreadyEnded);
    let reason = "(SELECT reason FROM session WHERE user = 'alice')";
    assert_eq!(stored::<String>(&store, reason), "revoked");
    assert!(
        store
            .sessions
            .create("carol", &client(), None)
            .await
            .is_ok(),
        "it does not recover"
    );
}

#[tokio::test]
async fn what_a_jammed_disk_refused_is_written_at_the_close() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let thief = jam(&store);
    store.forward(Duration::from_secs(90));
    store.sessions.touch(&alice.entry, client().ip);
    assert!(store.sessions.sweep().await.is_err());
    drop(thief);
    store.sessions.close().await.unwrap();
    assert_eq!(stored::<i64>(&store, "seen - created"), 90_000);
}

#[tokio::test]
async fn an_end_that_a_jammed_disk_refused_is_written_at_the_close() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let thief = jam(&store);
    assert!(
        store
            .sessions
            .end(&alice.entry, EndReason::Logout, None)
            .await
            .is_err()
    );
    drop(thief);
    store.sessions.close().await.unwrap();
    assert_eq!(stored::<String>(&store, "reason"), "logout");
}

#[tokio::test]
async fn a_handler_that_signs_out_again_is_told_the_truth_about_the_disk() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let id = alice.id.cookie_value().parse().unwrap();
    let thief = jam(&store);
    for attempt in 1..=2 {
        assert!(
            store.sessions.delete(&id).await.is_err(),
            "attempt {attempt}"
        );
    }
    drop(thief);
    store.sessions.delete(&id).await.unwrap();
    assert_eq!(stored::<String>(&store, "reason"), "logout");
}

#[tokio::test]
async fn data_that_the_disk_refused_is_seen_by_nobody() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let cart = |n: i64| serde_json::json!({"cart": n}).as_object().unwrap().clone();
    assert!(store.sessions.save(&alice.entry, cart(1)).await.unwrap());
    let thief = jam(&store);
    assert!(store.sessions.save(&alice.entry, cart(2)).await.is_err());
    drop(thief);
    assert_eq!(store.sessions.data(&alice.entry).await.unwrap(), cart(1));
}

#[tokio::test]
async fn more_than_can_wait_is_refused_at_once_and_nothing_of_it_stays() {
    const MANY: usize = 9_000;
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let thief = jam(&store);
    let visitor = client();
    let logins = (0..MANY).map(|_| store.sessions.create("bob", &visitor, None));
    let results = futures_util::future::join_all(logins).await;
    let busy = |result: &Result<_, StoreError>| matches!(result, Err(StoreError::Busy));
    assert!(results.iter().any(busy), "all of them waited");
    assert!(results.iter().all(Result::is_err));
    drop(thief);
    assert!(store.opens(&alice.id).await);
    store.login("carol").await;
    assert_eq!(store.sessions.stats_now().await.active, 2);
    assert_eq!(store.rows().await, 2);
}

/// Another connection's lock makes every commit fail, as a full disk would.
fn jam(store: &common::Store) -> rusqlite::Connection {
    let thief = rusqlite::Connection::open(store.file.as_ref().unwrap()).unwrap();
    thief.execute_batch("BEGIN IMMEDIATE").unwrap();
    thief
}

fn stored<T: rusqlite::types::FromSql>(store: &common::Store, expression: &str) -> T {
    let connection = rusqlite::Connection::open(store.file.as_ref().unwrap()).unwrap();
    connection
        .query_row(&format!("SELECT {expression} FROM session"), [], |row| {
            row.get(0)
        })
        .unwrap()
}
