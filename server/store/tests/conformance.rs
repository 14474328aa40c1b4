//! The one suite that every backend passes: what ended stays ended, and two limits on one clock.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{ABSOLUTE, IDLE, StatsNow as _, Store, client};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;
use sessctl_api::{
    EndReason, EventKind, Filter, ListQuery, Notice, Registry as _, Revocation, RevokeResult,
    Selection,
};
use sessctl_store::{Created, Found, InFlight, SessionId, Settings, USER_KEY, in_flight};
use tower_sessions_core::Session;

/// Runs every rule over every backend.
macro_rules! over_every_backend {
    ($($rule:ident $(with $change:expr)?;)*) => {
        over_every_backend!(@backend memory $($rule $(with $change)?;)*);
        over_every_backend!(@backend sqlite $($rule $(with $change)?;)*);
    };
    (@settings) => { |_| {} };
    (@settings $change:expr) => { $change };
    (@backend $backend:ident $($rule:ident $(with $change:expr)?;)*) => {
        mod $backend {
            /// An id source that gives every id twice; one for each backend, as their tests run side by side.
            fn every_id_twice() -> super::SessionId {
                static DRAWN: super::AtomicU64 = super::AtomicU64::new(0);
                let drawn = DRAWN.fetch_add(1, super::Ordering::SeqCst);
                super::SessionId::from_bits(u128::from(drawn / 2))
            }

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                super::$rule(&super::common::$backend(over_every_backend!(@settings $($change)?))).await;
            })*
        }
    };
}

over_every_backend! {
    a_login_opens_a_session_that_lists_show;
    a_save_after_a_revoke_changes_nothing;
    a_touch_after_a_revoke_changes_nothing;
    a_rotation_after_a_revoke_gives_no_id;
    a_handler_that_writes_while_it_is_revoked_brings_nothing_back;
    a_handler_that_loads_after_the_revoke_inserts_no_fresh_row;
    a_handler_that_cycles_its_id_after_the_revoke_stays_out;
    a_handler_may_leave_its_own_session_and_begin_another;
    a_login_replaces_the_session_it_came_with;
    a_rotation_keeps_handle_created_time_and_data;
    a_colliding_id_is_drawn_again with |settings: &mut super::Settings| settings.new_id = every_id_twice;
    idle_sessions_end_on_the_millisecond;
    sessions_end_at_their_absolute_limit_whatever_comes;
    what_ended_by_the_clock_cannot_be_touched_back;
    a_clock_that_steps_back_moves_no_last_seen;
    unknown_and_malformed_ids_open_and_create_nothing;
    a_stranger_who_writes_nothing_leaves_no_row;
    an_unnamed_session_is_kept_only_when_asked_for with |settings: &mut super::Settings| settings.save_uninitialized = true;
    the_holder_learns_how_it_ended_until_it_is_forgotten;
    revoking_reports_each_handle;
    a_revocation_with_a_wrong_count_ends_nothing;
    a_dry_run_ends_nothing;
    watchers_hear_of_logins_requests_and_ends_in_order;
    every_busy_session_gets_its_turn_in_the_news;
    pages_neither_skip_nor_repeat;
    parallel_revokes_end_a_session_once;
}

async fn revoke(store: &Store, created: &Created) {
    let report = store
        .sessions
        .revoke(
            Revocation::of_handles(vec![created.entry.handle()]),
            "tester",
        )
        .await
        .unwrap();
    assert_eq!(report.outcomes[0].result, RevokeResult::Revoked);
}

async fn listed(store: &Store) -> Vec<sessctl_api::Session> {
    store
        .sessions
        .list(ListQuery::first(Filter::default(), 100))
        .await
        .unwrap()
        .sessions
}

/// A handler's session over a store, as tower-sessions' layer makes it for a request.
fn session_of(store: &Store, id: &SessionId) -> Session {
    let id = id.cookie_value().parse().unwrap();
    Session::new(Some(id), Arc::new(store.sessions.clone()), None)
}

/// The request that came with a session, as the gate announces it.
fn request_with(created: &Created) -> InFlight {
    InFlight::new(Some(Arc::clone(&created.entry)), client())
}

async fn a_login_opens_a_session_that_lists_show(store: &Store) {
    let created = store.login("alice").await;
    let Found::Live(entry) = store.sessions.lookup(&created.id).unwrap() else {
        panic!("the new id opens nothing")
    };
    assert_eq!(entry.user(), Some("alice"));
    let session = store.sessions.get(entry.handle()).await.unwrap();
    assert_eq!(session.client.as_deref(), Some("curl"));
    assert_eq!(session.ip, client().ip);
    assert_eq!(listed(store).await, vec![session]);
}

async fn a_save_after_a_revoke_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let data = json!({"cart": 1}).as_object().unwrap().clone();
    assert!(!store.sessions.save(&created.entry, data).await.unwrap());
    assert!(!store.opens(&created.id));
    assert_eq!(listed(store).await, vec![]);
}

