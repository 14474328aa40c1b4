//! Coming, staying and going: logins, rotation, limits, strangers.

use crate::{
    common::{ABSOLUTE, IDLE, StatsNow as _, Store, client},
    kit::listed,
};
use serde_json::json;
use sessctl_api::{EndReason, Registry as _};
use sessctl_store::{Found, InFlight, SessionId, in_flight};
use std::{sync::Arc, time::Duration};
use tower_sessions_core::Session;

pub(crate) async fn a_login_opens_a_session_that_lists_show(store: &Store) {
    let created = store.login("alice").await;
    let Found::Live(entry) = store.sessions.lookup(&created.id).await.unwrap() else {
        panic!("the new id opens nothing")
    };
    assert_eq!(entry.user(), Some("alice"));
    let session = store.sessions.get(entry.handle()).await.unwrap();
    assert_eq!(session.client.as_deref(), Some("curl"));
    assert_eq!(session.ip, client().ip);
    assert_eq!(listed(store).await, vec![session]);
}

pub(crate) async fn a_login_replaces_the_session_it_came_with(store: &Store) {
    let old = store.login("alice").await;
    let new = store
        .sessions
        .create("bob", &client(), Some(&old.entry))
        .await
        .unwrap();
    assert!(!store.opens(&old.id).await);
    assert!(store.opens(&new.id).await);
    assert_ne!(old.entry.handle(), new.entry.handle());
    assert_eq!(old.entry.ended().unwrap().reason, EndReason::Replaced);
}

pub(crate) async fn a_rotation_keeps_handle_created_time_and_data(store: &Store) {
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
        !store.opens(&created.id).await,
        "the old id still opens the session"
    );
    let Found::Live(entry) = store.sessions.lookup(&rotated.id).await.unwrap() else {
        panic!("the new id opens nothing")
    };
    assert_eq!(entry.describe(), before);
    assert_eq!(store.sessions.data(&entry).await.unwrap(), data);
}

pub(crate) async fn a_colliding_id_is_drawn_again(store: &Store) {
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
        let Found::Live(entry) = store.sessions.lookup(&one.id).await.unwrap() else {
            panic!("{name} was overwritten")
        };
        assert_eq!(entry.user(), Some(name));
    }
}

pub(crate) async fn idle_sessions_end_on_the_millisecond(store: &Store) {
    let created = store.login("alice").await;
    let millisecond = Duration::from_millis(1);
    store.forward(IDLE - millisecond);
    assert!(store.opens(&created.id).await, "ended before its limit");
    store.forward(millisecond);
    assert!(!store.opens(&created.id).await, "lives at its limit");
    store.forward(millisecond);
    assert!(!store.opens(&created.id).await);
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

pub(crate) async fn sessions_end_at_their_absolute_limit_whatever_comes(store: &Store) {
    let created = store.login("alice").await;
    let step = IDLE / 2;
    let mut passed = Duration::ZERO;
    while passed + step < ABSOLUTE {
        store.forward(step);
        passed += step;
        assert!(
            store.opens(&created.id).await,
            "ended after {passed:?} in spite of its requests"
        );
        store.sessions.touch(&created.entry, client().ip);
    }
    let left = ABSOLUTE - passed;
    store.forward(left - Duration::from_millis(1));
    assert!(store.opens(&created.id).await);
    store.sessions.touch(&created.entry, client().ip);
    let shown = created.entry.describe();
    assert_eq!(shown.idle_expires, shown.expires, "extended past the end");
    for _ in 0..2 {
        store.forward(Duration::from_millis(1));
        assert!(!store.opens(&created.id).await);
    }
    assert_eq!(created.entry.ended().unwrap().reason, EndReason::Absolute);
}

pub(crate) async fn what_ended_by_the_clock_cannot_be_touched_back(store: &Store) {
    let created = store.login("alice").await;
    store.forward(IDLE);
    assert!(!store.opens(&created.id).await);
    store.clock.advance(time::Duration::seconds(-300));
    store.sessions.touch(&created.entry, client().ip);
    assert!(
        !store.opens(&created.id).await,
        "a clock that stepped back revived it"
    );
}

pub(crate) async fn a_clock_that_steps_back_and_forth_revives_nothing_and_loses_no_deadline(
    store: &Store,
) {
    let stays = store.login("alice").await;
    let hour = time::Duration::HOUR;
    store.clock.advance(-hour);
    assert!(store.sessions.sweep().await.unwrap().is_empty());
    store.clock.advance(hour);
    store.forward(IDLE - Duration::from_millis(1));
    assert!(store.sessions.sweep().await.unwrap().is_empty());
    assert!(store.opens(&stays.id).await);
    store.forward(Duration::from_millis(1));
    assert_eq!(store.sessions.sweep().await.unwrap().len(), 1);
    // What a jump ended stays ended when the clock comes back.
    let (swept, looked_at) = (store.login("bob").await, store.login("carol").await);
    let years = time::Duration::days(3650);
    store.clock.advance(years);
    assert!(!store.opens(&looked_at.id).await);
    store.sessions.sweep().await.unwrap();
    store.clock.advance(-years);
    for ended in [&stays, &swept, &looked_at] {
        assert!(!store.opens(&ended.id).await);
    }
    assert_eq!(store.sessions.stats_now().await.active, 0);
}

pub(crate) async fn a_clock_that_steps_back_moves_no_last_seen(store: &Store) {
    let created = store.login("alice").await;
    let seen = created.entry.describe().seen;
    store.clock.advance(time::Duration::hours(-1));
    store.sessions.touch(&created.entry, client().ip);
    assert_eq!(created.entry.describe().seen, seen);
    assert!(store.opens(&created.id).await);
}

pub(crate) async fn unknown_and_malformed_ids_open_and_create_nothing(store: &Store) {
    for _ in 0..100 {
        assert!(matches!(
            store.sessions.lookup(&SessionId::random()).await.unwrap(),
            Found::Unknown
        ));
    }
    assert!(SessionId::parse("' OR 1=1 --").is_none());
    assert_eq!(store.rows().await, 0);
}

pub(crate) async fn a_stranger_who_writes_nothing_leaves_no_row(store: &Store) {
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

pub(crate) async fn an_unnamed_session_is_kept_only_when_asked_for(store: &Store) {
    let session = Session::new(None, Arc::new(store.sessions.clone()), None);
    session.insert("cart", 3).await.unwrap();
    session.save().await.unwrap();
    let id = SessionId::parse(&session.id().unwrap().to_string()).unwrap();
    assert!(store.opens(&id).await);
    assert_eq!(listed(store).await[0].user, None);
}
