//! Failed tries: who waits for them, for how long, and who does not.

use std::{net::IpAddr, time::Duration};

use crate::{
    accounts::OTHER,
    common::{PASSWORD, Store, client, secret},
};
use sessctl_api::{Accounts as _, UserChange};
use sessctl_store::{Denied, Verified, Why};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) async fn from(
    store: &Store,
    ip: impl Into<IpAddr>,
    name: &str,
    password: &str,
) -> Result<Verified, Denied> {
    let ip = Some(ip.into());
    store.sessions.verify(name, &secret(password), ip).await
}

/// An address of the tests' own, one of 65,536.
pub(crate) fn stranger(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::from([10, 1, high, low])
}

pub(crate) fn is_throttled(result: &Result<Verified, Denied>) -> bool {
    matches!(result, Err(Denied::Wrong(Why::Throttled)))
}

pub(crate) fn is_busy(result: &Result<Verified, Denied>) -> bool {
    matches!(result, Err(Denied::Busy))
}

pub(crate) fn is_wrong(result: &Result<Verified, Denied>) -> bool {
    matches!(
        result,
        Err(Denied::Wrong(Why::WrongPassword | Why::Unknown))
    )
}

pub(crate) async fn after_five_failures_each_try_waits_twice_as_long(store: &Store) {
    store.add_user("alice").await;
    // Whether there is such an account makes no difference.
    for name in ["alice", "nobody"] {
        for number in 0..5 {
            assert!(is_wrong(
                &from(store, stranger(number), name, "wrong").await
            ));
        }
        for (number, wait) in [(5, 1), (6, 2), (7, 4), (8, 8)] {
            store.forward(Duration::from_millis(wait * 1000 - 1));
            // Not even the right one is heard, and asking does not make it longer.
            let early = from(store, stranger(number), name, PASSWORD).await;
            assert!(is_throttled(&early), "{name} {wait} s: {early:?}");
            store.forward(Duration::from_millis(1));
            let then = from(store, stranger(number), name, "wrong").await;
            assert!(is_wrong(&then), "{name} {wait} s: {then:?}");
        }
    }
}

pub(crate) async fn after_a_hundred_failures_a_day_passes_and_then_all_is_forgotten(store: &Store) {
    store.add_user("alice").await;
    for number in 0..100 {
        let wrong = from(store, stranger(number), "alice", "wrong").await;
        assert!(is_wrong(&wrong), "{number}: {wrong:?}");
        store.forward(Duration::from_secs(15 * 60));
    }
    store.forward(DAY - Duration::from_secs(15 * 60) - Duration::from_millis(1));
    assert!(is_throttled(
        &from(store, stranger(100), "alice", PASSWORD).await
    ));
    store.forward(Duration::from_millis(1));
    for number in 100..105 {
        assert!(is_wrong(
            &from(store, stranger(number), "alice", "wrong").await
        ));
    }
}

pub(crate) async fn a_known_source_gets_in_while_an_attacker_hammers(store: &Store) {
    store.add_user("alice").await;
    store.sign_in("alice").await;
    for number in 0..300 {
        let _ = from(store, stranger(number % 7), "alice", "wrong").await;
        store.forward(Duration::from_secs(1));
    }
    let strange = from(store, stranger(8), "alice", PASSWORD).await;
    assert!(is_throttled(&strange), "{strange:?}");
    assert!(store.verify("alice", PASSWORD).await.is_ok());
    // Its own failures count, and a success clears them.
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(store.why("alice", "wrong").await, Why::WrongPassword);
        }
        assert!(store.verify("alice", PASSWORD).await.is_ok());
    }
    for _ in 0..5 {
        assert_eq!(store.why("alice", "wrong").await, Why::WrongPassword);
    }
    assert_eq!(store.why("alice", PASSWORD).await, Why::Throttled);
    store.forward(Duration::from_secs(1));
    assert!(store.verify("alice", PASSWORD).await.is_ok());
    // The others did not become known by that.
    assert!(is_throttled(
        &from(store, stranger(8), "alice", PASSWORD).await
    ));
}

