//! Windows of lists, what one session holds, what most of them share, and how many requests came.

use crate::{
    common::{StatsNow as _, Store, client},
    kit::revoke,
};
use serde_json::json;
use sessctl_api::{
    EndReason, Filter, Handle, ListQuery, Page, Registry as _, RegistryError, SortField, Start,
    TopQuery,
};
use sessctl_store::{Client, Data};
use std::time::Duration;

/// Sessions of `user0`, `user1` and so on, in the order of their logins.
async fn users(store: &Store, count: usize) {
    for n in 0..count {
        store.login(&format!("user{n}")).await;
        store.forward(Duration::from_millis(1));
    }
}

fn by_login(start: Start, limit: usize) -> ListQuery {
    ListQuery {
        sort: "created".parse().unwrap(),
        start,
        ..ListQuery::first(Filter::default(), limit)
    }
}

async fn page(store: &Store, start: Start, limit: usize) -> Page {
    store.sessions.list(by_login(start, limit)).await.unwrap()
}

/// The numbers of the users on a page, and the page's offset.
fn shown(page: &Page) -> (Vec<usize>, u64) {
    let number = |user: &Option<String>| user.as_deref().unwrap()[4..].parse().unwrap();
    let numbers = page.sessions.iter().map(|session| number(&session.user));
    (numbers.collect(), page.offset)
}

pub(crate) async fn a_page_around_a_session_shows_who_comes_before_and_after_it(store: &Store) {
    users(store, 20).await;
    let all = page(store, Start::First, 100).await;
    assert_eq!((all.total, all.offset, all.next), (20, 0, None));
    let sort = by_login(Start::First, 1).sort;
    let around = |n: usize| Start::Around(sort.cursor_at(&all.sessions[n]));
    for (at, begin) in [(0, 0), (2, 0), (3, 0), (4, 1), (10, 7), (17, 13), (19, 13)] {
        let page = page(store, around(at), 7).await;
        let rows = (begin..begin + 7).collect();
        assert_eq!(shown(&page), (rows, begin as u64), "around {at}");
        assert_eq!((page.total, page.next.is_none()), (20, begin == 13));
    }
    // The place stays when its session goes.
    let tenth = all.sessions[10].handle;
    let order = sessctl_api::Revocation::of_handles(vec![tenth]);
    store.sessions.revoke(order, "tester").await.unwrap();
    let without = page(store, around(10), 4).await;
    assert_eq!(shown(&without), (vec![8, 9, 11, 12], 8));
    let other_sort = ListQuery {
        sort: "user".parse().unwrap(),
        ..by_login(around(3), 4)
    };
    let refused = store.sessions.list(other_sort).await;
    assert!(matches!(refused, Err(RegistryError::BadQuery(_))));
}

pub(crate) async fn a_page_after_so_many_sessions_begins_there_and_no_later_than_the_last_full_one(
    store: &Store,
) {
    users(store, 20).await;
    for (offset, begin) in [(0, 0), (5, 5), (13, 13), (14, 13), (u64::MAX, 13)] {
        let page = page(store, Start::Offset(offset), 7).await;
        let rows = (begin..begin + 7).collect();
        assert_eq!(shown(&page), (rows, begin as u64), "after {offset}");
        assert_eq!(page.next.is_none(), begin == 13);
    }
    let page = page(store, Start::Offset(7), 100).await;
    assert_eq!((page.sessions.len(), page.offset, page.next), (20, 0, None));
    // Only what matches is counted, also where one user alone is looked at.
    for (filter, numbers) in [("user=user1*", vec![14, 15, 16]), ("user=user15", vec![15])] {
        let query = ListQuery {
            filter: filter.parse().unwrap(),
            ..by_login(Start::Offset(5), 3)
        };
        let page = store.sessions.list(query).await.unwrap();
        let begin = page.total.saturating_sub(3).min(5);
        assert_eq!(shown(&page), (numbers, begin), "{filter}");
    }
}

pub(crate) async fn ended_sessions_are_shown_by_windows_too(store: &Store) {
    for n in 0..9 {
        let created = store.login(&format!("user{n}")).await;
        store.forward(Duration::from_millis(1));
        if n != 4 {
            revoke(store, &created).await;
        }
    }
    let ended = |start| ListQuery {
        ended: true,
        ..by_login(start, 3)
    };
    let last = store.sessions.list(ended(Start::Offset(99))).await.unwrap();
    assert_eq!((shown(&last), last.total), ((vec![6, 7, 8], 5), 8));
    let cursor = ended(Start::First).sort.cursor_at(&last.sessions[0]);
    let around = store.sessions.list(ended(Start::Around(cursor))).await;
    assert_eq!(shown(&around.unwrap()), (vec![5, 6, 7], 4));
}

