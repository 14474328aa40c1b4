//! A session gets another id while requests with the old one are under way: none is let in by the old id from then on,
//! and none takes the new cookie away. What races show is in `rotation_race.rs`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::time::Duration;

use common::{HTML, JSON, REMOVAL, TEXT, memory, memory_keeping, sid};
use sessctl_store::{Found, SessionId};

/// Longer than it is remembered that an id was taken away.
const LONG: Duration = Duration::from_secs(120);

async fn rotated(server: &common::Server, cookie: &str) -> String {
    let id = SessionId::parse(cookie).unwrap();
    let Found::Live(entry) = server.sessions.lookup(&id).await.unwrap() else {
        panic!("no session")
    };
    let created = server.sessions.rotate(&entry).await.unwrap().unwrap();
    created.id.cookie_value()
}

#[tokio::test]
async fn an_old_id_is_refused_at_once_and_its_answer_takes_no_newer_cookie_away() {
    let server = memory().await;
    let old = server.login("alice").await;
    let new = rotated(&server, &old).await;
    for path in ["/dashboard", "/session", "/session/data/cart"] {
        let late = server.get(path, JSON).header("cookie", sid(&old));
        let late = late.send().await.unwrap();
        assert_eq!(late.status(), 401, "{path}");
        assert_eq!(common::set_cookies(&late), Vec::<String>::new(), "{path}");
        let body: serde_json::Value = late.json().await.unwrap();
        assert_eq!(body["code"], "not_signed_in", "{path}");
    }
    assert!(server.lets_in(&new).await);
    server.forward(LONG);
    let much_later = server.get("/dashboard", TEXT).header("cookie", sid(&old));
    let much_later = much_later.send().await.unwrap();
    assert_eq!(much_later.status(), 401);
    assert_eq!(common::set_cookies(&much_later), [REMOVAL]);
    assert!(server.lets_in(&new).await);
    server.stop().await;
}

#[tokio::test]
async fn a_page_that_was_asked_for_with_an_old_id_begins_no_visitors_session() {
    let server = memory_keeping(|settings| settings.save_uninitialized = true, |_| {}).await;
    let old = server.login("alice").await;
    let new = rotated(&server, &old).await;
    for path in ["/", "/dashboard"] {
        let late = server.get(path, HTML).header("cookie", sid(&old));
        let late = late.send().await.unwrap();
        assert_eq!(common::set_cookies(&late), Vec::<String>::new(), "{path}");
    }
    assert_eq!(server.stats().await.created, Some(1));
    assert!(server.lets_in(&new).await);
    server.stop().await;
}