async fn a_touch_after_a_revoke_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let before = created.entry.describe();
    store.forward(Duration::from_secs(5));
    store.sessions.touch(&created.entry, &client());
    assert_eq!(created.entry.describe(), before);
    assert!(!store.opens(&created.id));
}

async fn a_rotation_after_a_revoke_gives_no_id(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    assert!(
        store
            .sessions
            .rotate(&created.entry)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!store.opens(&created.id));
}

async fn a_handler_that_writes_while_it_is_revoked_brings_nothing_back(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        assert_eq!(session.get::<i64>("cart").await.unwrap(), None);
        revoke(store, &created).await;
        session.insert("cart", 1).await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    assert!(!store.opens(&created.id));
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

async fn a_handler_that_loads_after_the_revoke_inserts_no_fresh_row(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        revoke(store, &created).await;
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

async fn a_handler_that_cycles_its_id_after_the_revoke_stays_out(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.save().await.unwrap();
        revoke(store, &created).await;
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
        let new = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
        assert!(
            !store.opens(&new),
            "cycle_id brought a revoked session back"
        );
    })
    .await;
    assert_eq!(listed(store).await, vec![]);
    assert_eq!(store.rows().await, 1);
}

async fn a_handler_may_leave_its_own_session_and_begin_another(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert(USER_KEY, "alice").await.unwrap();
        session.cycle_id().await.unwrap();
        session.save().await.unwrap();
        let new = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
        assert!(store.opens(&new));
    })
    .await;
    assert!(!store.opens(&created.id));
    assert_eq!(listed(store).await.len(), 1);
}

async fn a_login_replaces_the_session_it_came_with(store: &Store) {
    let old = store.login("alice").await;
    let new = store
        .sessions
        .create("bob", &client(), Some(&old.entry))
        .await
        .unwrap();
    assert!(!store.opens(&old.id));
    assert!(store.opens(&new.id));
    assert_ne!(old.entry.handle(), new.entry.handle());
    assert_eq!(old.entry.ended().unwrap().reason, EndReason::Replaced);
}

async fn a_rotation_keeps_handle_created_time_and_data(store: &Store) {
    let created = store.login("alice").await;
    let data = json!({"cart": [1, 2]}).as_object().unwrap().clone();
    assert!(
        store
            .sessions
            .save(&created.entry, data.clone())
            .await
            .unwrap()
    );
    let before = created.entry.describe();
    store.forward(Duration::from_secs(9));
    let rotated = store
        .sessions
        .rotate(&created.entry)
        .await
        .unwrap()
        .unwrap();
    assert!(
        !store.opens(&created.id),
        "the old id still opens the session"
    );
    let Found::Live(entry) = store.sessions.lookup(&rotated.id).unwrap() else {
        panic!("the new id opens nothing")
    };
    assert_eq!(entry.describe(), before);
    assert_eq!(*entry.data().unwrap(), data);
}

async fn a_colliding_id_is_drawn_again(store: &Store) {
    let mut created = Vec::new();
    for name in ["a", "b", "c", "d"] {
        created.push(store.login(name).await);
    }
    let ids: Vec<_> = created.iter().map(|one| one.id.cookie_value()).collect();
    let given: Vec<_> = (0..4)
        .map(|n| SessionId::from_bits(n).cookie_value())
        .collect();
    assert_eq!(ids, given, "the source gave each of them twice");
    for (one, name) in created.iter().zip(["a", "b", "c", "d"]) {
        let Found::Live(entry) = store.sessions.lookup(&one.id).unwrap() else {
            panic!("{name} was overwritten")
        };
        assert_eq!(entry.user(), Some(name));
    }
}

async fn idle_sessions_end_on_the_millisecond(store: &Store) {
    let created = store.login("alice").await;
    let millisecond = Duration::from_millis(1);
    store.forward(IDLE - millisecond);
    assert!(store.opens(&created.id), "ended before its limit");
    store.forward(millisecond);
    assert!(!store.opens(&created.id), "lives at its limit");
    store.forward(millisecond);
    assert!(!store.opens(&created.id));
    assert_eq!(created.entry.ended().unwrap().reason, EndReason::Idle);
    assert_eq!(listed(store).await, vec![]);
    let expired = store.sessions.sweep().await.unwrap();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].handle, created.entry.handle());
    assert!(
        store.sessions.sweep().await.unwrap().is_empty(),
        "told twice"
    );
}

async fn sessions_end_at_their_absolute_limit_whatever_comes(store: &Store) {
    let created = store.login("alice").await;
    let step = IDLE / 2;
    let mut passed = Duration::ZERO;
    while passed + step < ABSOLUTE {
        store.forward(step);
        passed += step;
        assert!(
            store.opens(&created.id),
            "ended after {passed:?} in spite of its requests"
        );
        store.sessions.touch(&created.entry, &client());
    }
    let left = ABSOLUTE - passed;
    store.forward(left - Duration::from_millis(1));
    assert!(store.opens(&created.id));
    store.forward(Duration::from_millis(1));
    assert!(!store.opens(&created.id));
    assert_eq!(created.entry.ended().unwrap().reason, EndReason::Absolute);
}

