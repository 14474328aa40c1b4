//! Pages around a session and after so many of them: just what a plain sort has there.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod lists;

use std::{cell::Cell, collections::BTreeSet};

use lists::{NOW, SAMPLE, lies_at_its_offset, list, list_of, sessions, sorted, sorts, three};
use proptest::{collection::vec, prelude::*};
use sessctl_api::{Filter, Found, Handle, ListQuery, Pager, Pass, Session, Start};
use time::OffsetDateTime;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_page_around_a_session_has_half_of_it_before_that_place_whether_or_not_the_session_lives(
        sessions in sessions(60), sort in sorts(), limit in 1..40_usize, at in any::<usize>(), lives in any::<bool>(),
    ) {
        prop_assume!(!sessions.is_empty());
        let anchor = sessions[at % sessions.len()].clone();
        let rank = sorted(&sessions, sort).iter().position(|handle| *handle == anchor.handle).unwrap();
        let mut there = sessions;
        there.retain(|session| lives || session.handle != anchor.handle);
        let start = Start::Around(sort.cursor_at(&anchor));
        let query = ListQuery { sort, start, ..ListQuery::first(Filter::default(), limit) };
        let found = list(&there, &query, NOW);
        let begin = rank.saturating_sub(limit / 2).min(there.len().saturating_sub(limit));
        prop_assert_eq!((found.offset, found.total), (begin as u64, there.len() as u64));
        prop_assert_eq!(found.items.len(), limit.min(there.len()));
        prop_assert!(lies_at_its_offset(&found, &there, sort));
        prop_assert!(!lives || found.items.contains(&anchor));
        go_on(&found, &there, &query)?;
    }

    #[test]
    fn a_page_after_so_many_sessions_is_just_that_and_at_the_end_the_last_full_one(
        sessions in prop_oneof![sessions(SAMPLE), sessions(300)], sort in sorts(), limit in 1..40_usize,
        wanted in prop_oneof![0..350_u64, any::<u64>()],
    ) {
        let query = ListQuery { sort, start: Start::Offset(wanted), ..ListQuery::first(Filter::default(), limit) };
        let (found, scans) = list_of(&[&sessions], &query, NOW);
        let last_full = sessions.len().saturating_sub(limit) as u64;
        prop_assert_eq!((found.offset, found.total), (wanted.min(last_full), sessions.len() as u64));
        prop_assert_eq!(found.items.len(), limit.min(sessions.len()));
        prop_assert!(lies_at_its_offset(&found, &sessions, sort));
        prop_assert_eq!(scans == 1, sessions.len() <= SAMPLE);
        go_on(&found, &sessions, &query)?;
    }

    #[test]
    fn a_page_after_so_many_lies_where_it_says_whoever_comes_and_goes_between_two_scans(
        sessions in sessions(300), sort in sorts(), limit in 1..40_usize, wanted in 0..350_u64,
        stays in vec((0..300_usize, 0..300_usize), 1..9), calms_down in any::<bool>(),
    ) {
        // In each scan another part of the list's order is gone.
        let order = sorted(&sessions, sort);
        let scans: Vec<Vec<Session>> = stays.into_iter().map(|(from, to)| {
            let gone: BTreeSet<_> = order.iter().take(to).skip(from).collect();
            sessions.iter().filter(|session| !gone.contains(&session.handle)).cloned().collect()
        }).collect();
        let scans: Vec<&[Session]> = scans.iter().map(Vec::as_slice).take(if calms_down { 2 } else { 9 }).collect();
        let query = ListQuery { sort, start: Start::Offset(wanted), ..ListQuery::first(Filter::default(), limit) };
        let (found, taken) = list_of(&scans, &query, NOW);
        let there = scans[(taken - 1).min(scans.len() - 1)];
        prop_assert!(taken <= 6);
        prop_assert_eq!(found.total, there.len() as u64);
        prop_assert!(lies_at_its_offset(&found, there, sort));
        if calms_down {
            let last_full = there.len().saturating_sub(limit) as u64;
            prop_assert_eq!((found.offset, found.items.len()), (wanted.min(last_full), limit.min(there.len())));
        }
    }
}

/// The next page begins where this one ends, and there is one unless this is the last.
fn go_on(
    found: &Found<Session>,
    sessions: &[Session],
    query: &ListQuery,
) -> Result<(), TestCaseError> {
    let end = found.offset + found.items.len() as u64;
    let Some(next) = found.next.clone() else {
        prop_assert_eq!(end, found.total);
        return Ok(());
    };
    let start = Start::After(next);
    let following = list(
        sessions,
        &ListQuery {
            start,
            ..query.clone()
        },
        NOW,
    );
    prop_assert_eq!(following.offset, end);
    prop_assert!(
        !following.items.is_empty() && lies_at_its_offset(&following, sessions, query.sort)
    );
    Ok(())
}

/// What is kept of a session while it is looked for, counted.
struct Counted<'c>(&'c Cell<usize>);

impl<'c> Counted<'c> {
    fn new(kept: &'c Cell<usize>, most: &Cell<usize>) -> Self {
        kept.set(kept.get() + 1);
        most.set(most.get().max(kept.get()));
        Self(kept)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[test]
fn few_are_kept_for_a_page_in_the_middle_of_very_many() {
    const MANY: u64 = 300_000;
    let query = ListQuery {
        start: Start::Offset(MANY / 2),
        ..ListQuery::first(Filter::default(), 500)
    };
    let (kept, most) = (Cell::new(0), Cell::new(0));
    let mut session = three().remove(0);
    let mut pager = Pager::new(&query, NOW).unwrap();
    for _ in 0..2 {
        for n in 0..MANY {
            session.handle = Handle::from_random(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let scattered = n.wrapping_mul(7_919) % MANY;
            session.created = OffsetDateTime::from_unix_timestamp(scattered as i64).ok();
            pager.offer(&session.view(), || Counted::new(&kept, &most));
        }
        pager = match pager.finish() {
            Pass::Again(again) => again,
            Pass::Done(found) => {
                assert_eq!((found.items.len(), found.offset), (500, MANY / 2));
                assert!(most.get() <= 20_000, "{} were kept at once", most.get());
                return;
            }
        };
    }
    panic!("two scans do");
}