pub(crate) async fn a_source_that_tries_many_names_stops_nobody_else(store: &Store) {
    store.add_user("alice").await;
    store.add_user("bob").await;
    let bad: IpAddr = "2001:db8:0:1::1".parse().unwrap();
    let neighbour: IpAddr = "2001:db8:0:1:ffff::2".parse().unwrap();
    let other: IpAddr = "2001:db8:0:2::1".parse().unwrap();
    // Bob signed in from the very network that the tries come from.
    let verified = from(store, bad, "bob", PASSWORD).await.unwrap();
    let at_home = sessctl_store::Client {
        ip: Some(neighbour),
        ua: None,
    };
    let begun = store.sessions.sign_in(&verified, &at_home, None, false);
    begun.await.unwrap();
    for number in 0..20 {
        let wrong = from(store, bad, &format!("name{number}"), "wrong").await;
        assert!(is_wrong(&wrong), "{number}: {wrong:?}");
    }
    for ip in [bad, neighbour] {
        assert!(is_throttled(&from(store, ip, "alice", PASSWORD).await));
    }
    assert!(from(store, other, "alice", PASSWORD).await.is_ok());
    assert!(from(store, bad, "bob", PASSWORD).await.is_ok());
    store.forward(Duration::from_secs(60));
    assert!(is_wrong(&from(store, bad, "name20", "wrong").await));
    assert!(is_throttled(&from(store, bad, "alice", PASSWORD).await));
    store.forward(Duration::from_secs(60));
    assert!(from(store, bad, "alice", PASSWORD).await.is_ok());
}

pub(crate) async fn an_account_that_lets_nobody_in_says_until_when(store: &Store) {
    store.add_user("alice").await;
    let until = async || store.sessions.user("alice").await.unwrap().throttled;
    for number in 0..5 {
        assert_eq!(until().await, None, "{number} failures cost nothing");
        from(store, stranger(number), "alice", "wrong").await.ok();
    }
    store.forward(Duration::from_secs(1));
    assert_eq!(until().await, None, "the first second is over");
    from(store, stranger(5), "alice", "wrong").await.ok();
    let shut = store.sessions.clock().now() + Duration::from_secs(2);
    assert_eq!(until().await, Some(shut));
    let enable = store
        .sessions
        .change_user("alice", UserChange::Enable, "root");
    assert_eq!(enable.await.unwrap().user.throttled, None);
}

pub(crate) async fn an_operator_forgives_what_was_counted(store: &Store) {
    store.add_user("alice").await;
    let mut right = PASSWORD;
    for change in [UserChange::Enable, UserChange::Password(secret(OTHER))] {
        for number in 0..5 {
            assert!(is_wrong(
                &from(store, stranger(number), "alice", "wrong").await
            ));
        }
        assert!(is_throttled(
            &from(store, stranger(9), "alice", right).await
        ));
        if matches!(change, UserChange::Password(_)) {
            right = OTHER;
        }
        let changed = store.sessions.change_user("alice", change, "root");
        changed.await.unwrap();
        assert!(from(store, stranger(9), "alice", right).await.is_ok());
    }
}

pub(crate) async fn a_clock_that_steps_back_holds_nobody_longer_than_the_delay(store: &Store) {
    store.add_user("alice").await;
    for number in 0..6 {
        store.forward(Duration::from_secs(1));
        assert!(is_wrong(
            &from(store, stranger(number), "alice", "wrong").await
        ));
    }
    store.clock.advance(time::Duration::days(-3650));
    assert!(is_throttled(
        &from(store, stranger(7), "alice", PASSWORD).await
    ));
    store.forward(Duration::from_secs(2));
    let known = client().ip.unwrap();
    assert!(from(store, known, "alice", PASSWORD).await.is_ok());
}
