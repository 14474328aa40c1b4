//! What only a file can do: survive, be foreign, be owned.

mod common;

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use common::{ABSOLUTE, IDLE, StatsNow as _, client, clock, rows_of, settings};
use sessctl_api::{EndReason, Filter, ListQuery, Registry as _, Revocation};
use sessctl_store::{Found, Owner, Sessions, StoreError, announced_owner};

#[tokio::test]
async fn live_sessions_survive_a_restart_and_ended_ones_stay_ended() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    let bob = first.create("bob", &client(), None).await.unwrap();
    let carol = first.create("carol", &client(), None).await.unwrap();
    let data = serde_json::json!({"cart": 1}).as_object().unwrap().clone();
    first.save(&alice.entry, data.clone()).await.unwrap();
    first
        .revoke(Revocation::of_handles(vec![bob.entry.handle()]), "tester")
        .await
        .unwrap();
    let carol_again = first.rotate(&carol.entry).await.unwrap().unwrap();
    clock.advance(time::Duration::seconds(7));
    first.touch(&alice.entry, client().ip);
    let before = alice.entry.describe();
    first.close().await.unwrap();

    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let Found::Live(entry) = second.lookup(&alice.id).await.unwrap() else {
        panic!("alice was lost")
    };
    assert_eq!(entry.describe(), before);
    assert_eq!(second.data(&entry).await.unwrap(), data);
    let Found::Ended { ended, .. } = second.lookup(&bob.id).await.unwrap() else {
        panic!("bob is back")
    };
    assert_eq!(
        (ended.reason, ended.actor.as_deref()),
        (EndReason::Revoked, Some("tester"))
    );
    assert!(
        matches!(second.lookup(&carol.id).await.unwrap(), Found::Unknown),
        "an id from before the rotation opens"
    );
    assert!(matches!(
        second.lookup(&carol_again.id).await.unwrap(),
        Found::Live(_)
    ));
    let dave = second.create("dave", &client(), None).await.unwrap();
    assert_eq!(second.stats_now().await.active, 3);
    assert!(matches!(
        second.lookup(&dave.id).await.unwrap(),
        Found::Live(_)
    ));
}

#[tokio::test]
async fn limits_go_on_while_the_server_is_down() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    first.close().await.unwrap();
    clock.advance(IDLE.min(ABSOLUTE).try_into().unwrap());
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    assert!(matches!(
        second.lookup(&alice.id).await.unwrap(),
        Found::Ended { .. }
    ));
}

#[tokio::test]
async fn a_crash_loses_only_a_little_of_last_seen() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    // Up to an eighth before a minute is over: not all at once.
    store.forward(Duration::from_secs(52));
    store.sessions.touch(&alice.entry, client().ip);
    store.sessions.sweep().await.unwrap();
    let stored = |file| -> i64 {
        rusqlite::Connection::open(file)
            .unwrap()
            .query_row("SELECT seen - created FROM session", [], |r| r.get(0))
            .unwrap()
    };
    let file = store.file.as_ref().unwrap();
    assert_eq!(stored(file), 0, "written although it hardly moved");
    store.forward(Duration::from_secs(8));
    store.sessions.touch(&alice.entry, client().ip);
    store.sessions.sweep().await.unwrap();
    assert_eq!(stored(file), 60_000);
}

#[tokio::test]
async fn no_file_of_the_store_holds_a_cookie_or_can_be_read_by_others() {
    let store = common::sqlite(|_| {});
    let mut values = Vec::new();
    for name in ["alice", "bob", "carol"] {
        let created = store.login(name).await;
        values.push(created.id.cookie_value());
        values.push(
            store
                .sessions
                .rotate(&created.entry)
                .await
                .unwrap()
                .unwrap()
                .id
                .cookie_value(),
        );
    }
    let mut read = 0;
    for found in fs::read_dir(store.file.as_ref().unwrap().parent().unwrap()).unwrap() {
        let path = found.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        read += bytes.len();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o077,
            0,
            "{path:?} is open to others"
        );
        for value in &values {
            assert!(
                !bytes.windows(22).any(|window| window == value.as_bytes()),
                "{path:?} holds a cookie"
            );
        }
    }
    assert!(read > 1000, "the store was not where it was looked for");
}

#[test]
fn foreign_newer_and_broken_files_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |name: &str, make: &dyn Fn(&std::path::Path)| {
        let file = dir.path().join(name);
        make(&file);
        let before = fs::read(&file).unwrap();
        let error = Sessions::open_sqlite(&file, settings(&clock())).unwrap_err();
        assert!(fs::read(&file).unwrap() == before, "{name} was changed");
        error
    };
    let text = refused("notes.txt", &|file| {
        fs::write(file, "dear diary, today I learned about sessions").unwrap()
    });
    assert!(matches!(text, StoreError::NotOurs { .. }), "{text}");
    let other = refused("other.db", &|file| {
        rusqlite::Connection::open(file)
            .unwrap()
            .execute_batch("CREATE TABLE mine (a); PRAGMA user_version = 1;")
            .unwrap();
    });
    assert!(matches!(other, StoreError::NotOurs { .. }), "{other}");
    let newer = refused("newer.db", &|file| {
        drop(Sessions::open_sqlite(file, settings(&clock())).unwrap());
        rusqlite::Connection::open(file)
            .unwrap()
            .execute_batch("PRAGMA user_version = 99;")
            .unwrap();
    });
    assert!(
        matches!(newer, StoreError::TooNew { found: 99, .. }),
        "{newer}"
    );
    let missing =
        Sessions::open_sqlite(&dir.path().join("no/such/dir.db"), settings(&clock())).unwrap_err();
    assert!(matches!(missing, StoreError::Open { .. }), "{missing}");
}

