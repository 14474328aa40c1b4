//! How many sessions an account may have, and that nobody slips past a change while many sign in.

use std::time::Duration;

use crate::{
    accounts::OTHER,
    common::{PASSWORD, StatsNow as _, Store, client, secret},
    kit::{begin, end_of, living},
};
use futures_util::future::join_all;
use sessctl_api::{Accounts as _, EndReason, UserChange};
use sessctl_store::{OnLimit, SessionLimit, StoreError};

pub(crate) fn deny(most: u32) -> Option<SessionLimit> {
    let then = OnLimit::Deny;
    Some(SessionLimit { most, then })
}

pub(crate) fn oldest(most: u32) -> Option<SessionLimit> {
    let then = OnLimit::Oldest;
    Some(SessionLimit { most, then })
}

pub(crate) async fn a_user_who_has_all_sessions_is_refused_one_more(store: &Store) {
    store.add_user("alice").await;
    store.add_user("bob").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(begin(store, &verified).await.unwrap());
    }
    let refused = begin(store, &verified).await;
    assert!(
        matches!(refused, Err(StoreError::TooManySessions { most: 3 })),
        "{refused:?}"
    );
    store.sign_in("bob").await;
    let end = store.sessions.end(&begun[0].entry, EndReason::Logout, None);
    end.await.unwrap();
    begin(store, &verified).await.unwrap();
    assert_eq!(living(store, "alice").await, 3);
}

pub(crate) async fn a_replaced_session_takes_no_place(store: &Store) {
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    for _ in 0..2 {
        begin(store, &verified).await.unwrap();
    }
    let mut last = begin(store, &verified).await.unwrap();
    for _ in 0..3 {
        let client = client();
        let next = store
            .sessions
            .sign_in(&verified, &client, Some(&last.entry), false);
        last = next.await.unwrap();
    }
    assert_eq!(living(store, "alice").await, 3);
}

pub(crate) async fn what_ends_together_with_a_sign_in_takes_no_place(store: &Store) {
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(begin(store, &verified).await.unwrap());
    }
    let client = client();
    // Somebody else signs in with alice's browser: her session there is replaced.
    let other = store.sessions.create("bob", &client, Some(&begun[0].entry));
    // Both at once, so that they share a transaction.
    let (other, next) = tokio::join!(other, begin(store, &verified));
    other.unwrap();
    next.unwrap();
    assert_eq!(living(store, "alice").await, 3);
}

pub(crate) async fn of_too_many_sessions_the_one_used_longest_ago_ends(store: &Store) {
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(begin(store, &verified).await.unwrap());
        store.forward(Duration::from_secs(1));
    }
    store.sessions.touch(&begun[0].entry, None);
    begin(store, &verified).await.unwrap();
    assert!(store.opens(&begun[0].id).await, "it was just used");
    assert_eq!(end_of(store, &begun[1]).await, (EndReason::Limit, None));
    assert_eq!(living(store, "alice").await, 3);
}

pub(crate) async fn a_limit_holds_under_parallel_sign_ins_that_are_refused(store: &Store) {
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let results = join_all((0..100).map(|_| begin(store, &verified))).await;
    let begun = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((begun, living(store, "alice").await), (5, 5));
    let refused = results.iter().filter_map(|result| result.as_ref().err());
    for error in refused {
        assert!(
            matches!(error, StoreError::TooManySessions { most: 5 }),
            "{error:?}"
        );
    }
}

pub(crate) async fn a_limit_holds_under_parallel_sign_ins_that_push_others_out(store: &Store) {
    store.add_user("alice").await;
    let verified = store.verify("alice", PASSWORD).await.unwrap();
    let results = join_all((0..100).map(|_| begin(store, &verified))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(living(store, "alice").await, 5);
    let counted = store.sessions.stats_now().await;
    assert_eq!((counted.active, counted.ended.unwrap().limit), (5, 95));
}

/// Sign-ins of a password that was right when it was checked, and the change that shuts the account, all at once.
pub(crate) async fn no_session_outlives_a_disabled_account_whoever_signs_in_meanwhile(
    store: &Store,
) {
    for round in 0..200 {
        let user = format!("user{round}");
        store.add_user(&user).await;
        let verified = store.verify(&user, PASSWORD).await.unwrap();
        let sign_ins = |count| join_all((0..count).map(|_| begin(store, &verified)));
        let shut = async {
            match round % 4 {
                0 => store.sessions.remove_user(&user, "root").await,
                1 => {
                    let change = UserChange::Password(secret(OTHER));
                    store.sessions.change_user(&user, change, "root").await
                }
                _ => {
                    let disable = UserChange::Disable;
                    store.sessions.change_user(&user, disable, "root").await
                }
            }
        };
        let (before, shut, after) = tokio::join!(sign_ins(round % 10 * 10), shut, sign_ins(100));
        let begun: Vec<_> = before.into_iter().chain(after).flatten().collect();
        assert_eq!(shut.unwrap().ended, begun.len() as u64);
        assert_eq!(living(store, &user).await, 0);
        for created in begun {
            assert!(!store.opens(&created.id).await, "round {round}");
        }
    }
}
