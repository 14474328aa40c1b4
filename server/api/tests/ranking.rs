//! What most sessions share, out of unordered scans: exact, in as much memory as there are counters.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::collections::HashMap;

use proptest::{collection::vec, option, prelude::*, sample::select};
use sessctl_api::{
    Filter, Handle, Pass, Ranking, RegistryError, Session, SortField, Top, TopQuery, ValueCount,
};

fn query(field: SortField, limit: usize) -> TopQuery {
    TopQuery {
        filter: Filter::default(),
        field,
        limit,
    }
}

/// Counts with few counters; also says how many scans that took.
fn rank(scans: &[Vec<Session>], query: &TopQuery, counters: usize) -> (Top, usize) {
    let mut ranking = Ranking::with_counters(query, 0, counters).unwrap();
    for scan in 0.. {
        // The last one goes on.
        for session in &scans[scan.min(scans.len() - 1)] {
            ranking.offer(&session.view());
        }
        match ranking.finish() {
            Pass::Done(top) => return (top, scan + 1),
            Pass::Again(again) => ranking = again,
        }
    }
    unreachable!("a scan follows every other")
}

fn value(session: &Session, field: SortField) -> Option<String> {
    match field {
        SortField::Ip => session.ip.map(|ip| ip.to_canonical().to_string()),
        _ => session.user.clone(),
    }
}

fn counted(sessions: &[Session], field: SortField) -> HashMap<Option<String>, u64> {
    let mut counts = HashMap::new();
    for session in sessions {
        *counts.entry(value(session, field)).or_default() += 1;
    }
    counts
}

fn session(n: usize, user: Option<String>, ip: Option<u8>) -> Session {
    Session {
        handle: Handle::from_random(n as u64),
        client: user.clone(),
        user,
        ip: ip.map(|last| [10, 0, 0, last].into()),
        login_ip: None,
        ips: Vec::new(),
        ua: None,
        created: None,
        seen: None,
        idle_expires: None,
        expires: None,
        requests: None,
        size: None,
        ended: None,
    }
}

fn of_users(users: impl IntoIterator<Item = impl Into<String>>) -> Vec<Session> {
    let users = users.into_iter().enumerate();
    users
        .map(|(n, user)| session(n, Some(user.into()), None))
        .collect()
}

prop_compose! {
    /// Few values are common, and many are rare.
    fn sessions()(
        parts in vec((option::weighted(0.9, 0..40_u8), option::weighted(0.9, 0..40_u8), any::<bool>()), 0..200),
    ) -> Vec<Session> {
        let rare = |n: u8, is_common: bool| if is_common { n % 3 } else { n };
        parts.into_iter().enumerate().map(|(n, (user, ip, is_common))| {
            let user = user.map(|user| format!("user{}", rare(user, is_common)));
            session(n, user, ip.map(|ip| rare(ip, is_common)))
        }).collect()
    }
}

fn fields() -> impl Strategy<Value = SortField> {
    select(&TopQuery::FIELDS[..])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn with_a_counter_for_each_value_one_scan_is_exact(
        sessions in sessions(), field in fields(), limit in 1..50_usize,
    ) {
        let (top, scans) = rank(std::slice::from_ref(&sessions), &query(field, limit), 40);
        let mut expected: Vec<_> = counted(&sessions, field).into_iter().collect();
        // Addresses have an order of their own: ten comes after nine.
        let key = |value: &Option<String>| {
            let ip = value.as_deref().and_then(|text| text.parse::<std::net::IpAddr>().ok());
            (value.is_none(), ip, value.clone())
        };
        expected.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| key(a).cmp(&key(b))));
        expected.truncate(limit);
        let told: Vec<_> = top.counts.into_iter().map(|count| (count.value, count.sessions)).collect();
        prop_assert_eq!((told, top.total, scans), (expected, sessions.len() as u64, 1));
    }

    #[test]
    fn with_fewer_counters_the_counts_are_exact_and_nothing_common_is_missing(
        sessions in sessions(), field in fields(), counters in 1..40_usize,
    ) {
        let (top, scans) = rank(std::slice::from_ref(&sessions), &query(field, 100), counters);
        let counts = counted(&sessions, field);
        prop_assert!(scans <= 2 && top.counts.len() <= counters + 1);
        prop_assert_eq!(scans == 2, counts.keys().flatten().count() > counters);
        for ValueCount { value, sessions } in &top.counts {
            prop_assert_eq!(counts.get(value), Some(sessions));
        }
        prop_assert!(top.counts.windows(2).all(|pair| pair[0].sessions >= pair[1].sessions));
        for (value, count) in counts {
            let is_told = top.counts.iter().any(|told| told.value == value);
            let is_rare = count * (counters as u64 + 1) <= sessions.len() as u64;
            prop_assert!(is_told || is_rare, "{:?} of {} is missing", value, count);
        }
    }

    #[test]
    fn whoever_comes_and_goes_between_two_scans_the_counts_are_those_of_the_second(
        first in sessions(), second in sessions(), field in fields(), counters in 1..20_usize,
    ) {
        let scans = [first, second];
        let (top, taken) = rank(&scans, &query(field, 100), counters);
        let counts = counted(&scans[taken - 1], field);
        prop_assert_eq!(top.total, scans[taken - 1].len() as u64);
        for ValueCount { value, sessions } in &top.counts {
            prop_assert_eq!(counts.get(value), Some(sessions));
        }
    }
}

