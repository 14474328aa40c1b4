//! Hashes of passwords: dearer ones, other places' ones, torn ones, and what a refusal costs.

mod common;

use std::time::Duration;

use common::{CHEAP, PASSWORD, change, client, clock, new_user, secret, settings, stored, why};
use sessctl_api::{AccountError, Accounts as _, Credential, NewUser, UserChange};
use sessctl_store::{Denied, Found, Hashing, Sessions, Settings, StoreError, Why};

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
async fn a_hash_whose_checks_would_hold_up_everybody_is_refused() {
    let store = common::memory(|_| {});
    let add = |name: &str, cost: &str| {
        let hash = format!(
            "$argon2id$v=19${cost}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        );
        store.sessions.add_user(NewUser {
            name: name.to_owned(),
            credential: Credential::Hash(secret(&hash)),
        })
    };
    for cost in [
        "m=1048576,t=1,p=1",
        "m=131073,t=1,p=1",
        "m=131072,t=4,p=1",
        "m=8,t=1000000,p=1",
        "m=65536,t=1,p=17",
    ] {
        match add("alice", cost).await {
            Err(AccountError::BadInput(why)) => {
                assert!(why.contains("too dear"), "{cost}: {why}");
            }
            other => panic!("{cost}: {other:?}"),
        }
    }
    add("alice", "m=131072,t=3,p=16").await.unwrap();
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
    let cheap =
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let imported = NewUser {
        name: "imported".to_owned(),
        credential: Credential::Hash(secret(cheap)),
    };
    store.sessions.add_user(imported).await.unwrap();
    let long = "x".repeat(5000);
    let cases = [
        ("alice", "wrong password", Why::WrongPassword),
        ("nobody", "wrong password", Why::Unknown),
        ("disabled", PASSWORD, Why::Disabled),
        ("imported", "wrong password", Why::WrongPassword),
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

#[tokio::test]
async fn where_strangers_are_held_up_no_time_tells_who_signed_in_there() {
    let store = common::memory(|settings| {
        settings.hashing = Hashing {
            memory: 32 * 1024,
            passes: 1,
            at_once: 1,
        };
    });
    for number in 0..5 {
        store.add_user(&format!("known{number}")).await;
        store.sign_in(&format!("known{number}")).await;
    }
    for number in 0..20 {
        let name = format!("name{number}");
        assert_eq!(store.why(&name, "wrong").await, Why::Unknown);
    }
    let mut medians = Vec::new();
    for kind in ["strange", "known"] {
        let mut took = Vec::new();
        for number in 0..5 {
            let name = format!("{kind}{number}");
            let began = std::time::Instant::now();
            let tries = (0..10).map(|_| store.why(&name, "wrong"));
            futures_util::future::join_all(tries).await;
            took.push(began.elapsed());
        }
        medians.push(median(took));
    }
    // Wide, for machines that do other things meanwhile; one after the other they would be five times as much.
    assert!(medians[1] < medians[0] * 3, "{medians:?}");
}

fn median(mut took: Vec<Duration>) -> Duration {
    let middle = took.len() / 2;
    *took.select_nth_unstable(middle).1
}
