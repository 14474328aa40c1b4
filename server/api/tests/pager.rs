//! Pages out of unordered scans: together they are the whole list, each session once, whoever comes and goes.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod lists;

use std::collections::BTreeSet;

use lists::{NOW, handles, lies_at_its_offset, list, sessions, sorted, sorts, three};
use proptest::{collection::vec, prelude::*};
use sessctl_api::{Filter, Handle, ListQuery, Pager, Pass, RegistryError, Session, Start};
use time::OffsetDateTime;

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
            let found = list(&sessions, &query, NOW + page * 60_000);
            prop_assert_eq!((found.total, found.offset), (sessions.len() as u64, listed.len() as u64));
            prop_assert!(found.items.len() == limit || found.next.is_none());
            listed.extend(handles(&found.items));
            prop_assert!(listed.len() <= sessions.len(), "some are listed twice");
            let Some(next) = found.next else { break };
            query.start = Start::After(next);
            prop_assert!(!found.items.is_empty());
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
            let found = list(&now_there, &query, NOW);
            prop_assert_eq!(found.total, now_there.len() as u64);
            prop_assert!(lies_at_its_offset(&found, &now_there, sort));
            listed.extend(handles(&found.items));
            prop_assert!(listed.len() <= sessions.len(), "some are listed twice");
            let Some(next) = found.next else { break };
            query.start = Start::After(next);
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
        let items = list(&three(), &query, NOW).items;
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
    let Pass::Done(found) = pager.finish() else {
        panic!("a first page takes one scan")
    };
    assert_eq!((found.items, found.total), (vec!["bob".to_owned()], 2));
    assert!(found.next.is_some());
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
    let Pass::Done(found) = pager.finish() else {
        panic!("a first page takes one scan")
    };
    assert_eq!((found.items.len(), found.total), (10, 10_000));
    assert!(made < 1_000, "{made} were made");
}

#[test]
fn a_limit_out_of_range_is_taken_as_the_nearest() {
    let query = ListQuery::first(Filter::default(), 0);
    assert_eq!(list(&three(), &query, NOW).items.len(), 1);
    let query = ListQuery::first(Filter::default(), usize::MAX);
    assert_eq!(list(&three(), &query, NOW).items.len(), 3);
}

#[test]
fn a_cursor_of_another_sort_is_refused() {
    let mut query = ListQuery::first(Filter::default(), 1);
    let next = list(&three(), &query, NOW).next.unwrap();
    query.sort = "user".parse().unwrap();
    for start in [Start::After, Start::Around] {
        for cursor in [next.clone(), "nonsense".to_owned()] {
            query.start = start(cursor);
            let error = Pager::<()>::new(&query, NOW).unwrap_err();
            assert!(matches!(error, RegistryError::BadQuery(_)), "{error}");
        }
    }
}