pub(crate) async fn a_page_in_the_middle_of_a_long_list_is_just_that(store: &Store) {
    // More than are known one by one.
    const MANY: usize = 10_200;
    for begin in (0..MANY).step_by(600) {
        let logins =
            (begin..begin + 600).map(|n| async move { store.login(&format!("user{n}")).await });
        futures_util::future::join_all(logins).await;
    }
    let by_handle = |start, limit| ListQuery {
        sort: "handle".parse().unwrap(),
        ..by_login(start, limit)
    };
    let list = |query: ListQuery| async { store.sessions.list(query).await.unwrap() };
    let handles = |page: &Page| -> Vec<Handle> {
        page.sessions.iter().map(|session| session.handle).collect()
    };
    let first = list(by_handle(Start::First, 10_000)).await;
    let mut all = handles(&first);
    all.extend(handles(
        &list(by_handle(Start::After(first.next.unwrap()), 10_000)).await,
    ));
    assert_eq!((all.len(), all.is_sorted()), (MANY, true));
    for offset in [0, 5_000, MANY - 100, MANY] {
        let page = list(by_handle(Start::Offset(offset as u64), 100)).await;
        let begin = offset.min(MANY - 100);
        assert_eq!((page.offset, page.total), (begin as u64, MANY as u64));
        assert_eq!(handles(&page), all[begin..begin + 100]);
    }
}

pub(crate) async fn what_a_live_session_holds_is_told_and_of_an_ended_one_how_it_ended(
    store: &Store,
) {
    let (alice, bob) = (store.login("alice").await, store.login("bob").await);
    let data = json!({"theme": "dark", "zoë": [1, {"a": null}]});
    let data: Data = data.as_object().unwrap().clone();
    store
        .sessions
        .save(&alice.entry, data.clone())
        .await
        .unwrap();
    // By the trait: the store's own method of that name takes an entry.
    let registry: &dyn sessctl_api::Registry = &store.sessions;
    let held = async |handle| registry.data(handle).await;
    assert_eq!(held(alice.entry.handle()).await.unwrap(), data);
    assert_eq!(held(bob.entry.handle()).await.unwrap(), Data::new());
    revoke(store, &alice).await;
    store.forward(crate::common::IDLE);
    for (created, reason) in [(&alice, EndReason::Revoked), (&bob, EndReason::Idle)] {
        match held(created.entry.handle()).await {
            Err(RegistryError::NotFound { ended, .. }) => {
                assert_eq!(ended.unwrap().reason, reason);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        held(Handle::from_random(1)).await,
        Err(RegistryError::NotFound { ended: None, .. })
    ));
}

pub(crate) async fn the_values_that_most_sessions_share_are_counted(store: &Store) {
    let agents = [
        "curl/8.5.0",
        "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    ];
    for n in 0..9_u8 {
        let client = Client {
            ip: Some([10, 0, 0, 8 + n % 3].into()),
            ua: Some(agents[usize::from(n % 5 == 0)].into()),
        };
        let user = if n < 5 {
            "alice".to_owned()
        } else {
            format!("user{n}")
        };
        store.sessions.create(&user, &client, None).await.unwrap();
    }
    let ended = store.login("alice").await;
    revoke(store, &ended).await;
    let top = async |filter: &str, field, limit| {
        let query = TopQuery {
            filter: filter.parse().unwrap(),
            field,
            limit,
        };
        let top = store.sessions.top(query).await.unwrap();
        let counts = top.counts.into_iter();
        let counts: Vec<_> = counts
            .map(|one| (one.value.unwrap(), one.sessions))
            .collect();
        (counts, top.total)
    };
    let of = |counts: &[(&str, u64)]| -> Vec<(String, u64)> {
        counts
            .iter()
            .map(|(value, count)| ((*value).to_owned(), *count))
            .collect()
    };
    let users = of(&[("alice", 5), ("user5", 1), ("user6", 1)]);
    assert_eq!(top("", SortField::User, 3).await, (users, 9));
    let addresses = of(&[("10.0.0.8", 3), ("10.0.0.9", 3), ("10.0.0.10", 3)]);
    assert_eq!(top("", SortField::Ip, 10).await, (addresses, 9));
    let clients = of(&[("curl", 7), ("Firefox on Linux", 2)]);
    assert_eq!(top("", SortField::Client, 10).await, (clients, 9));
    let of_alice = of(&[("10.0.0.8", 2), ("10.0.0.9", 2), ("10.0.0.10", 1)]);
    assert_eq!(top("user=alice", SortField::Ip, 10).await, (of_alice, 5));
    let none = top("user=nobody", SortField::User, 10).await;
    assert_eq!(none, (Vec::new(), 0));
    let wrong = TopQuery {
        filter: Filter::default(),
        field: SortField::Handle,
        limit: 1,
    };
    let refused = store.sessions.top(wrong).await;
    assert!(matches!(refused, Err(RegistryError::BadQuery(_))));
}

pub(crate) async fn every_request_with_a_live_session_counts(store: &Store) {
    let (alice, bob) = (store.login("alice").await, store.login("bob").await);
    let requests = async || store.sessions.stats_now().await.requests;
    assert_eq!(requests().await, Some(0));
    for _ in 0..3 {
        store.sessions.touch(&alice.entry, client().ip);
    }
    store.sessions.touch(&bob.entry, None);
    assert_eq!(requests().await, Some(4));
    revoke(store, &alice).await;
    store.sessions.touch(&alice.entry, client().ip);
    assert_eq!(requests().await, Some(4), "its session has ended");
}