async fn what_ended_by_the_clock_cannot_be_touched_back(store: &Store) {
    let created = store.login("alice").await;
    store.forward(IDLE);
    assert!(!store.opens(&created.id));
    store.clock.advance(time::Duration::seconds(-300));
    store.sessions.touch(&created.entry, &client());
    assert!(
        !store.opens(&created.id),
        "a clock that stepped back revived it"
    );
}

async fn a_clock_that_steps_back_moves_no_last_seen(store: &Store) {
    let created = store.login("alice").await;
    let seen = created.entry.describe().seen;
    store.clock.advance(time::Duration::hours(-1));
    store.sessions.touch(&created.entry, &client());
    assert_eq!(created.entry.describe().seen, seen);
    assert!(store.opens(&created.id));
}

async fn unknown_and_malformed_ids_open_and_create_nothing(store: &Store) {
    for _ in 0..100 {
        assert!(matches!(
            store.sessions.lookup(&SessionId::random()).unwrap(),
            Found::Unknown
        ));
    }
    assert!(SessionId::parse("' OR 1=1 --").is_none());
    assert_eq!(store.rows().await, 0);
}

async fn a_stranger_who_writes_nothing_leaves_no_row(store: &Store) {
    for n in 0..1000 {
        in_flight(InFlight::new(None, client()), async {
            let session = Session::new(None, Arc::new(store.sessions.clone()), None);
            session.insert("page", n).await.unwrap();
            session.save().await.unwrap();
        })
        .await;
    }
    assert_eq!(store.rows().await, 0);
    assert_eq!(store.sessions.stats_now().await.active, 0);
}

async fn an_unnamed_session_is_kept_only_when_asked_for(store: &Store) {
    let session = Session::new(None, Arc::new(store.sessions.clone()), None);
    session.insert("cart", 3).await.unwrap();
    session.save().await.unwrap();
    let id = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
    assert!(store.opens(&id));
    assert_eq!(listed(store).await[0].user, None);
}

async fn the_holder_learns_how_it_ended_until_it_is_forgotten(store: &Store) {
    let created = store.login("alice").await;
    revoke(store, &created).await;
    let Found::Ended { ended, .. } = store.sessions.lookup(&created.id).unwrap() else {
        panic!("not remembered")
    };
    assert_eq!(
        (ended.reason, ended.actor.as_deref()),
        (EndReason::Revoked, Some("tester"))
    );
    store.forward(Settings::default().keep_ended);
    store.sessions.sweep().await.unwrap();
    assert!(matches!(
        store.sessions.lookup(&created.id).unwrap(),
        Found::Unknown
    ));
}

async fn revoking_reports_each_handle(store: &Store) {
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

async fn a_revocation_with_a_wrong_count_ends_nothing(store: &Store) {
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

async fn a_dry_run_ends_nothing(store: &Store) {
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

async fn watchers_hear_of_logins_requests_and_ends_in_order(store: &Store) {
    let mut notices = store.sessions.watch(Filter::default()).await.unwrap();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    let created = store.login("alice").await;
    store.forward(Duration::from_secs(2));
    store.sessions.touch(&created.entry, &client());
    store.sessions.sweep().await.unwrap();
    revoke(store, &created).await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let Notice::Event(event) = notices.next().await.unwrap().unwrap() else {
            panic!("nothing was lost")
        };
        assert_eq!(event.session.handle, created.entry.handle());
        heard.push((event.rev, event.kind, event.reason, event.actor));
    }
    assert_eq!(
        heard,
        [
            (1, EventKind::Created, None, None),
            (2, EventKind::Changed, None, None),
            (
                3,
                EventKind::Ended,
                Some(EndReason::Revoked),
                Some("tester".to_owned())
            ),
        ]
    );
}

async fn every_busy_session_gets_its_turn_in_the_news(store: &Store) {
    const BUSY: usize = 600;
    let mut busy = Vec::new();
    for n in 0..BUSY {
        busy.push(store.login(&format!("user{n}")).await);
    }
    let mut notices = store.sessions.watch(Filter::default()).await.unwrap();
    let mut told = std::collections::HashSet::new();
    assert_eq!(notices.next().await.unwrap().unwrap(), Notice::Resync);
    for _ in 0..4 {
        store.forward(Duration::from_secs(1));
        for created in &busy {
            store.sessions.touch(&created.entry, &client());
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

async fn pages_neither_skip_nor_repeat(store: &Store) {
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
        query.cursor = Some(next);
    }
    let all: std::collections::HashSet<_> = handles.iter().collect();
    assert_eq!((handles.len(), all.len()), (25, 25));
    assert!(
        store
            .sessions
            .list(ListQuery {
                cursor: Some("nonsense".to_owned()),
                ..query
            })
            .await
            .is_err()
    );
}

async fn parallel_revokes_end_a_session_once(store: &Store) {
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