#[test]
fn only_what_matches_is_counted() {
    let mut sessions = of_users(["bob", "alice", "bob", "bobby", "carol"]);
    sessions.push(session(9, None, None));
    let query = TopQuery {
        filter: "user=*b*".parse().unwrap(),
        ..query(SortField::User, 1)
    };
    let (top, _) = rank(&[sessions], &query, 10);
    let bob = ValueCount {
        value: Some("bob".to_owned()),
        sessions: 2,
    };
    assert_eq!((top.counts, top.total), (vec![bob], 3));
}

#[test]
fn four_thousand_users_are_counted_in_one_scan_and_many_more_in_two() {
    let query = query(SortField::User, 2);
    for (users, scans) in [(4_095, 1), (100_000_u32, 2)] {
        let mut ranking = Ranking::new(&query, 0).unwrap();
        for scan in 1.. {
            let mut one = session(0, None, None);
            for n in 0..users {
                one.user = Some(format!("user{n}"));
                ranking.offer(&one.view());
                if n % 50 == 0 {
                    one.user = Some("often".to_owned());
                    ranking.offer(&one.view());
                }
            }
            match ranking.finish() {
                Pass::Done(top) => {
                    let often = u64::from(users.div_ceil(50));
                    assert_eq!(top.counts[0].value.as_deref(), Some("often"));
                    assert_eq!((top.counts[0].sessions, scan), (often, scans));
                    break;
                }
                Pass::Again(again) => ranking = again,
            }
        }
    }
}

#[test]
fn long_texts_are_told_apart_by_their_beginnings() {
    let long = "x".repeat(128);
    let users = [format!("{long}y"), format!("{long}z"), "x".to_owned()];
    let (top, _) = rank(&[of_users(users)], &query(SortField::User, 10), 10);
    let counts = top.counts.into_iter().map(|one| (one.value, one.sessions));
    assert_eq!(
        counts.collect::<Vec<_>>(),
        [(Some(long), 2), (Some("x".to_owned()), 1)]
    );
}

#[test]
fn columns_that_cannot_be_counted_are_refused_with_those_that_can() {
    for field in SortField::ALL {
        let named = TopQuery::parse_field(field.as_str());
        let query = query(field, 1);
        match (Ranking::new(&query, 0), named) {
            (Ok(_), Ok(named)) => assert!(TopQuery::counts(field) && named == field),
            (Err(RegistryError::BadQuery(why)), Err(RegistryError::BadQuery(same))) => {
                assert!(!TopQuery::counts(field));
                let says = format!(
                    "values of \"{field}\" are not counted, only those of user, client and ip"
                );
                assert_eq!((&why, &same), (&says, &says));
            }
            (counted, named) => panic!("{field}: {counted:?} and {named:?}"),
        }
    }
    assert!(TopQuery::parse_field("colour").is_err());
}

#[test]
fn a_limit_out_of_range_is_taken_as_the_nearest() {
    let sessions = [of_users((0..150).map(|n| n.to_string()))];
    for (limit, told) in [(0, 1), (7, 7), (usize::MAX, TopQuery::MAX_LIMIT)] {
        let (top, _) = rank(&sessions, &query(SortField::User, limit), 200);
        assert_eq!(top.counts.len(), told);
    }
}
