//! Programs with tokens, over TCP.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    add_alice, ask,
    common::{Server, TEXT, header_of, held::Held, memory, sid, status_and_json},
    mint, told,
};

async fn with_token(server: &Server, method: Method, path: &str, token: &str) -> Response {
    let mut request = server.remote(method.clone(), path).bearer_auth(token);
    if method == Method::POST {
        let body = match path {
            "/v1/revocations" => json!({"select": {"handles": []}}),
            _ => json!({"cookie": ""}),
        };
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_token_opens_what_its_scope_says_and_nothing_more() {
    let server = memory().await;
    add_alice(&server).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let (read, write) = (
        mint(&server, "r", "read").await,
        mint(&server, "w", "write").await,
    );
    let show = format!("/v1/sessions/{handle}");
    let data = format!("{show}/data");
    for (method, path, by_read, by_write) in [
        (Method::GET, "/v1/sessions", 200, 200),
        (Method::GET, &*show, 200, 200),
        (Method::GET, &*data, 403, 200),
        (Method::GET, "/v1/top?field=user", 200, 200),
        (Method::GET, "/v1/stats", 200, 200),
        (Method::GET, "/v1/log", 200, 200),
        (Method::GET, "/metrics", 200, 200),
        (Method::GET, "/readyz", 200, 200),
        (Method::POST, "/v1/revocations", 403, 200),
        (Method::POST, "/v1/lookup", 403, 404),
        (Method::GET, "/v1/users", 403, 403),
        (Method::POST, "/v1/users", 403, 403),
        (Method::GET, "/v1/users/alice", 403, 403),
        (Method::PATCH, "/v1/users/alice", 403, 403),
        (Method::DELETE, "/v1/users/alice", 403, 403),
        (Method::GET, "/v1/tokens", 403, 403),
        (Method::POST, "/v1/tokens", 403, 403),
        (Method::DELETE, "/v1/tokens/r", 403, 403),
    ] {
        for (token, status) in [(&read, by_read), (&write, by_write)] {
            let answer = with_token(&server, method.clone(), path, token).await;
            assert_eq!(answer.status(), status, "{method} {path}");
        }
    }
    let order = json!({"select": {"handles": [handle]}});
    let request = server
        .remote(Method::POST, "/v1/revocations")
        .bearer_auth(&write);
    let (_, report) = status_and_json(request.json(&order).send().await.unwrap()).await;
    assert_eq!(report["outcomes"][0]["result"], "revoked");
    let (_, ended) = server.ask(&show).await;
    assert_eq!(ended["ended"]["actor"], "token:w");
    let record = told(&server, "revoke").await.pop().unwrap();
    assert_eq!(
        (&record["actor"], &record["from"]),
        (&json!("token:w"), &json!("127.0.0.1"))
    );
    let refusals = told(&server, "admin").await;
    let refused = json!({"action": "admin", "result": "refused", "actor": "token:r", "from": "127.0.0.1", "why": "forbidden: DELETE /v1/users/alice"});
    assert!(refusals.contains(&refused), "{refusals:?}");
    server.stop().await;
}

/// A filter that says whether a guess is right tells the value too, a character at a time.
#[tokio::test]
async fn a_token_that_may_only_look_does_not_find_out_what_sessions_hold() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let put = server.request(Method::PUT, "/session/data/note", TEXT);
    let put = put.header("cookie", sid(&cookie)).json(&json!("canary"));
    assert_eq!(put.send().await.unwrap().status(), 204);
    let (read, write) = (
        mint(&server, "r", "read").await,
        mint(&server, "w", "write").await,
    );
    let list = async |filter: &str, token: &str| {
        let request = server
            .remote(Method::GET, "/v1/sessions")
            .bearer_auth(token);
        let request = request.query(&[("filter", filter)]);
        status_and_json(request.send().await.unwrap()).await
    };
    for (filter, total) in [
        ("data.note=canary", 1),
        ("data.note~^c", 1),
        ("data.note=c*", 1),
        ("not data.note=canary", 0),
        ("user=alice and (data.note=x or age<1h)", 1),
    ] {
        let (status, refusal) = list(filter, &read).await;
        assert_eq!(
            (status, &refusal["code"]),
            (403, &json!("forbidden")),
            "{filter}"
        );
        let text = refusal["message"].as_str().unwrap();
        assert!(
            text.contains("data.KEY") && text.contains("scope write"),
            "{text}"
        );
        let (status, page) = list(filter, &write).await;
        assert_eq!((status, &page["total"]), (200, &json!(total)), "{filter}");
    }
    // Nor is it told by what most sessions share, nor outright.
    let handle = server.handle_of("alice").await;
    let data = format!("/v1/sessions/{handle}/data");
    let top = "/v1/top?field=user&filter=data.note%3Dcanary";
    for (path, what) in [(&*data, "see what sessions hold"), (top, "data.KEY")] {
        let answer = with_token(&server, Method::GET, path, &read).await;
        let (status, refusal) = status_and_json(answer).await;
        assert_eq!((status, &refusal["code"]), (403, &json!("forbidden")));
        let text = refusal["message"].as_str().unwrap();
        assert!(
            text.contains(what) && text.contains("scope write"),
            "{text}"
        );
        assert!(!refusal.to_string().contains("canary"), "{refusal}");
        let answer = with_token(&server, Method::GET, path, &write).await;
        assert_eq!(answer.status(), 200, "{path}");
    }
    let read_by = |token: &str, result: &str| json!({"action": "data_read", "actor": token, "from": "127.0.0.1", "handle": handle, "result": result});
    let mut refused = read_by("token:r", "refused");
    refused["why"] = json!("forbidden");
    let mut done = read_by("token:w", "done");
    done["user"] = json!("alice");
    assert_eq!(told(&server, "data_read").await, [refused, done]);
    // Neither do live changes tell it, nor the sessions that have ended.
    let ended = server.remote(
        Method::GET,
        "/v1/sessions?ended=true&filter=data.note%3Dcanary",
    );
    assert_eq!(ended.bearer_auth(&read).send().await.unwrap().status(), 403);
    let events = server.remote(Method::GET, "/v1/events?filter=data.note%3Dcanary");
    assert_eq!(
        events.bearer_auth(&read).send().await.unwrap().status(),
        400
    );
    assert_eq!(list("user=alice", &read).await.0, 200);
    let refusals = told(&server, "admin").await;
    let refused = json!({"action": "admin", "result": "refused", "actor": "token:r", "from": "127.0.0.1", "why": "forbidden"});
    assert!(refusals.contains(&refused), "{refusals:?}");
    server.stop().await;
}

/// Whoever holds back the body of a request must not spend it after the token was taken away.
#[tokio::test]
async fn a_request_that_is_not_whole_when_its_token_goes_does_nothing() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let token = mint(&server, "w", "write").await;
    let handle = server.handle_of("alice").await;
    let url = server.remote(Method::GET, "/").build().unwrap();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", &*bearer),
        ("Content-Type", "application/json"),
    ];
    let mut held = Vec::new();
    for (line, body) in [
        (
            "POST /v1/revocations",
            json!({"select": {"handles": [handle]}}),
        ),
        ("POST /v1/lookup", json!({"cookie": cookie})),
    ] {
        let (url, body) = (url.url().as_str(), body.to_string());
        held.push(Held::begin(url, line, &headers, &body).await);
    }
    let (status, _) = ask(&server, Method::DELETE, "/v1/tokens/w", &Value::Null).await;
    assert!(status < 300, "{status}");
    for request in held {
        let answer = request.end().await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    assert!(server.lets_in(&cookie).await);
    for action in ["revoke", "lookup"] {
        let record = told(&server, action).await.pop().unwrap();
        assert_eq!(record["result"], "refused", "{record}");
    }
    server.stop().await;
}

