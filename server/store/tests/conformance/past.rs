//! Sessions that ended: listed, filtered, sorted, recalled, and purged.

use crate::{
    common::{ABSOLUTE, IDLE, Store, client},
    kit::{listed, revoke},
};
use sessctl_api::{
    EndReason, Filter, Handle, ListQuery, Page, Registry as _, RegistryError, Sort, Start,
};
use sessctl_store::Settings;
use std::time::Duration;

fn ended(filter: &str, limit: usize) -> ListQuery {
    ListQuery {
        ended: true,
        sort: Sort::usual(true),
        ..ListQuery::first(filter.parse::<Filter>().unwrap(), limit)
    }
}

async fn past(store: &Store, filter: &str) -> Page {
    store.sessions.list(ended(filter, 1000)).await.unwrap()
}

async fn users(store: &Store, filter: &str) -> Vec<String> {
    let page = past(store, filter).await;
    assert_eq!(page.total, page.sessions.len() as u64);
    let users = page.sessions.into_iter();
    users.map(|session| session.user.unwrap()).collect()
}

/// One session for each way to end, named after it, a second apart; `idle` and `absolute` end when somebody looks.
async fn one_of_each(store: &Store) {
    let second = Duration::from_secs(1);
    let busy = store.login("absolute").await;
    let mut passed = Duration::ZERO;
    while passed + IDLE < ABSOLUTE {
        store.forward(IDLE / 2);
        passed += IDLE / 2;
        store.sessions.touch(&busy.entry, client().ip);
    }
    store.login("idle").await;
    store.forward(ABSOLUTE - passed);
    for user in ["logout", "replaced", "revoked"] {
        let created = store.login(user).await;
        store.forward(second);
        match user {
            "logout" => {
                let actor = Some(user.to_owned());
                let end = store.sessions.end(&created.entry, EndReason::Logout, actor);
                assert!(end.await.unwrap());
            }
            "replaced" => {
                let (sessions, client) = (&store.sessions, client());
                let again = sessions.create("new", &client, Some(&created.entry));
                again.await.unwrap();
            }
            _ => revoke(store, &created).await,
        }
        store.forward(second);
    }
}

pub(crate) async fn ended_sessions_are_listed_with_why_the_latest_end_first(store: &Store) {
    one_of_each(store).await;
    let mut found = users(store, "").await;
    // These two ended when this list looked.
    found[..2].sort();
    assert_eq!(found, ["absolute", "idle", "revoked", "replaced", "logout"]);
    for session in past(store, "").await.sessions {
        let end = session.ended.as_ref().unwrap();
        assert_eq!(session.user.as_deref(), Some(end.reason.as_str()));
        assert_eq!(
            store.sessions.recall(session.handle).await.unwrap(),
            session
        );
        assert_eq!(session.size, Some(0), "it holds nothing any more");
    }
    let live = listed(store).await;
    assert_eq!((live.len(), live[0].ended.as_ref()), (1, None));
    assert_eq!(
        store.sessions.recall(live[0].handle).await.unwrap(),
        live[0]
    );
}

pub(crate) async fn ended_sessions_are_filtered_and_sorted_by_any_column(store: &Store) {
    one_of_each(store).await;
    let none: [&str; 0] = [];
    assert_eq!(users(store, "reason=revoked").await, ["revoked"]);
    assert_eq!(users(store, "reason=re*").await, ["revoked", "replaced"]);
    assert_eq!(users(store, "user=logout").await, ["logout"]);
    assert_eq!(users(store, "evoke").await, ["revoked"]);
    assert_eq!(users(store, "data.theme=dark").await, none);
    assert_eq!(users(store, "ended<2026-11-23").await, none);
    assert_eq!(users(store, "ended>2026-11-23").await.len(), 5);
    assert_eq!(
        users(store, "not reason=idle and requests>1").await,
        ["absolute"]
    );
    let by_name = ListQuery {
        sort: "user".parse().unwrap(),
        ..ended("", 2)
    };
    let page = store.sessions.list(by_name).await.unwrap();
    let names: Vec<_> = page
        .sessions
        .iter()
        .map(|one| one.user.as_deref())
        .collect();
    assert_eq!(names, [Some("absolute"), Some("idle")]);
    // Of live sessions neither is known, so no condition on them holds.
    for filter in ["reason=logout", "reason!=logout", "ended>1970-01-01"] {
        let query = ListQuery::first(filter.parse().unwrap(), 10);
        assert_eq!(store.sessions.list(query).await.unwrap().total, 0);
    }
}

pub(crate) async fn pages_of_ended_sessions_neither_skip_nor_repeat(store: &Store) {
    for n in 0..25 {
        let created = store.login(&format!("user{n}")).await;
        store.forward(Duration::from_millis(n % 3));
        revoke(store, &created).await;
    }
    let (mut handles, mut query) = (Vec::new(), ended("", 10));
    loop {
        let page = store.sessions.list(query.clone()).await.unwrap();
        handles.extend(page.sessions.iter().map(|session| session.handle));
        let Some(next) = page.next else { break };
        query.start = Start::After(next);
        // What ends meanwhile moves nobody else.
        let created = store.login("late").await;
        store.forward(Duration::from_millis(1));
        revoke(store, &created).await;
    }
    let all: std::collections::HashSet<_> = handles.iter().collect();
    assert_eq!((handles.len(), all.len()), (25, 25));
}

pub(crate) async fn a_session_past_its_limit_is_recalled_as_ended_before_any_sweep(store: &Store) {
    let created = store.login("alice").await;
    let handle = created.entry.handle();
    store.forward(IDLE - Duration::from_millis(1));
    assert_eq!(store.sessions.recall(handle).await.unwrap().ended, None);
    store.forward(Duration::from_millis(1));
    let ended = store.sessions.recall(handle).await.unwrap().ended.unwrap();
    assert_eq!((ended.reason, ended.actor), (EndReason::Idle, None));
}

pub(crate) async fn what_ended_is_remembered_for_its_time_and_then_purged(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let keep = Settings::default().keep_ended;
    store.forward(keep - Duration::from_millis(1));
    store.sessions.sweep().await.unwrap();
    assert_eq!(users(store, "").await, ["alice"]);
    assert_eq!(store.rows().await, 1);
    store.forward(Duration::from_millis(1));
    store.sessions.sweep().await.unwrap();
    assert_eq!(past(store, "").await.total, 0);
    for handle in [created.entry.handle(), Handle::from_random(1)] {
        let error = store.sessions.recall(handle).await.unwrap_err();
        assert!(
            matches!(error, RegistryError::NotFound { ended: None, .. }),
            "{error:?}"
        );
    }
    if let Some(file) = &store.file {
        assert_eq!(crate::common::rows_of(file), 0, "its row is gone too");
    }
}
