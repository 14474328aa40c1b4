//! What a session holds: parallel writers, limits, what a request may do to it twice.

use crate::{
    common::{Store, client},
    kit::{request_with, revoke, session_of},
};
use serde_json::{Value, json};
use sessctl_store::{Created, Data, StoreError, USER_KEY, in_flight};
use std::collections::HashMap;
use tower_sessions_core::{SessionStore, session::Record};

fn data(value: &Value) -> Data {
    value.as_object().unwrap().clone()
}

async fn held(store: &Store, created: &Created) -> Value {
    Value::Object(store.sessions.data(&created.entry).await.unwrap())
}

pub(crate) async fn parallel_writes_to_different_keys_all_survive(store: &Store) {
    const WRITERS: usize = 50;
    let created = store.login("alice").await;
    // All of them load before any of them saves: the case in which a whole record would be the last one's alone.
    let mut sessions = Vec::new();
    for n in 0..WRITERS {
        let session = session_of(store, &created.id);
        session.insert(&format!("key{n}"), n).await.unwrap();
        sessions.push(session);
    }
    let saves = sessions.iter().map(|session| session.save());
    for saved in futures_util::future::join_all(saves).await {
        saved.unwrap();
    }
    let held = held(store, &created).await;
    for n in 0..WRITERS {
        assert_eq!(held[format!("key{n}")], n, "a writer's key was lost");
    }
}

pub(crate) async fn of_two_writers_of_one_key_the_last_one_wins(store: &Store) {
    let created = store.login("alice").await;
    let (one, other) = (
        session_of(store, &created.id),
        session_of(store, &created.id),
    );
    one.insert("key", "one").await.unwrap();
    other.insert("key", "other").await.unwrap();
    other.save().await.unwrap();
    one.save().await.unwrap();
    assert_eq!(held(store, &created).await, json!({"key": "one"}));
}

pub(crate) async fn a_removed_key_goes_and_the_others_stay(store: &Store) {
    let created = store.login("alice").await;
    let before = data(&json!({"gone": 1, "stays": 2}));
    store.sessions.save(&created.entry, before).await.unwrap();
    let (remover, adder) = (
        session_of(store, &created.id),
        session_of(store, &created.id),
    );
    remover.remove_value("gone").await.unwrap();
    adder.insert("new", 3).await.unwrap();
    adder.save().await.unwrap();
    remover.save().await.unwrap();
    let after = json!({"stays": 2, "new": 3});
    assert_eq!(held(store, &created).await, after);
}

pub(crate) async fn a_second_save_of_a_request_takes_nobodys_write_back(store: &Store) {
    let created = store.login("alice").await;
    in_flight(request_with(&created), async {
        let session = session_of(store, &created.id);
        session.insert("key", "mine").await.unwrap();
        session.save().await.unwrap();
        let other = data(&json!({"key": "theirs"}));
        store.sessions.save(&created.entry, other).await.unwrap();
        // What tower-sessions does at the end of every request that wrote.
        session.insert("mine", true).await.unwrap();
        session.save().await.unwrap();
    })
    .await;
    let after = json!({"key": "theirs", "mine": true});
    assert_eq!(held(store, &created).await, after);
}

pub(crate) async fn a_handler_that_clears_its_session_leaves_nothing(store: &Store) {
    let created = store.login("alice").await;
    let before = data(&json!({"a": 1}));
    store.sessions.save(&created.entry, before).await.unwrap();
    let session = session_of(store, &created.id);
    session.clear().await;
    session.insert("b", 2).await.unwrap();
    session.save().await.unwrap();
    assert_eq!(held(store, &created).await, json!({"b": 2}));
}

pub(crate) async fn nothing_but_the_handlers_own_keys_is_kept(store: &Store) {
    let data = HashMap::from([(USER_KEY.to_owned(), json!("alice"))]);
    let mut record = Record {
        id: Default::default(),
        data,
        expiry_date: time::OffsetDateTime::UNIX_EPOCH,
    };
    SessionStore::create(&store.sessions, &mut record)
        .await
        .unwrap();
    let mut loaded = store.sessions.load(&record.id).await.unwrap().unwrap();
    loaded.data.insert("a".to_owned(), json!(1));
    SessionStore::save(&store.sessions, &loaded).await.unwrap();
    let id = sessctl_store::SessionId::parse(&record.id.to_string()).unwrap();
    let Ok(sessctl_store::Found::Live(entry)) = store.sessions.lookup(&id).await else {
        panic!("the session was not created")
    };
    let held = store.sessions.data(&entry).await.unwrap();
    assert_eq!(Value::Object(held), json!({USER_KEY: "alice", "a": 1}));
}

pub(crate) async fn too_much_data_is_refused_and_changes_nothing(store: &Store) {
    let created = store.login("alice").await;
    let small = data(&json!({"a": 1}));
    let save = |data: Data| store.sessions.save(&created.entry, data);
    assert!(save(small.clone()).await.unwrap());
    let long = data(&json!({"a": "x".repeat(64 * 1024)}));
    assert!(matches!(
        save(long.clone()).await,
        Err(StoreError::DataLimit { .. })
    ));
    let many: Data = (0..65).map(|n| (n.to_string(), json!(n))).collect();
    assert!(matches!(
        save(many).await,
        Err(StoreError::DataLimit { .. })
    ));
    assert_eq!(Value::Object(small), held(store, &created).await);
    // Two writers whose keys fit one by one and not together.
    let half = "x".repeat(40 * 1024);
    let (one, other) = (
        session_of(store, &created.id),
        session_of(store, &created.id),
    );
    one.insert("one", &half).await.unwrap();
    other.insert("other", &half).await.unwrap();
    one.save().await.unwrap();
    assert!(other.save().await.is_err());
    assert_eq!(held(store, &created).await["one"], half);
    // Nor may a session begin with too much.
    let mut record = Record {
        id: Default::default(),
        data: HashMap::from([
            (USER_KEY.to_owned(), json!("bob")),
            ("a".to_owned(), Value::String("x".repeat(64 * 1024))),
        ]),
        expiry_date: time::OffsetDateTime::UNIX_EPOCH,
    };
    assert!(
        SessionStore::create(&store.sessions, &mut record)
            .await
            .is_err()
    );
}

pub(crate) async fn lists_know_how_much_a_session_holds(store: &Store) {
    let created = store.login("alice").await;
    assert_eq!(created.entry.describe().size, Some(0));
    let json = json!({"theme": "dark", "zoë": [1, 2]});
    store
        .sessions
        .save(&created.entry, data(&json))
        .await
        .unwrap();
    let size = json.to_string().len() as u64;
    assert_eq!(created.entry.describe().size, Some(size));
    store
        .sessions
        .save(&created.entry, Data::new())
        .await
        .unwrap();
    assert_eq!(created.entry.describe().size, Some(0));
    store
        .sessions
        .save(&created.entry, data(&json))
        .await
        .unwrap();
    revoke(store, &created).await;
    assert_eq!(created.entry.describe().size, Some(0));
    assert_eq!(held(store, &created).await, json!({}));
}

pub(crate) async fn a_session_moves_with_its_client_and_remembers_where_it_was(store: &Store) {
    let created = store.login("alice").await;
    let home = client().ip;
    let away: std::net::IpAddr = "2001:db8::7".parse().unwrap();
    store.sessions.touch(&created.entry, Some(away));
    let session = created.entry.describe();
    assert_eq!((session.ip, session.login_ip), (Some(away), home));
    assert_eq!(session.ips, [away, home.unwrap()]);
}
