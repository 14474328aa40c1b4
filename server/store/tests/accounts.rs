//! Accounts in a file: what survives, what a file holds of secrets, and what is done about a file that is not as it was.

mod common;

use std::{fs, path::Path};

use common::{PASSWORD, change, client, clock, new_user, secret, settings, stored, why};
use rusqlite::Connection;
use sessctl_api::{AccountError, Accounts as _, NewToken, Scope, UserChange};
use sessctl_store::{Denied, Found, Sessions, StoreError, Why};

fn token(name: &str) -> NewToken {
    NewToken {
        name: name.to_owned(),
        scope: Scope::Write,
        lifetime: 3600,
    }
}

#[tokio::test]
async fn what_began_without_a_password_ends_when_one_is_wanted() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let file = dir.path().join("sessions.db");
    let open = |wants_password| {
        let settings = sessctl_store::Settings {
            wants_password,
            ..settings(&clock)
        };
        Sessions::open_sqlite(&file, settings).unwrap()
    };
    let anybody = open(Some(false));
    let began = anybody.create("alice", &client(), None).await.unwrap();
    anybody.close().await.unwrap();
    // Who only looks, or adds an account, changes nothing about it.
    for same in [None, Some(false)] {
        let store = open(same);
        let found = store.lookup(&began.id).await.unwrap();
        assert!(matches!(found, Found::Live(_)), "{found:?}");
        store.close().await.unwrap();
    }
    let strict = open(Some(true));
    match strict.lookup(&began.id).await.unwrap() {
        Found::Ended { ended, .. } => {
            assert_eq!(ended.actor.as_deref(), Some("serve --auth users"));
        }
        found => panic!("{found:?}"),
    }
    strict.add_user(new_user("bob")).await.unwrap();
    let source = client().ip;
    let bob = strict.verify("bob", &secret(PASSWORD), source).await;
    let bob = strict.sign_in(&bob.unwrap(), &client(), None, false).await;
    let bob = bob.unwrap();
    strict.close().await.unwrap();
    // What began with one stays.
    let found = open(Some(true)).lookup(&bob.id).await.unwrap();
    assert!(matches!(found, Found::Live(_)), "{found:?}");
}

