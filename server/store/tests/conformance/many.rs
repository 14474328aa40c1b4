//! Lists of many: sorting, filtering, paging while sessions come and go, counts, what is forgotten.

use crate::{
    common::{StatsNow as _, Store, client},
    kit::revoke,
};
use futures_util::{FutureExt as _, StreamExt as _};
use sessctl_api::{EventKind, Filter, Handle, ListQuery, Notice, Page, Registry as _, Start};
use sessctl_store::{Found, Settings};
use std::{collections::HashSet, time::Duration};

async fn page(store: &Store, filter: &str, sort: &str) -> Page {
    let query = ListQuery {
        sort: sort.parse().unwrap(),
        ..ListQuery::first(filter.parse().unwrap(), 1000)
    };
    store.sessions.list(query).await.unwrap()
}

async fn users(store: &Store, filter: &str, sort: &str) -> Vec<String> {
    let page = page(store, filter, sort).await;
    assert_eq!(page.total, page.sessions.len() as u64);
    let users = page.sessions.into_iter();
    users.map(|session| session.user.unwrap()).collect()
}

pub(crate) async fn lists_are_sorted_by_any_column_and_filtered_by_any(store: &Store) {
    for user in ["bob", "alice", "carol"] {
        let created = store.login(user).await;
        let data = serde_json::json!({"theme": user, "n": user.len()});
        let data = data.as_object().unwrap().clone();
        store.sessions.save(&created.entry, data).await.unwrap();
        store.forward(Duration::from_secs(10));
    }
    assert_eq!(users(store, "", "user").await, ["alice", "bob", "carol"]);
    assert_eq!(
        users(store, "", "created:desc").await,
        ["carol", "alice", "bob"]
    );
    assert_eq!(users(store, "", "age").await, ["carol", "alice", "bob"]);
    assert_eq!(users(store, "user=*l*", "user").await, ["alice", "carol"]);
    assert_eq!(users(store, "age>15s", "user").await, ["alice", "bob"]);
    assert_eq!(users(store, "user=bob", "user").await, ["bob"]);
    let none: [&str; 0] = [];
    assert_eq!(users(store, "user=bob and age<1s", "user").await, none);
    assert_eq!(users(store, "data.theme=alice", "user").await, ["alice"]);
    assert_eq!(users(store, "data.n>3", "user").await, ["alice", "carol"]);
    assert_eq!(
        users(store, "ip=127.0.0.0/8 and ips=1", "user").await.len(),
        3
    );
    assert_eq!(users(store, "size>0", "user").await.len(), 3);
}

pub(crate) async fn paging_holds_still_while_sessions_come_and_go(store: &Store) {
    for sort in ["created:desc", "created", "user", "handle:desc", "ip"] {
        let (mut staying, mut going) = (HashSet::new(), Vec::new());
        for n in 0..60 {
            let created = store.login(&format!("{sort}{}", n % 7)).await;
            store.forward(Duration::from_millis(n % 2));
            if n % 3 == 0 {
                going.push(created);
            } else {
                staying.insert(created.entry.handle());
            }
        }
        let mut query = ListQuery {
            sort: sort.parse().unwrap(),
            ..ListQuery::first(Filter::default(), 7)
        };
        let mut shown: Vec<Handle> = Vec::new();
        loop {
            let page = store.sessions.list(query.clone()).await.unwrap();
            shown.extend(page.sessions.iter().map(|session| session.handle));
            let Some(next) = page.next else { break };
            query.start = Start::After(next);
            store.login(&format!("{sort}9")).await;
            if let Some(created) = going.pop() {
                revoke(store, &created).await;
            }
        }
        let once: HashSet<_> = shown.iter().copied().collect();
        assert_eq!(once.len(), shown.len(), "{sort}: shown twice");
        assert!(staying.is_subset(&once), "{sort}: skipped");
        let all = sessctl_api::Revocation {
            select: sessctl_api::Selection::All,
            expect: None,
            dry_run: false,
        };
        store.sessions.revoke(all, "tester").await.unwrap();
    }
}

