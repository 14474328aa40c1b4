//! A file as it is found: being loaded, older, copied.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use common::{StatsNow as _, client, clock, settings};
use rusqlite::Connection;
use sessctl_api::{
    Accounts as _, EndReason, Filter, ListQuery, Registry as _, Revocation, RevokeResult,
};
use sessctl_store::{Found, Sessions, StoreError, backup_sqlite};

/// The table as version 1 had it: what is in the field stays in the field.
const VERSION_1: &str = "
    PRAGMA application_id = 0x73657373;
    PRAGMA user_version = 1;
    CREATE TABLE session (
        id INTEGER PRIMARY KEY, digest BLOB NOT NULL, handle TEXT NOT NULL, user TEXT, ua TEXT, login_ip TEXT, ip TEXT,
        created INTEGER NOT NULL, expires INTEGER NOT NULL, idle INTEGER NOT NULL, seen INTEGER NOT NULL,
        requests INTEGER NOT NULL, data TEXT NOT NULL, ended INTEGER, reason TEXT, actor TEXT
    ) STRICT;";

/// Copies a store's rows many times, under other digests and handles; the first row keeps its own.
fn multiply(file: &Path, rows: u32) {
    let connection = Connection::open(file).unwrap();
    let copy = "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO session (id, digest, handle, user, ua, login_ip, ip, created, expires, idle, seen, requests, data)
        SELECT 1000 + i, randomblob(32), substr(printf('%012d', i), 1, 12), user, ua, login_ip, ip, created, expires,
               idle, seen, requests, data
        FROM session, n WHERE session.id = 1";
    connection.execute(copy, [rows]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_while_the_store_is_loaded_waits_and_gets_the_truth() {
    const MANY: u32 = 60_000;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    first.close().await.unwrap();
    multiply(&file, MANY);

    // Newest first: the oldest is the last that is loaded.
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let lookup = second.lookup(&alice.id).now();
    assert!(lookup.is_err(), "loaded already: the test needs more rows");
    let new = second.create("bob", &client(), None).await.unwrap();
    let opens = second.lookup(&new.id).now();
    assert!(matches!(opens, Ok(Ok(Found::Live(_)))), "{opens:?}");
    let found = second.lookup(&alice.id).await.unwrap();
    assert!(matches!(found, Found::Live(_)), "{found:?}");

    let third = Sessions::read_sqlite(&file, settings(&clock)).unwrap();
    assert_eq!(third.stats_now().await.active, u64::from(MANY) + 2);
    second.close().await.unwrap();

    let fourth = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let order = Revocation::of_handles(vec![alice.entry.handle()]);
    let report = fourth.revoke(order, "tester").await.unwrap();
    assert_eq!(report.outcomes[0].result, RevokeResult::Revoked);
    let listed = ListQuery::first(Filter::default(), 1);
    let total = fourth.list(listed).await.unwrap().total;
    assert_eq!(total, u64::from(MANY) + 1);
}

/// What version 2 added.
const VERSION_2: &str = "ALTER TABLE session ADD COLUMN ips TEXT; PRAGMA user_version = 2;";

#[tokio::test]
async fn an_older_file_is_brought_up_to_date_and_keeps_everything() {
    for later in ["", VERSION_2] {
        brings_up_to_date(&format!("{VERSION_1}{later}")).await;
    }
}

async fn brings_up_to_date(schema: &str) {
    let dir = tempfile::tempdir().unwrap();
    let (new, old) = (dir.path().join("new.db"), dir.path().join("old.db"));
    let clock = clock();
    let store = Sessions::open_sqlite(&new, settings(&clock)).unwrap();
    let alice = store.create("alice", &client(), None).await.unwrap();
    let bob = store.create("bob", &client(), None).await.unwrap();
    let data = serde_json::json!({"a": 1}).as_object().unwrap().clone();
    store.save(&alice.entry, data.clone()).await.unwrap();
    store
        .end(&bob.entry, EndReason::Logout, None)
        .await
        .unwrap();
    store.close().await.unwrap();
    let connection = Connection::open(&old).unwrap();
    connection.execute_batch(schema).unwrap();
    let columns = "id, digest, handle, user, ua, login_ip, ip, created, expires, idle, seen, requests, data, ended, reason, actor";
    connection
        .execute("ATTACH ?1 AS new", [new.to_str().unwrap()])
        .unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO session ({columns}) SELECT {columns} FROM new.session"
        ))
        .unwrap();
    drop(connection);

    let refused = Sessions::read_sqlite(&old, settings(&clock)).unwrap_err();
    assert!(matches!(refused, StoreError::TooOld { .. }), "{refused}");
    let store = Sessions::open_sqlite(&old, settings(&clock)).unwrap();
    let Found::Live(entry) = store.lookup(&alice.id).await.unwrap() else {
        panic!("alice was lost")
    };
    assert_eq!(entry.describe(), alice.entry.describe());
    assert_eq!(store.data(&entry).await.unwrap(), data);
    let found = store.lookup(&bob.id).await.unwrap();
    assert!(matches!(found, Found::Ended { .. }), "{found:?}");
    assert!(!store.has_users());
    store.add_user(common::new_user("carol")).await.unwrap();
    store.close().await.unwrap();
    assert!(Sessions::read_sqlite(&old, settings(&clock)).is_ok());
}

#[tokio::test]
async fn where_a_session_was_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    clock.advance(time::Duration::seconds(1));
    for ip in ["10.0.0.7", "2001:db8::7"] {
        first.touch(&alice.entry, Some(ip.parse().unwrap()));
    }
    let before = alice.entry.describe();
    assert_eq!(before.ips.len(), 3);
    first.close().await.unwrap();
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let after = second.get(alice.entry.handle()).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_request_in_the_millisecond_of_the_login_is_not_forgotten_by_an_orderly_end() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    first.touch(&alice.entry, client().ip);
    first.close().await.unwrap();
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let after = second.get(alice.entry.handle()).await.unwrap();
    assert_eq!(after.requests, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_store_in_use_is_whole_private_and_opens_nothing() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let from = store.file.clone().unwrap();
    let to = from.with_file_name("copy.db");
    let logins = async {
        for n in 0..50 {
            store.login(&format!("user{n}")).await;
        }
    };
    let (source, target) = (from.clone(), to.clone());
    let copy = tokio::task::spawn_blocking(move || backup_sqlite(&source, &target));
    let (copied, ()) = tokio::join!(copy, logins);
    let bytes = copied.unwrap().unwrap();
    assert_eq!(fs::metadata(&to).unwrap().len(), bytes);
    assert_eq!(
        fs::metadata(&to).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let content = fs::read(&to).unwrap();
    let cookie = alice.id.cookie_value();
    assert!(!content.windows(22).any(|part| part == cookie.as_bytes()));
    let again = backup_sqlite(&from, &to).unwrap_err();
    assert!(matches!(again, StoreError::Open { .. }), "{again}");
    let left: Vec<_> = fs::read_dir(to.parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let copy = Sessions::open_sqlite(&to, settings(&store.clock)).unwrap();
    let found = copy.lookup(&alice.id).await.unwrap();
    assert!(matches!(found, Found::Live(_)), "{found:?}");
    copy.close().await.unwrap();
}
