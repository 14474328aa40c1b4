//! The state machine under every interleaving of two or three threads: what no test that runs can be sure to meet.
//!
//! `cargo test -p sessctl-store --features loom --lib interleavings`

use loom::{model, sync::Arc, thread};
use sessctl_api::{EndReason, Ended};

use super::{Entry, Millis, life::LIVE, tests::entry};
use crate::{clock::to_time, entry::Data, id::Digest};

/// When the entry of these tests reaches its idle limit.
const IDLE_END: Millis = 1_600_000;

fn ended(reason: EndReason) -> Ended {
    Ended {
        reason,
        actor: None,
        at: to_time(IDLE_END),
    }
}

fn data(n: i64) -> Data {
    [("n".to_owned(), n.into())].into_iter().collect()
}

/// Runs `one` and `other` beside each other on a fresh entry, then `after`, in every order that there is.
fn every_order<A, B>(
    one: impl Fn(&Entry) -> A + Sync + Send + Clone + 'static,
    other: impl Fn(&Entry) -> B + Sync + Send + Clone + 'static,
    after: impl Fn(&Entry, A, B) + Sync + Send + 'static,
) where
    A: 'static,
    B: 'static,
{
    model(move || {
        let entry = Arc::new(entry());
        let (shared, one) = (Arc::clone(&entry), one.clone());
        let thread = thread::spawn(move || one(&shared));
        let of_other = other(&entry);
        let of_one = thread.join().unwrap();
        after(&entry, of_one, of_other);
    });
}

#[test]
fn of_two_who_end_it_one_does() {
    every_order(
        |entry| entry.end(ended(EndReason::Revoked)),
        |entry| entry.end(ended(EndReason::Logout)),
        |entry, revoked, left| {
            assert!(revoked ^ left);
            let reason = entry.ended().unwrap().reason;
            assert_eq!(reason == EndReason::Revoked, revoked);
        },
    );
}

#[test]
fn whoever_sees_it_over_finds_the_reason() {
    every_order(
        |entry| entry.end(ended(EndReason::Revoked)),
        |entry| entry.is_over().then(|| entry.ended().is_some()),
        |_, _, found| assert_ne!(found, Some(false)),
    );
}

#[test]
fn a_save_beside_a_revoke_leaves_nothing_behind() {
    every_order(
        |entry| entry.change_held(|_| Ok::<_, ()>(data(1))),
        |entry| entry.end(ended(EndReason::Revoked)),
        |entry, _, _| {
            assert_eq!(entry.held(), None);
            let late = entry.change_held(|_| Ok::<_, ()>(data(2)));
            assert_eq!(late, None, "a save after the end");
        },
    );
}

#[test]
fn two_saves_beside_each_other_both_count() {
    let add = |key: &'static str| {
        move |entry: &Entry| {
            let saved = entry.change_held(|before| {
                let mut after = before.clone();
                after.insert(key.to_owned(), 1.into());
                Ok::<_, ()>(after)
            });
            assert_eq!(saved, Some(Ok(())));
        }
    };
    every_order(add("one"), add("other"), |entry, (), ()| {
        assert_eq!(entry.held().unwrap().len(), 2);
    });
}

#[test]
fn the_clock_and_an_operator_end_it_once() {
    every_order(
        |entry| entry.expire(IDLE_END),
        |entry| entry.end(ended(EndReason::Revoked)),
        |entry, expired, revoked| {
            assert!(expired ^ revoked);
            assert!(!entry.is_live());
        },
    );
}

#[test]
fn a_touch_beside_the_clock_revives_nothing() {
    every_order(
        |entry| {
            entry.touch(IDLE_END - 1, None);
        },
        |entry| entry.expire(IDLE_END),
        |entry, (), expired| {
            assert_eq!(entry.is_live(), !expired);
            if expired {
                let reason = entry.ended().unwrap().reason;
                assert_eq!(reason, EndReason::Idle);
                entry.touch(IDLE_END, None);
                assert!(!entry.is_live());
            }
        },
    );
}

#[test]
fn a_touch_beside_a_revoke_writes_nothing_back() {
    every_order(
        |entry| entry.touch(IDLE_END - 1, Some([10, 0, 0, 9].into())),
        |entry| entry.end(ended(EndReason::Revoked)),
        |entry, _, revoked| {
            assert!(revoked && !entry.is_live());
            assert!(!entry.is_unwritten());
        },
    );
}

#[test]
fn two_touches_lose_no_request_and_no_time() {
    every_order(
        |entry| entry.touch(1_100_000, None),
        |entry| entry.touch(1_200_000, None),
        |entry, one, other| {
            assert_eq!(entry.moving().requests, 3);
            assert_eq!(entry.moving().seen, 1_200_000);
            assert!(one ^ other, "both or none want it written");
        },
    );
}

#[test]
fn two_clients_beside_each_other_are_both_remembered() {
    let from =
        |last: u8| move |entry: &Entry| entry.touch(1_000_001, Some([10, 0, 0, last].into()));
    every_order(from(2), from(3), |entry, _, _| {
        let session = entry.describe();
        assert_eq!(session.ips.len(), 3);
        assert_eq!(session.ip, Some(session.ips[0]));
        assert_eq!(session.login_ip, Some([10, 0, 0, 1].into()));
    });
}

#[test]
fn a_lookup_beside_a_rotation_takes_it_for_no_other_session() {
    let (old, new) = (Digest([7; 32]), Digest([8; 32]));
    let mut mixed = [7; 32];
    mixed[8..].fill(9);
    every_order(
        move |entry| entry.replace_digest(new),
        move |entry| entry.has_digest(&Digest(mixed).words()),
        move |entry, (), other| {
            assert!(!other);
            assert!(entry.has_digest(&new.words()));
            assert!(!entry.has_digest(&old.words()));
        },
    );
}

#[test]
fn its_end_is_news_to_the_disk_once() {
    every_order(
        |entry| entry.end(ended(EndReason::Revoked)) && entry.settle(),
        |entry| entry.is_over() && entry.settle(),
        |entry, one, other| {
            assert!(one ^ other);
            assert!(!entry.is_unsettled());
        },
    );
}

#[test]
fn what_is_not_durable_yet_is_seen_by_nobody() {
    model(|| {
        let entry = Arc::new(entry());
        entry.life.lower(LIVE);
        let shared = Arc::clone(&entry);
        let thread = thread::spawn(move || shared.commit());
        let seen = entry.is_live();
        thread.join().unwrap();
        assert!(entry.is_live() && (seen || !entry.is_over()));
    });
}