#[tokio::test]
async fn no_wrong_token_opens_anything_and_all_are_answered_alike() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let token = mint(&server, "ci", "write").await;
    let removed = mint(&server, "old", "write").await;
    let path = "/v1/tokens/old";
    assert_eq!(
        ask(&server, Method::DELETE, path, &Value::Null).await.0,
        200
    );
    let mut answers = Vec::new();
    let mut wrong = vec![
        None,
        Some(String::new()),
        Some(token.clone()),
        Some(format!("Basic {token}")),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Bearer {}", &token[..token.len() - 1])),
        Some(format!("Bearer {token}x")),
        Some(format!("Bearer {}", token.to_uppercase())),
        Some(format!("Bearer {removed}")),
        Some(format!("Bearer {cookie}")),
        Some(format!("Bearer sctl_{}", "x".repeat(10_000))),
        Some("Bearer \u{ff}".to_owned()),
    ];
    let mut try_with = async |authorization: Option<String>| {
        let mut request = server.remote(Method::GET, "/v1/stats");
        if let Some(value) = &authorization {
            request = request.header("authorization", value);
        }
        let answer = request.header("cookie", sid(&cookie)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{authorization:?}");
        assert!(header_of(&answer, "www-authenticate").starts_with("Bearer "));
        answers.push(status_and_json(answer).await.1);
    };
    for authorization in wrong.drain(..) {
        try_with(authorization).await;
    }
    let twice = server.remote(Method::GET, "/v1/stats");
    let twice = twice
        .bearer_auth(&token)
        .header("authorization", "Bearer x");
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let good = async || {
        with_token(&server, Method::GET, "/v1/stats", &token)
            .await
            .status()
    };
    assert_eq!(good().await, 200);
    server.forward(std::time::Duration::from_secs(60));
    assert_eq!(good().await, 401, "a token outlived its time");
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(answers[0]["code"], "bad_token");
    let refusals = format!("{:?}", told(&server, "admin").await);
    assert!(refusals.contains("bad_token: GET /v1/stats"));
    assert!(!refusals.contains(&token[5..20]) && !refusals.contains(&cookie));
    server.stop().await;
}

