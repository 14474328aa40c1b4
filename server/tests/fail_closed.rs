//! A store that is out of order: 503, and neither a success nor a cookie.

mod common;

use common::{
    HTML, JSON, TEXT,
    app::{over, set_cookies as app_set_cookies},
    clock, set_cookies, settings, sid, sqlite,
};
use reqwest::Method;
use sessctl_store::Sessions;

#[tokio::test]
async fn a_store_that_cannot_write_signs_nobody_in_or_out() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    server.sessions.close().await.unwrap();
    let form = [("username", "bob")];
    for accept in [TEXT, JSON, HTML] {
        for request in [
            server.post("/login", accept).form(&form),
            server
                .post("/login", accept)
                .form(&form)
                .header("cookie", sid(&cookie)),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 503, "{accept}");
            assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{accept}");
            let text = answer.text().await.unwrap();
            assert!(text.contains("out of order"), "{text}");
            assert!(!text.contains("sqlite"), "internals were sent: {text}");
        }
    }
    assert!(
        server.lets_in(&cookie).await,
        "the failed login ended the session"
    );
    let logout = server.post("/logout", TEXT).header("cookie", sid(&cookie));
    let answer = logout.send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(set_cookies(&answer), Vec::<String>::new());
}

#[tokio::test]
async fn a_logout_that_is_not_durable_is_no_success_when_tried_again() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    server.sessions.close().await.unwrap();
    for attempt in 1..=2 {
        let logout = server.post("/logout", TEXT).header("cookie", sid(&cookie));
        let answer = logout.send().await.unwrap();
        assert_eq!(answer.status(), 503, "attempt {attempt}");
    }
}

#[tokio::test]
async fn a_revocation_that_is_not_durable_says_so_again_and_again() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    let handle = server.handle_of("alice").await;
    server.sessions.close().await.unwrap();
    let order = serde_json::json!({"select": {"handles": [handle]}});
    for attempt in 1..=2 {
        let (status, report) = server.order("/v1/revocations", &order).await;
        assert_eq!(status, 200);
        assert_eq!(
            report["outcomes"][0]["result"], "failed",
            "attempt {attempt}"
        );
        assert!(
            !server.lets_in(&cookie).await,
            "it is shut at once all the same"
        );
    }
}

#[tokio::test]
async fn data_that_cannot_be_read_is_not_shown_as_none() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    let ask = |method: Method, path: &str| {
        let request = server.request(method, path, JSON);
        request.header("cookie", sid(&cookie))
    };
    let kept = ask(Method::PUT, "/session/data/a").json(&1).send().await;
    assert_eq!(kept.unwrap().status(), 204);
    let connection = rusqlite::Connection::open(server.file.as_ref().unwrap()).unwrap();
    let damage = "UPDATE session SET data = 'not JSON'";
    connection.execute(damage, []).unwrap();
    for path in ["/session", "/session/data/a"] {
        let answer = ask(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_neither_let_in_nor_signed_out() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    let file = server.file.clone().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let damaged = copy.path().join("sessions.db");
    server.sessions.close().await.unwrap();
    std::fs::copy(&file, &damaged).unwrap();
    let connection = rusqlite::Connection::open(&damaged).unwrap();
    connection
        .execute("UPDATE session SET data = 'not JSON'", [])
        .unwrap();
    drop(connection);

    let server = common::sqlite_at(&damaged).await;
    for (method, path) in [
        (Method::GET, "/dashboard"),
        (Method::GET, "/session"),
        (Method::GET, "/"),
        (Method::POST, "/logout"),
    ] {
        let request = server
            .request(method, path, TEXT)
            .header("cookie", sid(&cookie));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{path}");
        assert!(answer.text().await.unwrap().contains("out of order"));
    }
    server.stop().await;
}

#[tokio::test]
async fn behind_the_gate_too_a_store_that_cannot_write_signs_nobody_in_or_out() {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    let file = dir.path().join("sessions.db");
    let sessions = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    let app = over(sessions, clock);
    let (writes, leaves) = (app.login("alice").await, app.login("bob").await);
    app.sessions.close().await.unwrap();
    for (path, cookie) in [
        ("/begin/mallory", None),
        ("/write/cart", Some(format!("sid={writes}"))),
        ("/flush", Some(format!("sid={leaves}"))),
    ] {
        let answer = app.ask(path, cookie.as_deref()).await;
        // 500 where tower-sessions answers in the handler's stead.
        assert!(answer.status().is_server_error(), "{path}");
        assert_eq!(app_set_cookies(&answer), Vec::<&str>::new(), "{path}");
    }
    assert!(app.opens(&writes));
}
