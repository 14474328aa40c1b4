//! Sessions to list, and lists of them.

#![allow(dead_code, reason = "each test file uses its part")]

use proptest::{collection::vec, option, prelude::*, sample::select};
use sessctl_api::{
    EndReason, Ended, Found, Handle, ListQuery, Pager, Pass, Session, Sort, SortField,
};
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: i64 = 1_800_000_000_000;

/// Long lists are known by samples of so many.
pub(crate) const SAMPLE: usize = 80;

/// Lists what is there in one scan after the other, the last of which goes on; also says how many that took.
pub(crate) fn list_of(
    scans: &[&[Session]],
    query: &ListQuery,
    now: i64,
) -> (Found<Session>, usize) {
    let mut pager = Pager::with_sample(query, now, SAMPLE).unwrap();
    for scan in 0..scans.len() + 10 {
        for session in scans[scan.min(scans.len() - 1)] {
            pager.offer(&session.view(), || session.clone());
        }
        match pager.finish() {
            Pass::Done(found) => return (found, scan + 1),
            Pass::Again(again) => pager = again,
        }
    }
    panic!("it scans for ever")
}

pub(crate) fn list(sessions: &[Session], query: &ListQuery, now: i64) -> Found<Session> {
    list_of(&[sessions], query, now).0
}

pub(crate) fn handles(sessions: &[Session]) -> Vec<Handle> {
    sessions.iter().map(|session| session.handle).collect()
}

/// The whole list by a plain sort.
pub(crate) fn sorted(sessions: &[Session], sort: Sort) -> Vec<Handle> {
    let places = sessions.iter().map(|session| {
        let view = session.view();
        (sort.value(&view).into_owned(), session.handle)
    });
    let mut places: Vec<_> = places.collect();
    places.sort_by(|(a, one), (b, other)| sort.order((a, *one), (b, *other)));
    places.into_iter().map(|(_, handle)| handle).collect()
}

fn moments() -> impl Strategy<Value = Option<OffsetDateTime>> {
    let start = OffsetDateTime::from_unix_timestamp(NOW / 1_000).unwrap();
    option::of((-9..3_i64).prop_map(move |seconds| start + Duration::seconds(seconds)))
}

fn texts() -> impl Strategy<Value = Option<String>> {
    let long = "x".repeat(300);
    let texts = ["", "alice", "bob/b", "山田", &long, &(long.clone() + "y")].map(str::to_owned);
    option::of(select(texts.to_vec()))
}

prop_compose! {
    pub(crate) fn sessions(max: usize)(
        parts in vec((
            (texts(), texts(), moments(), moments(), moments()),
            (option::of(any::<bool>()), 0..3_usize, option::of(0..4_u64), option::of(any::<u64>())),
        ), 0..max),
        seed in any::<u32>(),
    ) -> Vec<Session> {
        parts.into_iter().enumerate().map(|(n, ((user, ua, created, seen, expires), (ip, ips, requests, size)))| Session {
            // Odd times anything is a permutation: all handles differ, in no order.
            handle: Handle::from_random((n as u64 + (u64::from(seed) << 10)).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            client: user.clone(),
            user,
            ip: ip.map(|old| if old { "10.0.0.1" } else { "fd00::1" }.parse().unwrap()),
            login_ip: None,
            ips: vec!["10.0.0.1".parse().unwrap(); ips],
            ua, created, seen, expires,
            idle_expires: None,
            requests,
            size,
            ended: seen.map(|at| Ended { reason: EndReason::ALL[n % 6], actor: None, at }),
        }).collect()
    }
}

prop_compose! {
    pub(crate) fn sorts()(field in select(&SortField::ALL[..]), descending in any::<bool>()) -> Sort {
        Sort { field, descending }
    }
}

/// Sessions whose handles are in the order of their user names, all known but the last one's.
pub(crate) fn three() -> Vec<Session> {
    let created = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let session = |n: u64, user: Option<&str>, seconds| Session {
        handle: Handle::from_random(n),
        user: user.map(str::to_owned),
        ip: None,
        login_ip: None,
        ips: Vec::new(),
        ua: None,
        client: None,
        created: created(seconds),
        seen: created(seconds),
        idle_expires: None,
        expires: None,
        requests: None,
        size: None,
        ended: None,
    };
    vec![
        session(1, Some("alice"), 10),
        session(2, Some("bob"), 20),
        session(3, None, 30),
    ]
}

/// Whether a page is what a plain sort has there.
pub(crate) fn lies_at_its_offset(found: &Found<Session>, sessions: &[Session], sort: Sort) -> bool {
    let begin = found.offset as usize;
    let rows = sorted(sessions, sort);
    rows.get(begin..begin + found.items.len()) == Some(&handles(&found.items)[..])
}