/// A page that was led to the address by a name of its own is of one origin with it, for the browser.
#[tokio::test]
async fn a_browser_is_turned_away_whatever_it_brings() {
    let server = memory().await;
    let token = mint(&server, "ci", "write").await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", &server.admin_url),
        ("sec-fetch-site", "same-origin"),
    ] {
        let request = server.remote(Method::GET, "/v1/stats").bearer_auth(&token);
        let answer = request.header(name, value).send().await.unwrap();
        let (status, answer) = status_and_json(answer).await;
        assert_eq!(
            (status, &answer["code"]),
            (403, &json!("cross_site")),
            "{name}"
        );
    }
    let preflight = server.remote(Method::OPTIONS, "/v1/stats");
    let preflight = preflight
        .header("origin", "http://evil.example")
        .send()
        .await
        .unwrap();
    assert!(!preflight.status().is_success());
    assert_eq!(header_of(&preflight, "access-control-allow-origin"), "");
    server.stop().await;
}

#[tokio::test]
async fn a_watch_ends_with_the_token_that_opened_it() {
    let server = memory().await;
    let (kept, removed) = (
        mint(&server, "a", "read").await,
        mint(&server, "b", "read").await,
    );
    let mut watches = Vec::new();
    for token in [&kept, &removed] {
        let mut watch = with_token(&server, Method::GET, "/v1/events", token).await;
        assert_eq!(watch.status(), 200);
        assert!(
            watch
                .chunk()
                .await
                .unwrap()
                .unwrap()
                .starts_with(b"event: resync")
        );
        watches.push(watch);
    }
    let path = "/v1/tokens/b";
    assert_eq!(
        ask(&server, Method::DELETE, path, &Value::Null).await.0,
        200
    );
    server.login("alice").await;
    assert_eq!(
        watches[1].chunk().await.unwrap(),
        None,
        "it was told of a change"
    );
    let told = watches[0].chunk().await.unwrap().unwrap();
    assert!(told.starts_with(b"event: created"));
    drop(watches);
    server.stop().await;
}

/// Over the public listener's connections nothing of it is there, with a token as without.
#[tokio::test]
async fn a_token_opens_nothing_on_the_public_listener() {
    let server = memory().await;
    let token = mint(&server, "ci", "write").await;
    for path in [
        "/v1/sessions",
        "/v1/users",
        "/v1/log",
        "/metrics",
        "/readyz",
    ] {
        let answer = server
            .get(path, TEXT)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    let dashboard = server.get("/dashboard", TEXT).bearer_auth(&token);
    assert_eq!(dashboard.send().await.unwrap().status(), 401);
    server.stop().await;
}