pub(crate) async fn counts_are_exact_before_any_sweep(store: &Store) {
    for user in ["alice", "alice", "bob"] {
        store.login(user).await;
        store.forward(Duration::from_secs(60));
    }
    let revoked = store.login("carol").await;
    let counted = |stats: sessctl_api::Stats| (stats.active, stats.users);
    assert_eq!(counted(store.sessions.stats_now().await), (4, 3));
    revoke(store, &revoked).await;
    assert_eq!(counted(store.sessions.stats_now().await), (3, 2));
    // The first of alice's reaches its idle limit of ten minutes, to the millisecond.
    store.forward(Duration::from_millis(7 * 60_000 - 1));
    assert_eq!(counted(store.sessions.stats_now().await), (3, 2));
    store.forward(Duration::from_millis(1));
    assert_eq!(counted(store.sessions.stats_now().await), (2, 2));
    assert_eq!(page(store, "", "user").await.total, 2);
    store.forward(Duration::from_secs(60));
    assert_eq!(counted(store.sessions.stats_now().await), (1, 1));
    let expired = store.sessions.sweep().await.unwrap();
    assert_eq!(expired.len(), 2, "the sweep writes down what others found");
}

pub(crate) async fn a_busy_session_outlives_its_first_deadline(store: &Store) {
    let busy = store.login("alice").await;
    for _ in 0..5 {
        store.forward(Duration::from_secs(500));
        store.sessions.touch(&busy.entry, client().ip);
        assert!(store.sessions.sweep().await.unwrap().is_empty());
    }
    assert!(store.opens(&busy.id).await);
    store.forward(Duration::from_secs(600));
    assert_eq!(store.sessions.sweep().await.unwrap().len(), 1);
}

pub(crate) fn forget_at_once(settings: &mut Settings) {
    settings.keep_ended = Duration::ZERO;
}

pub(crate) async fn what_is_forgotten_makes_room_for_others(store: &Store) {
    let mut old = Vec::new();
    for round in 0..3 {
        for n in 0..20 {
            old.push(store.login(&format!("user{round}.{n}")).await);
        }
        for created in &old {
            store
                .sessions
                .end(&created.entry, sessctl_api::EndReason::Logout, None)
                .await
                .unwrap();
        }
        store.sessions.sweep().await.unwrap();
        for created in &old {
            let found = store.sessions.lookup(&created.id).await.unwrap();
            assert!(matches!(found, Found::Unknown), "{found:?}");
        }
        let kept = store.login("kept").await;
        assert!(store.opens(&kept.id).await);
        assert_eq!(page(store, "", "user").await.total, round + 1);
    }
}

pub(crate) async fn a_watcher_goes_on_where_it_was(store: &Store) {
    let watch = |after| store.sessions.watch(Filter::default(), after);
    let mut notices = watch(None).await.unwrap();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    let alice = store.login("alice").await;
    let Notice::Event(first) = notices.next().await.unwrap().unwrap() else {
        panic!("nothing was lost")
    };
    drop(notices);
    store.login("bob").await;
    revoke(store, &alice).await;
    let mut again = watch(Some(first.rev)).await.unwrap();
    for (kind, user) in [(EventKind::Created, "bob"), (EventKind::Ended, "alice")] {
        let Notice::Event(event) = again.next().await.unwrap().unwrap() else {
            panic!("both were still known")
        };
        assert_eq!(
            (event.kind, event.session.user.as_deref()),
            (kind, Some(user))
        );
    }
    assert!(again.next().now_or_never().is_none());
    // Of another run, or of none.
    for strange in [0, 1, first.rev + 1000, u64::MAX] {
        let mut notices = watch(Some(strange)).await.unwrap();
        assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    }
}

pub(crate) async fn a_watcher_that_sleeps_lists_again_and_holds_nobody_up(store: &Store) {
    let mut notices = store.sessions.watch(Filter::default(), None).await.unwrap();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    let entries = futures_util::future::join_all(
        (0..400).map(|n| async move { store.login(&format!("user{n}")).await }),
    )
    .await;
    for _ in 0..50 {
        store.forward(Duration::from_millis(1));
        for created in &entries {
            store.sessions.touch(&created.entry, None);
        }
        store.sessions.sweep().await.unwrap();
    }
    // It may have taken some before they were lost; then it hears that they are.
    let mut is_told = false;
    while let Some(Some(notice)) = tokio::task::unconstrained(notices.next()).now_or_never() {
        is_told |= notice.unwrap() == Notice::Resync;
    }
    assert!(is_told);
    let created = store.login("last").await;
    let Notice::Event(event) = notices.next().await.unwrap().unwrap() else {
        panic!("nothing more was lost")
    };
    assert_eq!(event.session.handle, created.entry.handle());
}
