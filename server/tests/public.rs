//! The public routes as a shell or a program meets them: sign in, ask, sign out.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::time::Duration;

use common::{
    ABSOLUTE, HTML, IDLE, JSON, Server, TEXT, content_type, given, header_of, memory, set_cookies,
    sid, status_and_json,
};
use reqwest::Response;
use serde_json::json;

/// Signs in with a form; `cookie` is that of the session before.
async fn login(server: &Server, user: &str, accept: &str, cookie: Option<&str>) -> Response {
    let form = [("username", user), ("password", "x")];
    let mut request = server.post("/login", accept).form(&form);
    if let Some(cookie) = cookie {
        request = request.header("cookie", sid(cookie));
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_login_answers_in_the_format_that_was_asked_for() {
    let server = memory().await;
    let text = login(&server, "alice", TEXT, None).await;
    assert_eq!(text.status(), 200);
    assert_eq!(content_type(&text), "text/plain; charset=utf-8");
    assert!(given(&text).is_some());
    assert_eq!(text.text().await.unwrap(), "Session data saved!\n");

    let answer = login(&server, "bob", JSON, None).await;
    assert_eq!(content_type(&answer), "application/json");
    assert!(given(&answer).is_some());
    let handle = server.handle_of("bob").await;
    let expected = json!({"message": "Session data saved!", "user": "bob", "handle": handle});
    assert_eq!(status_and_json(answer).await, (200, expected));

    let html = login(&server, "carol", HTML, None).await;
    assert_eq!(html.status(), 303);
    assert_eq!(header_of(&html, "location"), "/dashboard");
    assert!(given(&html).is_some());
    server.stop().await;
}

#[tokio::test]
async fn a_login_may_be_sent_as_json() {
    let server = memory().await;
    let body = json!({"username": "alice", "password": "x", "more": 1});
    let answer = server
        .post("/login", JSON)
        .json(&body)
        .send()
        .await
        .unwrap();
    let cookie = given(&answer).unwrap();
    assert!(server.lets_in(&cookie).await);
    server.stop().await;
}

#[tokio::test]
async fn the_dashboard_greets_a_session_and_refuses_a_stranger() {
    let server = memory().await;
    let cookie = sid(&server.login("alice").await);
    let ask = async |accept| {
        let request = server.get("/dashboard", accept).header("cookie", &cookie);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            set_cookies(&answer),
            Vec::<String>::new(),
            "a cookie that did not change"
        );
        answer
    };
    assert_eq!(
        ask(TEXT).await.text().await.unwrap(),
        "Welcome back, alice\n"
    );
    let handle = server.handle_of("alice").await;
    let expected = json!({"message": "Welcome back, alice", "user": "alice", "handle": handle});
    assert_eq!(status_and_json(ask(JSON).await).await, (200, expected));
    let page = ask(HTML).await.text().await.unwrap();
    assert!(
        page.contains("Welcome back") && page.contains("alice") && page.contains(&handle),
        "{page}"
    );

    let stranger = server.get("/dashboard", TEXT).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    assert_eq!(set_cookies(&stranger), Vec::<String>::new());
    assert_eq!(stranger.text().await.unwrap(), "Please log in\n");
    let stranger = server.get("/dashboard", JSON).send().await.unwrap();
    let expected = json!({"code": "not_signed_in", "message": "Please log in", "auth": "open"});
    assert_eq!(status_and_json(stranger).await, (401, expected));
    server.stop().await;
}

#[tokio::test]
async fn a_login_replaces_the_session_it_came_with_whoever_that_was() {
    let server = memory().await;
    let first = server.login("alice").await;
    for user in ["alice", "bob"] {
        let before = if user == "alice" {
            first.clone()
        } else {
            server.login("alice").await
        };
        let answer = login(&server, user, TEXT, Some(&before)).await;
        let after = given(&answer).unwrap();
        assert_ne!(before, after);
        assert!(!server.lets_in(&before).await);
        let request = server
            .get("/dashboard", TEXT)
            .header("cookie", sid(&after))
            .send();
        assert_eq!(
            request.await.unwrap().text().await.unwrap(),
            format!("Welcome back, {user}\n")
        );
    }
    assert_eq!(server.stats().await.ended.unwrap().replaced, 2);
    server.stop().await;
}

#[tokio::test]
async fn a_login_with_a_forged_cookie_gets_an_id_of_the_servers_own() {
    let server = memory().await;
    let planted = "A".repeat(22);
    let answer = login(&server, "alice", TEXT, Some(&planted)).await;
    let cookie = given(&answer).unwrap();
    assert_ne!(cookie, planted);
    assert!(!server.lets_in(&planted).await);
    server.stop().await;
}

#[tokio::test]
async fn asking_for_the_session_keeps_it_no_longer_alive() {
    let server = memory().await;
    let cookie = sid(&server.login("alice").await);
    server.forward(IDLE / 2);
    let ask = async || {
        let request = server.get("/session", JSON).header("cookie", &cookie);
        status_and_json(request.send().await.unwrap()).await
    };
    let expected = json!({
        "schema": 1,
        "user": "alice",
        "handle": server.handle_of("alice").await,
        "created": "2027-01-15T08:00:00Z",
        "seen": "2027-01-15T08:00:00Z",
        "idle_expires": "2027-01-15T08:10:00Z",
        "expires": "2027-01-15T09:00:00Z",
        "data": {},
    });
    assert_eq!(ask().await, (200, expected.clone()));
    assert_eq!(ask().await, (200, expected), "asking moved something");
    server.forward(IDLE / 2);
    let (status, body) = ask().await;
    assert_eq!((status, &body["reason"]), (401, &json!("idle")), "{body}");
    server.stop().await;
}

#[tokio::test]
async fn requests_move_the_idle_limit_but_never_the_absolute_one() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let step = IDLE - Duration::from_secs(1);
    for _ in 0..ABSOLUTE.as_secs() / step.as_secs() {
        server.forward(step);
        assert!(server.lets_in(&cookie).await, "idle in spite of requests");
    }
    server.forward(step);
    assert!(!server.lets_in(&cookie).await);
    server.stop().await;
}

#[tokio::test]
async fn paths_ignore_case_and_a_trailing_slash() {
    let server = memory().await;
    let form = [("username", "alice"), ("password", "x")];
    let answer = server
        .post("/Login/", TEXT)
        .form(&form)
        .send()
        .await
        .unwrap();
    let cookie = given(&answer).unwrap();
    for path in ["/DASHBOARD", "/dashboard/", "/DashBoard/?x=/y/"] {
        let answer = server
            .get(path, TEXT)
            .header("cookie", sid(&cookie))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    server.forward(IDLE - Duration::from_secs(1));
    let asked = server
        .get("/SESSION/", TEXT)
        .header("cookie", sid(&cookie))
        .send();
    assert_eq!(asked.await.unwrap().status(), 200);
    server.forward(Duration::from_secs(1));
    assert!(!server.lets_in(&cookie).await, "/SESSION/ touched it");
    for path in ["/dashboard//", "//dashboard", "/dash%62oard", "/dashboards"] {
        let status = server.get(path, TEXT).send().await.unwrap().status();
        assert_eq!(status, 404, "{path}");
    }
    let health = server.get("/Healthz", HTML).send().await.unwrap();
    assert_eq!(
        (health.status().as_u16(), &*health.text().await.unwrap()),
        (200, "ok\n")
    );
    server.stop().await;
}