#[tokio::test]
async fn accounts_tokens_and_failures_survive_a_kill() {
    let store = common::sqlite(|_| {});
    for name in ["alice", "bob", "carol", "dave"] {
        store.add_user(name).await;
    }
    let kept = store.sign_in("alice").await;
    let ended = store.sign_in("bob").await;
    let disable = store
        .sessions
        .change_user("bob", UserChange::Disable, "root");
    disable.await.unwrap();
    store.sessions.remove_user("carol", "root").await.unwrap();
    let (_, bearer) = store.sessions.add_token(token("ci")).await.unwrap();
    let (_, removed) = store.sessions.add_token(token("old")).await.unwrap();
    store.sessions.remove_token("old").await.unwrap();
    for _ in 0..5 {
        assert_eq!(store.why("dave", "wrong").await, Why::WrongPassword);
        assert_eq!(store.why("nobody", "wrong").await, Why::Unknown);
    }
    let before = store.sessions.users().await.unwrap();

    // What a killed server leaves: the file as it is, and the log beside it.
    let (from, dir) = (store.file.clone().unwrap(), tempfile::tempdir().unwrap());
    let to = dir.path().join("sessions.db");
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        fs::copy(name(&from), name(&to)).unwrap();
    }
    let again = Sessions::open_sqlite(&to, settings(&store.clock)).unwrap();
    assert!(again.has_users());
    assert_eq!(again.users().await.unwrap(), before);
    let found = again.lookup(&kept.id).await.unwrap();
    assert!(matches!(found, Found::Live(_)), "{found:?}");
    let found = again.lookup(&ended.id).await.unwrap();
    assert!(matches!(found, Found::Ended { .. }), "{found:?}");
    assert_eq!(why(&again, "bob", PASSWORD).await, Why::Disabled);
    assert_eq!(why(&again, "carol", PASSWORD).await, Why::Unknown);
    assert_eq!(why(&again, "dave", PASSWORD).await, Why::Throttled);
    assert_eq!(why(&again, "nobody", PASSWORD).await, Why::Throttled);
    // Alice comes from where she came from before.
    let known = again.verify("alice", &secret(PASSWORD), client().ip).await;
    assert!(known.is_ok(), "{known:?}");
    assert_eq!(again.token(&bearer).unwrap().name, "ci");
    assert_eq!(again.token(&removed), None);
    let reader = Sessions::read_sqlite(&to, settings(&store.clock)).unwrap();
    assert_eq!(reader.users().await.unwrap().len(), 3);
    let refused = reader.add_user(new_user("eve")).await;
    assert!(
        matches!(refused, Err(AccountError::Registry(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn no_file_of_the_store_holds_a_password_a_token_or_a_name_that_was_tried() {
    let store = common::sqlite(|_| {});
    store.add_user("alice").await;
    store.sign_in("alice").await;
    let (_, bearer) = store.sessions.add_token(token("ci")).await.unwrap();
    let tried = "a password where the name belongs";
    assert_eq!(store.why(tried, PASSWORD).await, Why::Unknown);
    let file = store.file.clone().unwrap();
    let hash = stored(&file, "hash FROM user");
    assert!(
        hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
        "not as it was asked for"
    );
    let salt = hash.split('$').nth(4).unwrap();
    assert_eq!(salt.len(), 22, "16 bytes");
    let mut read = 0;
    for found in fs::read_dir(file.parent().unwrap()).unwrap() {
        let bytes = fs::read(found.unwrap().path()).unwrap();
        read += bytes.len();
        for text in [PASSWORD, tried, bearer.expose(), &bearer.expose()[5..]] {
            let is_there = bytes.windows(text.len()).any(|w| w == text.as_bytes());
            assert!(!is_there, "a file holds {text:?}");
        }
    }
    assert!(read > 1000, "the store was not where it was looked for");
    let shown = format!(
        "{:?} {:?}",
        store.sessions,
        store.verify("alice", PASSWORD).await
    );
    assert!(!shown.contains("argon2id$"), "{shown}");
}

#[tokio::test]
async fn a_token_that_cannot_be_read_is_not_guessed_at() {
    let dir = tempfile::tempdir().unwrap();
    let (file, clock) = (dir.path().join("sessions.db"), clock());
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    first.add_token(token("ci")).await.unwrap();
    first.close().await.unwrap();
    change(&file, "UPDATE token SET scope = 'all'");
    let opened = Sessions::open_sqlite(&file, settings(&clock));
    let error = opened.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("\"all\""), "{error}: {source}");
}

#[tokio::test]
async fn what_the_file_will_not_take_of_an_account_fails_alone_and_wholly() {
    let store = common::sqlite(|_| {});
    for name in ["alice", "eve"] {
        store.add_user(name).await;
    }
    let (eve, alice) = (store.sign_in("eve").await, store.sign_in("alice").await);
    let rule = "CREATE TRIGGER foreign_rule BEFORE UPDATE OF disabled ON user WHEN NEW.name = 'eve'
                BEGIN SELECT RAISE(ABORT, 'not her'); END";
    change(store.file.as_ref().unwrap(), rule);
    let shut = |name| {
        store
            .sessions
            .change_user(name, UserChange::Disable, "root")
    };
    let client = client();
    let other = store.sessions.create("bob", &client, None);
    // All at once, so that they may share a transaction.
    let (eves, alices, other) = tokio::join!(shut("eve"), shut("alice"), other);
    assert!(matches!(eves, Err(AccountError::Registry(_))), "{eves:?}");
    assert_eq!(alices.unwrap().ended, 1);
    assert!(store.opens(&other.unwrap().id).await);
    assert!(store.opens(&eve.id).await && !store.opens(&alice.id).await);
    assert_eq!(store.sessions.user("eve").await.unwrap().disabled, None);
    let live = "count(*) || '' FROM session WHERE user = 'eve' AND ended IS NULL";
    assert_eq!(stored(store.file.as_ref().unwrap(), live), "1");
}

#[tokio::test]
async fn when_the_disk_refuses_no_account_changes_and_nobody_is_let_in() {
    let store = common::sqlite(|_| {});
    store.add_user("alice").await;
    let created = store.sign_in("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    // Another connection's lock makes every commit fail, as a full disk would.
    let thief = Connection::open(store.file.as_ref().unwrap()).unwrap();
    thief.execute_batch("BEGIN IMMEDIATE").unwrap();
    let shut = store
        .sessions
        .change_user("alice", UserChange::Disable, "root");
    assert!(matches!(shut.await, Err(AccountError::Registry(_))));
    let begun = store
        .sessions
        .sign_in(&verified, &client(), None, false)
        .await;
    assert!(matches!(begun, Err(StoreError::Write(_))), "{begun:?}");
    // Nobody may guess on while failures cannot be counted for good.
    let wrong = store.verify("alice", "wrong").await;
    assert!(matches!(wrong, Err(Denied::Store(_))), "{wrong:?}");
    drop(thief);
    assert!(store.opens(&created.id).await);
    let alice = store.sessions.user("alice").await.unwrap();
    assert_eq!((alice.disabled, alice.sessions), (None, 1));
    assert!(store.verify("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn an_account_that_is_shut_while_the_store_is_loaded_keeps_no_session() {
    const MANY: u64 = 20_000;
    let dir = tempfile::tempdir().unwrap();
    let (file, clock) = (dir.path().join("sessions.db"), clock());
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    first.add_user(new_user("alice")).await.unwrap();
    let alice = first.create("alice", &client(), None).await.unwrap();
    first.close().await.unwrap();
    let copies = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO session (id, digest, handle, user, created, expires, idle, seen, requests, data)
         SELECT 1000 + i, randomblob(32), substr(printf('%012d', i), 1, 12), user, created, expires, idle, seen,
                requests, data
         FROM session, n WHERE session.id = 1"
    );
    change(&file, &copies);
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let shut = second.change_user("alice", UserChange::Disable, "root");
    assert_eq!(shut.await.unwrap().ended, MANY + 1);
    let found = second.lookup(&alice.id).await.unwrap();
    assert!(matches!(found, Found::Ended { .. }), "{found:?}");
    assert_eq!(second.user("alice").await.unwrap().sessions, 0);
}
