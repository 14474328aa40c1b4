//! One entry by itself.

use super::{trail::ADDRESSES, *};
use crate::origin::Origins;

const LOGIN: Millis = 1_000_000;
const MINUTE: Millis = 60_000;

/// A live session of nobody, with an idle limit of ten minutes and an absolute one of an hour.
pub(crate) fn entry() -> Entry {
    Entry::new(row(), false)
}

/// The same of a user.
pub(crate) fn entry_of(user: &str) -> Entry {
    let row = Row {
        user: Some(user.into()),
        ..row()
    };
    Entry::new(row, false)
}

fn row() -> Row {
    Row {
        row: 1,
        digest: Digest([7; 32]),
        handle: Handle::from_random(7),
        user: None,
        origin: Origins::default().get(None, 10 * MINUTE, 60 * MINUTE),
        login_ip: Some(ip(1)),
        ips: vec![ip(1)],
        created: LOGIN,
        seen: LOGIN,
        requests: 1,
        size: 0,
        is_broken: false,
        ended: None,
    }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, last])
}

#[test]
fn the_last_ten_addresses_and_that_of_the_login_are_remembered() {
    let entry = entry();
    for last in [1, 2, 3, 2] {
        entry.touch(LOGIN, Some(ip(last)));
    }
    let session = entry.describe();
    assert_eq!(session.ip, Some(ip(2)));
    assert_eq!(session.login_ip, Some(ip(1)));
    assert_eq!(session.ips, [ip(2), ip(3), ip(1)]);
    for last in 1..=40 {
        entry.touch(LOGIN, Some(ip(last)));
    }
    let session = entry.describe();
    assert_eq!(session.ips.len(), ADDRESSES);
    assert_eq!(session.ips[0], ip(40));
    assert_eq!(session.login_ip, Some(ip(1)), "the login's is never lost");
    assert_eq!(entry.view().ips, Some(10));
    assert_eq!(entry.view().login_ip, Some(ip(1)));
}

#[test]
fn of_two_addresses_it_is_known_which_is_the_logins() {
    let entry = entry();
    for (last, ips) in [(2, [2, 1]), (1, [1, 2]), (2, [2, 1])] {
        entry.touch(LOGIN, Some(ip(last)));
        let session = entry.describe();
        assert_eq!(session.ips, ips.map(ip));
        assert_eq!(session.login_ip, Some(ip(1)), "after {last}");
        assert_eq!(
            (entry.view().login_ip, entry.view().ips),
            (Some(ip(1)), Some(2))
        );
    }
}

#[test]
fn stored_addresses_come_back_as_they_were() {
    for (ips, login, shown) in [
        (vec![], None, (vec![], None)),
        (vec![1], None, (vec![1], Some(1))),
        // As the first version stored one that had moved.
        (vec![2], Some(1), (vec![2, 1], Some(1))),
        (vec![2, 1], Some(2), (vec![2, 1], Some(2))),
        (vec![3, 2], Some(1), (vec![3, 2], Some(1))),
        (vec![4, 3, 2, 1], Some(1), (vec![4, 3, 2, 1], Some(1))),
    ] {
        let row = Row {
            ips: ips.into_iter().map(ip).collect(),
            login_ip: login.map(ip),
            ..row()
        };
        let entry = Entry::new(row, false);
        let session = entry.describe();
        let (ips, login): (Vec<_>, _) = (shown.0.into_iter().map(ip).collect(), shown.1.map(ip));
        assert_eq!(entry.view().login_ip, login);
        assert_eq!(entry.view().ips.unwrap_or(0) as usize, ips.len());
        assert_eq!((session.ips, session.login_ip), (ips, login));
    }
}

#[test]
fn a_million_of_them_fit_into_little_memory() {
    // With the two counters of its `Arc` 184: allocators give 192 bytes for that, and 224 for what is longer.
    #[cfg(not(feature = "loom"))]
    assert_eq!(size_of::<Entry>(), 168);
    // What one that moved once takes besides, in an allocation of its own.
    #[cfg(not(feature = "loom"))]
    assert_eq!(size_of::<super::life::Rare>(), 40);
}

#[test]
fn an_address_of_either_kind_reads_back_as_itself() {
    for text in ["127.0.0.1", "::1", "2001:db8::7", "255.255.255.255"] {
        let ip = text.parse().unwrap();
        let entry = entry();
        entry.touch(LOGIN, Some(ip));
        assert_eq!(entry.describe().ip, Some(ip));
    }
}

#[test]
fn last_seen_wants_to_be_written_once_it_moved_far_enough() {
    let entry = entry();
    assert!(!entry.touch(LOGIN + MINUTE * 7 / 8 - 1, None));
    assert!(entry.touch(LOGIN + MINUTE, None));
    assert!(!entry.touch(LOGIN + 2 * MINUTE, None), "said twice");
    entry.note_written(LOGIN + 2 * MINUTE);
    assert!(!entry.touch(LOGIN + 2 * MINUTE + 1, None));
    assert!(entry.touch(LOGIN + 3 * MINUTE, None));
}

#[test]
fn an_ended_session_holds_nothing_and_takes_nothing() {
    let entry = entry();
    let data: Data = [("a".to_owned(), 1.into())].into_iter().collect();
    let put = |_: &Data| Ok::<_, ()>(data.clone());
    assert_eq!(entry.change_held(put), Some(Ok(())));
    assert_eq!(entry.size(), 7);
    assert!(entry.expire(LOGIN + 10 * MINUTE));
    assert!(!entry.expire(LOGIN + 10 * MINUTE), "ended twice");
    assert_eq!(entry.change_held(put), None);
    assert_eq!((entry.held(), entry.size()), (None, 0));
}

#[test]
fn an_event_of_before_shows_addresses_that_belong_together() {
    let entry = entry();
    let before = entry.moving();
    entry.touch(LOGIN, Some(ip(2)));
    entry.touch(LOGIN, Some(ip(1)));
    entry.touch(LOGIN, Some(ip(2)));
    let shown = entry.describe_at(before);
    assert_eq!((shown.ip, shown.login_ip), (Some(ip(2)), Some(ip(1))));
    assert_eq!(shown.ips, [ip(2), ip(1)]);
}
