//! Many tries at once: who waits for whom, and who is told to come back.

use std::{net::IpAddr, time::Duration};

use crate::{
    common::{PASSWORD, Store, client, secret},
    throttling::{from, is_busy, is_throttled, is_wrong, stranger},
};
use futures_util::{FutureExt as _, future::join_all};
use sessctl_store::{Denied, Hashing, Verified};
use tokio::task::JoinSet;

pub(crate) async fn many_guesses_at_once_are_heard_no_more_often_than_one_after_the_other(
    store: &Store,
) {
    store.add_user("alice").await;
    let guesses = (0..60).map(|number| from(store, stranger(number), "alice", "wrong"));
    let results = join_all(guesses).await;
    let heard = results.iter().filter(|result| is_wrong(result)).count();
    assert_eq!(heard, 5, "{results:?}");
    let denied = |r: &Result<_, _>| is_wrong(r) || is_throttled(r) || is_busy(r);
    assert!(results.iter().all(denied), "{results:?}");
}

pub(crate) async fn as_many_guesses_are_heard_where_an_account_is_known_as_elsewhere(
    store: &Store,
) {
    // Failures of the address, and of the account elsewhere: some places are left, one is, and none.
    let cases = [(0, 0), (18, 0), (19, 0), (20, 0), (0, 3), (0, 4), (0, 5)];
    for (number, failures) in cases.into_iter().enumerate() {
        let mut heard = (0, 0);
        // On a busy machine the first of many may be through before the others have asked. Not five times.
        for again in 0..5 {
            let name = format!("{number}again{again}");
            store.forward(Duration::from_secs(24 * 60 * 60));
            store.add_user(&format!("known{name}")).await;
            store.sign_in(&format!("known{name}")).await;
            let known = heard_at_once(store, &format!("known{name}"), failures).await;
            let strange = heard_at_once(store, &format!("strange{name}"), failures).await;
            // Where strangers are not heard at all, the account's user is.
            heard = (known, strange.max(1));
            if heard.0 == heard.1 {
                break;
            }
        }
        assert_eq!(heard.0, heard.1, "after {failures:?}");
    }
}

/// How many of twelve wrong passwords at once are heard, after so many failures of the address and of the account.
async fn heard_at_once(store: &Store, name: &str, (of_source, of_account): (usize, u16)) -> usize {
    store.forward(Duration::from_secs(60 * 60));
    let here = client().ip.unwrap();
    for other in 0..of_source {
        let name = format!("{name}of{other}");
        assert!(is_wrong(&from(store, here, &name, "wrong").await));
    }
    for other in 0..of_account {
        let there = stranger(other);
        assert!(is_wrong(&from(store, there, name, "wrong").await));
    }
    let tries = (0..12).map(|_| from(store, here, name, "wrong"));
    let results = join_all(tries).await;
    results.iter().filter(|result| is_wrong(result)).count()
}

pub(crate) async fn right_passwords_at_once_hold_nobody_up(store: &Store) {
    store.add_user("alice").await;
    // As many as an account may have under way, and waiting for these.
    let tries = (0..13).map(|_| store.verify("alice", PASSWORD));
    let results = join_all(tries).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// Dear enough for a crowd to be there still when somebody else comes.
pub(crate) const DEAR: Hashing = Hashing {
    memory: 2048,
    passes: 2,
    at_once: 1,
};

/// So many tries, all of which have asked, and that go on while something else is tried.
fn crowd<'n>(
    store: &Store,
    tries: impl IntoIterator<Item = (IpAddr, &'n str, &'n str)>,
) -> JoinSet<Result<Verified, Denied>> {
    let mut crowd = JoinSet::new();
    let asked = tries.into_iter().map(|(ip, name, password)| {
        let (sessions, name) = (store.sessions.clone(), name.to_owned());
        let password = secret(password);
        let asks = async move { sessions.verify(&name, &password, Some(ip)).await };
        let mut asks = asks.boxed();
        let answer = asks.as_mut().now_or_never();
        async move {
            match answer {
                Some(answer) => answer,
                None => asks.await,
            }
        }
    });
    for one in asked.collect::<Vec<_>>() {
        crowd.spawn(one);
    }
    crowd
}

/// Whether some were told to come back, while nobody else was.
async fn crowds_itself_out(mut crowd: JoinSet<Result<Verified, Denied>>) -> bool {
    let mut busy = 0;
    let count = crowd.len();
    while let Some(result) = crowd.join_next().await {
        busy += usize::from(is_busy(&result.unwrap()));
    }
    (1..count).contains(&busy)
}

pub(crate) async fn an_account_s_crowd_keeps_nobody_else_from_signing_in(store: &Store) {
    store.add_user("alice").await;
    store.add_user("mallory").await;
    // Known at as many places as are remembered, so that each of them counts by itself.
    for number in 0..10 {
        let verified = from(store, stranger(number), "mallory", PASSWORD).await;
        let there = sessctl_store::Client {
            ip: Some(stranger(number)),
            ua: None,
        };
        let verified = verified.unwrap();
        let begun = store.sessions.sign_in(&verified, &there, None, false);
        begun.await.unwrap();
    }
    for password in [PASSWORD, "wrong"] {
        let tries = (0..300).map(|number| (stranger(number % 20), "mallory", password));
        let crowd = crowd(store, tries);
        // From elsewhere, and from where the crowd is as well.
        for ip in [stranger(500), stranger(3)] {
            let verified = from(store, ip, "alice", PASSWORD).await;
            assert!(verified.is_ok(), "{verified:?}");
        }
        assert!(crowds_itself_out(crowd).await, "{password}");
    }
}

pub(crate) async fn a_source_s_crowd_keeps_nobody_elsewhere_from_signing_in(store: &Store) {
    store.add_user("alice").await;
    let names: Vec<_> = (0..300).map(|number| format!("name{number}")).collect();
    let tries = names
        .iter()
        .map(|name| (stranger(0), name.as_str(), "wrong"));
    let crowd = crowd(store, tries);
    let verified = from(store, stranger(1), "alice", PASSWORD).await;
    assert!(verified.is_ok(), "{verified:?}");
    assert!(crowds_itself_out(crowd).await);
}

pub(crate) async fn who_leaves_before_the_answer_takes_nobodys_place(store: &Store) {
    store.add_user("alice").await;
    for _ in 0..10 {
        let mut tries: Vec<_> = (0..60)
            .map(|number| Box::pin(from(store, stranger(number), "alice", "wrong")))
            .collect();
        // Begun, waiting for a thread or for one another, and given up.
        for one in &mut tries {
            let _ = one.as_mut().now_or_never();
        }
    }
    let verified = store.verify("alice", PASSWORD).await;
    assert!(verified.is_ok(), "{verified:?}");
}

pub(crate) async fn more_than_can_wait_are_told_to_come_back(store: &Store) {
    store.add_user("alice").await;
    let names: Vec<_> = (0..500_u16).map(|number| format!("name{number}")).collect();
    let tries = (0..).zip(&names);
    let tries = tries.map(|(number, name)| from(store, stranger(number), name, "wrong"));
    let results = join_all(tries).await;
    let (busy, heard): (Vec<_>, Vec<_>) = results.iter().partition(|result| is_busy(result));
    assert!(!busy.is_empty() && heard.len() >= 64, "{}", heard.len());
    assert!(heard.into_iter().all(is_wrong));
    assert!(store.verify("alice", PASSWORD).await.is_ok());
}
