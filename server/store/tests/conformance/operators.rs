//! What operators see, end and hear.

use crate::{
    common::{StatsNow as _, Store, client},
    kit::{listed, revoke},
};
use futures_util::{FutureExt as _, StreamExt as _};
use sessctl_api::{
    EndReason, EventKind, Filter, ListQuery, Notice, Registry as _, Revocation, RevokeResult,
    Selection, Start,
};
use std::time::Duration;

pub(crate) async fn revoking_reports_each_handle(store: &Store) {
    let (alice, bob) = (store.login("alice").await, store.login("bob").await);
    revoke(store, &bob).await;
    let stranger = sessctl_api::Handle::from_random(1);
    let order = Revocation::of_handles(vec![alice.entry.handle(), bob.entry.handle(), stranger]);
    let results: Vec<_> = store
        .sessions
        .revoke(order, "tester")
        .await
        .unwrap()
        .outcomes
        .iter()
        .map(|o| o.result)
        .collect();
    assert_eq!(
        results,
        [
            RevokeResult::Revoked,
            RevokeResult::AlreadyEnded,
            RevokeResult::NotFound
        ]
    );
}

pub(crate) async fn a_revocation_with_a_wrong_count_ends_nothing(store: &Store) {
    store.login("alice").await;
    store.login("alice").await;
    let select = Selection::Filter("user=alice".to_owned());
    let order = |expect| Revocation {
        select: select.clone(),
        expect: Some(expect),
        dry_run: false,
    };
    assert!(store.sessions.revoke(order(1), "tester").await.is_err());
    assert_eq!(listed(store).await.len(), 2);
    assert_eq!(
        store
            .sessions
            .revoke(order(2), "tester")
            .await
            .unwrap()
            .count(RevokeResult::Revoked),
        2
    );
    assert_eq!(listed(store).await.len(), 0);
}

pub(crate) async fn a_dry_run_ends_nothing(store: &Store) {
    store.login("alice").await;
    let order = Revocation {
        select: Selection::All,
        expect: None,
        dry_run: true,
    };
    assert_eq!(
        store
            .sessions
            .revoke(order, "tester")
            .await
            .unwrap()
            .count(RevokeResult::WouldRevoke),
        1
    );
    assert_eq!(listed(store).await.len(), 1);
}

pub(crate) async fn watchers_hear_of_logins_requests_and_ends_in_order(store: &Store) {
    let mut notices = store.sessions.watch(Filter::default(), None).await.unwrap();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    let created = store.login("alice").await;
    store.forward(Duration::from_secs(2));
    store.sessions.touch(&created.entry, client().ip);
    store.sessions.sweep().await.unwrap();
    revoke(store, &created).await;
    let (mut heard, mut revs) = (Vec::new(), Vec::new());
    while heard.len() < 3 {
        let Notice::Event(event) = notices.next().await.unwrap().unwrap() else {
            panic!("nothing was lost")
        };
        assert_eq!(event.session.handle, created.entry.handle());
        revs.push(event.rev);
        heard.push((event.kind, event.reason, event.actor));
    }
    assert_eq!(revs, [revs[0], revs[0] + 1, revs[0] + 2]);
    assert_eq!(
        heard,
        [
            (EventKind::Created, None, None),
            (EventKind::Changed, None, None),
            (
                EventKind::Ended,
                Some(EndReason::Revoked),
                Some("tester".to_owned())
            ),
        ]
    );
}

pub(crate) async fn every_busy_session_gets_its_turn_in_the_news(store: &Store) {
    const BUSY: usize = 600;
    let mut busy = Vec::new();
    for n in 0..BUSY {
        busy.push(store.login(&format!("user{n}")).await);
    }
    let mut notices = store.sessions.watch(Filter::default(), None).await.unwrap();
    let mut told = std::collections::HashSet::new();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    for _ in 0..4 {
        store.forward(Duration::from_secs(1));
        for created in &busy {
            store.sessions.touch(&created.entry, client().ip);
        }
        store.sessions.sweep().await.unwrap();
        // Unconstrained, or the runtime would pause the loop before it is empty.
        while let Some(Some(notice)) = tokio::task::unconstrained(notices.next()).now_or_never() {
            let Notice::Event(event) = notice.unwrap() else {
                panic!("nothing was lost")
            };
            told.insert(event.session.handle);
        }
    }
    assert_eq!(told.len(), BUSY);
}

pub(crate) async fn pages_neither_skip_nor_repeat(store: &Store) {
    for n in 0..25 {
        store.login(&format!("user{n}")).await;
        store.forward(Duration::from_millis(n % 3));
    }
    let (mut handles, mut query) = (Vec::new(), ListQuery::first(Filter::default(), 10));
    loop {
        let page = store.sessions.list(query.clone()).await.unwrap();
        assert_eq!(page.total, 25);
        handles.extend(page.sessions.iter().map(|session| session.handle));
        let Some(next) = page.next else { break };
        query.start = Start::After(next);
    }
    let all: std::collections::HashSet<_> = handles.iter().collect();
    assert_eq!((handles.len(), all.len()), (25, 25));
    assert!(
        store
            .sessions
            .list(ListQuery {
                start: Start::After("nonsense".to_owned()),
                ..query
            })
            .await
            .is_err()
    );
}

pub(crate) async fn parallel_revokes_end_a_session_once(store: &Store) {
    let created = store.login("alice").await;
    let orders = (0..50).map(|_| {
        store.sessions.revoke(
            Revocation::of_handles(vec![created.entry.handle()]),
            "tester",
        )
    });
    let reports = futures_util::future::join_all(orders).await;
    let revoked: usize = reports
        .into_iter()
        .map(|report| report.unwrap().count(RevokeResult::Revoked))
        .sum();
    assert_eq!(revoked, 1);
    assert_eq!(store.sessions.stats_now().await.ended.unwrap().revoked, 1);
}
