//! Pages out of unordered scans: together they are the whole list, each session once, whoever comes and goes.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*, sample::select};
use sessctl_api::{
    EndReason, Ended, Filter, Handle, ListQuery, Pager, RegistryError, Session, Sort, SortField,
};
use time::{Duration, OffsetDateTime};

const NOW: i64 = 1_800_000_000_000;

fn list(sessions: &[Session], query: &ListQuery, now: i64) -> (Vec<Session>, u64, Option<String>) {
    let mut pager = Pager::new(query, now).unwrap();
    for session in sessions {
        pager.offer(&session.view(), || session.clone());
    }
    pager.finish()
}

fn handles(sessions: &[Session]) -> Vec<Handle> {
    sessions.iter().map(|session| session.handle).collect()
}

/// The whole list by a plain sort.
fn sorted(sessions: &[Session], sort: Sort) -> Vec<Handle> {
    let mut all = sessions.to_vec();
    all.sort_by(|a, b| {
        let (view_a, view_b) = (a.view(), b.view());
        let (a, b) = (sort.value(&view_a), sort.value(&view_b));
        sort.order((&a, view_a.handle), (&b, view_b.handle))
    });
    handles(&all)
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
    fn sessions(max: usize)(
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
    fn sorts()(field in select(&SortField::ALL[..]), descending in any::<bool>()) -> Sort {
        Sort { field, descending }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_pages_together_are_the_whole_list(
        sessions in sessions(60), sort in sorts(), limit in 1..12_usize,
    ) {
        let mut query = ListQuery { sort, ..ListQuery::first(Filter::default(), limit) };
        let mut listed = Vec::new();
        // Time passes from page to page.
        for page in 0.. {
            let (items, total, next) = list(&sessions, &query, NOW + page * 60_000);
            prop_assert_eq!(total, sessions.len() as u64);
            prop_assert!(items.len() == limit || next.is_none());
            listed.extend(handles(&items));
            prop_assert!(listed.len() <= sessions.len(), "some are listed twice");
            query.cursor = next;
            if query.cursor.is_none() {
                break;
            }
            prop_assert!(!items.is_empty());
        }
        prop_assert_eq!(listed, sorted(&sessions, sort));
    }

    #[test]
    fn those_who_stay_are_listed_once_whoever_comes_and_goes(
        sessions in sessions(60), sort in sorts(), limit in 1..8_usize,
        fates in vec((any::<bool>(), 0..8_usize, 0..8_usize), 60),
    ) {
        // Each either stays or lives from one page to another.
        let lives = |n: usize, page: usize| fates[n].0 || (fates[n].1..fates[n].2).contains(&page);
        let mut query = ListQuery { sort, ..ListQuery::first(Filter::default(), limit) };
        let mut listed = Vec::new();
        for page in 0.. {
            let now_there: Vec<_> = sessions
                .iter()
                .enumerate()
                .filter(|(n, _)| lives(*n, page))
                .map(|(_, session)| session.clone())
                .collect();
            let (items, total, next) = list(&now_there, &query, NOW);
            prop_assert_eq!(total, now_there.len() as u64);
            listed.extend(handles(&items));
            prop_assert!(listed.len() <= sessions.len(), "some are listed twice");
            query.cursor = next;
            if query.cursor.is_none() {
                break;
            }
        }
        let distinct: BTreeSet<_> = listed.iter().copied().collect();
        prop_assert_eq!(distinct.len(), listed.len(), "none is listed twice");
        for (n, session) in sessions.iter().enumerate() {
            prop_assert!(!fates[n].0 || distinct.contains(&session.handle));
        }
        let order: Vec<_> = sorted(&sessions, sort).into_iter().filter(|h| distinct.contains(h)).collect();
        prop_assert_eq!(listed, order);
    }
}

/// Sessions whose handles are in the order of their user names, all known but the last one's.
fn three() -> Vec<Session> {
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

#[test]
fn a_list_is_in_the_order_that_was_asked_for() {
    for (sort, order) in [
        ("created:desc", [3, 2, 1]),
        ("created", [1, 2, 3]),
        ("age", [3, 2, 1]),
        ("idle:desc", [1, 2, 3]),
        ("user", [1, 2, 3]),
        ("user:desc", [2, 1, 3]),
        ("requests:desc", [1, 2, 3]),
        ("handle:desc", [3, 2, 1]),
    ] {
        let query = ListQuery {
            sort: sort.parse().unwrap(),
            ..ListQuery::first(Filter::default(), 10)
        };
        let (items, ..) = list(&three(), &query, NOW);
        // The first letters of a handle are its lowest bits.
        let first = |session: &Session| session.handle.as_str()[..1].parse::<u32>().unwrap();
        assert_eq!(items.iter().map(first).collect::<Vec<_>>(), order, "{sort}");
    }
}

#[test]
fn only_what_matches_is_counted_and_made() {
    let query = ListQuery::first("user=*".parse().unwrap(), 1);
    let mut pager = Pager::new(&query, NOW).unwrap();
    for session in three() {
        pager.offer(&session.view(), || {
            session
                .user
                .clone()
                .expect("a session without a user does not match")
        });
    }
    let (items, total, next) = pager.finish();
    assert_eq!((items, total), (vec!["bob".to_owned()], 2));
    assert!(next.is_some());
}

#[test]
fn few_are_made_for_a_page_of_many() {
    let query = ListQuery::first(Filter::default(), 10);
    let mut pager = Pager::new(&query, NOW).unwrap();
    let mut made = 0;
    let mut session = three().remove(0);
    for n in 0..10_000_u64 {
        session.handle = Handle::from_random(n);
        let scattered = n.wrapping_mul(7_919) % 10_000;
        session.created = OffsetDateTime::from_unix_timestamp(scattered as i64).ok();
        pager.offer(&session.view(), || made += 1);
    }
    let (items, total, _) = pager.finish();
    assert_eq!((items.len(), total), (10, 10_000));
    assert!(made < 1_000, "{made} were made");
}

#[test]
fn a_limit_out_of_range_is_taken_as_the_nearest() {
    let query = ListQuery::first(Filter::default(), 0);
    assert_eq!(list(&three(), &query, NOW).0.len(), 1);
    let query = ListQuery::first(Filter::default(), usize::MAX);
    assert_eq!(list(&three(), &query, NOW).0.len(), 3);
}

#[test]
fn a_cursor_of_another_sort_is_refused() {
    let mut query = ListQuery::first(Filter::default(), 1);
    query.cursor = list(&three(), &query, NOW).2;
    query.sort = "user".parse().unwrap();
    let error = Pager::<()>::new(&query, NOW).unwrap_err();
    assert!(matches!(error, RegistryError::BadQuery(_)), "{error}");
    query.cursor = Some("nonsense".to_owned());
    assert!(Pager::<()>::new(&query, NOW).is_err());
}