#[tokio::test]
async fn a_row_that_cannot_be_decoded_is_an_error_and_not_a_stranger() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    let bob = first.create("bob", &client(), None).await.unwrap();
    first.close().await.unwrap();
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute("UPDATE session SET data = '{torn' WHERE user = 'alice'", [])
        .unwrap();
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    assert!(matches!(
        second.lookup(&alice.id).await,
        Err(StoreError::Undecodable)
    ));
    assert!(
        matches!(second.lookup(&bob.id).await.unwrap(), Found::Live(_)),
        "one broken row took another with it"
    );
}

#[test]
fn a_file_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new/sessions.db");
    let mut owner = Owner::take(&file).unwrap();
    assert_eq!(
        fs::metadata(file.parent().unwrap())
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
    owner.announce("unix:/run/a.sock").unwrap();
    assert_eq!(announced_owner(&file).as_deref(), Some("unix:/run/a.sock"));
    match Owner::take(&file) {
        Err(StoreError::Owned {
            admin: Some(admin), ..
        }) => assert_eq!(admin, "unix:/run/a.sock"),
        other => panic!("owned twice: {other:?}"),
    }
    drop(owner);
    drop(Owner::take(&file).unwrap());
    assert_eq!(
        announced_owner(&file),
        None,
        "a new owner answers where the old one did"
    );
}

#[test]
fn a_link_in_the_place_of_the_lock_empties_no_other_file() {
    let dir = tempfile::tempdir().unwrap();
    let (file, precious) = (dir.path().join("s.db"), dir.path().join("precious"));
    std::fs::write(&precious, "kept").unwrap();
    std::os::unix::fs::symlink(&precious, dir.path().join("s.db.lock")).unwrap();
    assert!(matches!(Owner::take(&file), Err(StoreError::Open { .. })));
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "kept");
}

#[tokio::test]
async fn a_reader_sees_what_the_owner_wrote_and_changes_nothing() {
    let store = common::sqlite(|_| {});
    let alice = store.login("alice").await;
    let reader =
        Sessions::read_sqlite(store.file.as_ref().unwrap(), settings(&store.clock)).unwrap();
    let page = reader
        .list(ListQuery::first(Filter::default(), 10))
        .await
        .unwrap();
    assert_eq!(page.sessions[0].handle, alice.entry.handle());
    assert!(
        reader
            .revoke(Revocation::of_handles(vec![alice.entry.handle()]), "tester")
            .await
            .is_err()
    );
    assert!(reader.create("eve", &client(), None).await.is_err());
    assert!(store.opens(&alice.id).await);
    assert_eq!(rows_of(store.file.as_ref().unwrap()), 1);
}

#[tokio::test]
async fn a_closed_store_says_that_it_has_stopped() {
    let store = common::sqlite(|_| {});
    store.sessions.close().await.unwrap();
    assert!(matches!(
        store.sessions.create("late", &client(), None).await,
        Err(StoreError::Stopped)
    ));
}

#[test]
fn a_file_has_one_owner_by_whatever_name_it_is_called() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("real.db");
    let link = dir.path().join("link.db");
    let _owner = Owner::take(&file).unwrap();
    drop(Sessions::open_sqlite(&file, settings(&clock())).unwrap());
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for other in [
        link,
        dir.path()
            .join("../")
            .join(dir.path().file_name().unwrap())
            .join("real.db"),
    ] {
        assert!(
            matches!(Owner::take(&other), Err(StoreError::Owned { .. })),
            "{other:?} has a second owner"
        );
    }
}

#[tokio::test]
async fn a_name_that_sqlite_would_read_otherwise_is_a_file_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:other.db", "file:other.db?mode=memory"] {
        let file = dir.path().join(name);
        let _owner = Owner::take(&file).unwrap();
        let first = Sessions::open_sqlite(&file, settings(&clock())).unwrap();
        first.create("alice", &client(), None).await.unwrap();
        first.close().await.unwrap();
        assert_eq!(
            rows_of(&file.canonicalize().unwrap()),
            1,
            "{name} was not written"
        );
    }
    assert!(!dir.path().join("other.db").exists());
}

#[tokio::test]
async fn a_row_without_a_readable_handle_signs_nobody_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let first = Sessions::open_sqlite(&file, settings(&clock())).unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    first.close().await.unwrap();
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute("UPDATE session SET handle = 'torn'", [])
        .unwrap();
    let second = Sessions::open_sqlite(&file, settings(&clock())).unwrap();
    assert!(matches!(
        second.lookup(&alice.id).await,
        Err(StoreError::Undecodable)
    ));
    assert_eq!(second.stats_now().await.active, 0);
}
