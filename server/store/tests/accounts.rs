//! Accounts in a file: what survives, what a file holds of secrets, and what is done about a file that is not as it was.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{fs, path::Path, time::Duration};

use common::{CHEAP, PASSWORD, client, clock, new_user, secret, settings};
use rusqlite::Connection;
use sessctl_api::{AccountError, Accounts as _, Credential, NewToken, NewUser, Scope, UserChange};
use sessctl_store::{Denied, Found, Hashing, Sessions, Settings, StoreError, Why};

fn token(name: &str) -> NewToken {
    NewToken {
        name: name.to_owned(),
        scope: Scope::Write,
        lifetime: 3600,
    }
}

fn stored(file: &Path, expression: &str) -> String {
    let connection = Connection::open(file).unwrap();
    let query = format!("SELECT {expression}");
    connection.query_row(&query, [], |row| row.get(0)).unwrap()
}

fn change(file: &Path, statements: &str) {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch(statements).unwrap();
}

async fn why(sessions: &Sessions, name: &str, password: &str) -> Why {
    let result = sessions.verify(name, &secret(password), client().ip).await;
    match result {
        Err(Denied::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
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
async fn a_dearer_hash_takes_the_place_of_a_cheap_one_at_the_next_sign_in_and_ends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (file, clock) = (dir.path().join("sessions.db"), clock());
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    first.add_user(new_user("alice")).await.unwrap();
    let verified = first.verify("alice", &secret(PASSWORD), None).await;
    let verified = verified.unwrap();
    let before = first.sign_in(&verified, &client(), None, false).await;
    let before = before.unwrap();
    let cheap = stored(&file, "hash FROM user");
    first.close().await.unwrap();

    let dear = Settings {
        hashing: Hashing {
            memory: 64,
            passes: 2,
            ..CHEAP
        },
        ..settings(&clock)
    };
    let second = Sessions::open_sqlite(&file, dear).unwrap();
    assert_eq!(why(&second, "alice", "wrong").await, Why::WrongPassword);
    assert_eq!(stored(&file, "hash FROM user"), cheap);
    // Whoever gave the password a moment before the hash was changed still signs in.
    let password = secret(PASSWORD);
    let (one, other) = tokio::join!(
        second.verify("alice", &password, None),
        second.verify("alice", &password, None)
    );
    for verified in [one.unwrap(), other.unwrap()] {
        let begun = second.sign_in(&verified, &client(), None, false).await;
        assert!(begun.is_ok(), "{begun:?}");
    }
    let now = stored(&file, "hash FROM user");
    assert!(now.starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    let found = second.lookup(&before.id).await.unwrap();
    assert!(matches!(found, Found::Live(_)), "{found:?}");
    assert!(
        second
            .verify("alice", &secret(PASSWORD), None)
            .await
            .is_ok()
    );
    assert_eq!(stored(&file, "hash FROM user"), now);
    second.close().await.unwrap();

    // Cheaper parameters make no hash cheaper.
    let third = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    assert!(third.verify("alice", &secret(PASSWORD), None).await.is_ok());
    assert_eq!(stored(&file, "hash FROM user"), now);
}

#[tokio::test]
async fn a_hash_of_another_place_opens_its_account() {
    let store = common::sqlite(|_| {});
    // Of the reference implementation's own tests.
    let hash =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let user = NewUser {
        name: "alice".to_owned(),
        credential: Credential::Hash(secret(hash)),
    };
    store.sessions.add_user(user).await.unwrap();
    assert!(store.verify("alice", "password").await.is_ok());
    assert_eq!(store.why("alice", "passwore").await, Why::WrongPassword);
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_lets_nobody_in_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (file, clock) = (dir.path().join("sessions.db"), clock());
    let first = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    for name in ["alice", "bob"] {
        first.add_user(new_user(name)).await.unwrap();
    }
    first.close().await.unwrap();
    change(
        &file,
        "UPDATE user SET hash = '$argon2id$torn' WHERE name = 'alice'",
    );
    let second = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let alice = second.verify("alice", &secret(PASSWORD), None).await;
    assert!(
        matches!(alice, Err(Denied::Store(StoreError::Undecodable))),
        "{alice:?}"
    );
    let bob = second.verify("bob", &secret(PASSWORD), None).await;
    assert!(bob.is_ok(), "one broken row keeps another out: {bob:?}");
    let password = UserChange::Password(secret(PASSWORD));
    second.change_user("alice", password, "root").await.unwrap();
    let alice = second.verify("alice", &secret(PASSWORD), None).await;
    assert!(alice.is_ok(), "{alice:?}");
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

#[tokio::test]
async fn who_is_refused_is_refused_at_the_same_cost_whatever_the_reason() {
    const TRIES: usize = 30;
    let store = common::memory(|settings| {
        settings.hashing = Hashing {
            memory: 16 * 1024,
            passes: 1,
            at_once: 1,
        };
    });
    for name in ["alice", "disabled"] {
        store.add_user(name).await;
    }
    let disable = store
        .sessions
        .change_user("disabled", UserChange::Disable, "root");
    disable.await.unwrap();
    let long = "x".repeat(5000);
    let cases = [
        ("alice", "wrong password", Why::WrongPassword),
        ("nobody", "wrong password", Why::Unknown),
        ("disabled", PASSWORD, Why::Disabled),
        ("alice", &long, Why::WrongPassword),
    ];
    let (mut took, mut held) = (cases.map(|_| Vec::new()), Vec::new());
    for _ in 0..TRIES {
        // What was counted is forgotten by then.
        store.forward(Duration::from_secs(24 * 60 * 60));
        for ((name, password, reason), took) in cases.iter().zip(&mut took) {
            let began = std::time::Instant::now();
            assert_eq!(store.why(name, password).await, *reason);
            took.push(began.elapsed());
        }
        for _ in 0..5 {
            store.why("eve", "wrong password").await;
        }
        let began = std::time::Instant::now();
        assert_eq!(store.why("eve", PASSWORD).await, Why::Throttled);
        held.push(began.elapsed());
    }
    let medians: Vec<_> = took.into_iter().chain([held]).map(median).collect();
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    // Wide, for machines that do other things meanwhile; without the work it would be a hundredth.
    assert!(*most < *least * 2, "{medians:?}");
}

fn median(mut took: Vec<Duration>) -> Duration {
    let middle = took.len() / 2;
    *took.select_nth_unstable(middle).1
}
