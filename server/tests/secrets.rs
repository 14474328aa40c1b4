//! No cookie value and no password reaches a log line, at any level, nor any JSON of the admin API.
//!
//! One test in a file of its own: what is captured is captured for the whole process.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{HTML, JSON, Server, TEXT, given, log::capture, sid, sqlite_with};
use reqwest::Method;
use serde_json::json;

const PASSWORD: &str = "hunter2-canary";

async fn sign_in(server: &Server, user: &str, before: Option<&str>) -> String {
    let form = [("username", user), ("password", PASSWORD)];
    let mut request = server.post("/login", HTML).form(&form);
    if let Some(before) = before {
        request = request.header("cookie", sid(before));
    }
    given(&request.send().await.unwrap()).unwrap()
}

#[tokio::test]
async fn no_cookie_and_no_password_is_logged_or_told_to_operators() {
    let log = capture();
    let server = sqlite_with(|config| config.log_requests = true).await;
    let mut secrets = vec![PASSWORD.to_owned()];
    let mut told = Vec::new();

    let alice = sign_in(&server, "alice", None).await;
    let again = sign_in(&server, "alice", Some(&alice)).await;
    let bob = sign_in(&server, "bob\u{1b}[2J\nlogin forged=line", None).await;
    let forged = "FORGEDcanaryFORGEDcanQ".to_owned();
    let long = format!("LONGcanary{}", "A".repeat(8_000));
    for cookie in [&alice, &again, &bob, &forged, &long] {
        for path in ["/", "/dashboard", "/session", "/nowhere"] {
            let request = server.get(path, JSON).header("cookie", sid(cookie));
            request.send().await.unwrap();
        }
        let body = json!({"cookie": cookie});
        told.push(server.order("/v1/lookup", &body).await.1);
        let misplaced = json!({"select": {"handles": [cookie]}});
        let (status, answer) = server.order("/v1/revocations", &misplaced).await;
        assert_eq!(status, 400, "{answer}");
    }
    // Refusals of every kind, with a secret in what is refused.
    for (kind, body) in [
        ("application/json", format!("{{\"password\":\"{PASSWORD}\"")),
        (
            "application/json",
            format!("{{\"username\":\"\",\"password\":\"{PASSWORD}\"}}"),
        ),
        ("text/plain", PASSWORD.to_owned()),
        (
            "application/x-www-form-urlencoded",
            format!("username=&password={PASSWORD}"),
        ),
        (
            "application/x-www-form-urlencoded",
            format!("username=a&username={PASSWORD}"),
        ),
    ] {
        let request = server
            .post("/login", TEXT)
            .header("content-type", kind)
            .body(body);
        let request = request.header("cookie", sid(&again));
        assert!(request.send().await.unwrap().status().is_client_error());
    }
    let query = server.get(&format!("/?password={PASSWORD}&sid={bob}"), TEXT);
    assert_eq!(query.send().await.unwrap().status(), 200);
    let cross = server.post("/logout", TEXT).header("cookie", sid(&again));
    let cross = cross.header("origin", "http://evil.example");
    assert_eq!(cross.send().await.unwrap().status(), 403);

    told.push(server.ask("/v1/sessions").await.1);
    told.push(server.ask("/v1/stats").await.1);
    server.revoke(&server.handle_of("alice").await).await;
    server
        .get("/dashboard", TEXT)
        .header("cookie", sid(&again))
        .send()
        .await
        .unwrap();
    server
        .request(Method::POST, "/logout", TEXT)
        .header("cookie", sid(&bob))
        .send()
        .await
        .unwrap();
    let last = sign_in(&server, "carol", None).await;
    server.sessions.close().await.unwrap();
    let failed = server.post("/logout", TEXT).header("cookie", sid(&last));
    assert_eq!(failed.send().await.unwrap().status(), 503);

    secrets.extend([alice, again, bob, forged, "LONGcanary".to_owned(), last]);
    let text = log.text();
    for expected in [
        "login",
        "revoke",
        "logout",
        "out of order",
        "cross_site",
        "handle=",
    ] {
        assert!(
            text.contains(expected),
            "{expected:?} was not logged at all:\n{text}"
        );
    }
    for secret in &secrets {
        assert!(!text.contains(secret), "{secret} is in the log");
        for answer in &told {
            assert!(
                !answer.to_string().contains(secret),
                "{secret} is in {answer}"
            );
        }
    }
    assert!(!text.contains('\u{1b}'), "an escape sequence is in the log");
    assert!(
        !text.lines().any(|line| line.starts_with("login forged")),
        "a name forged a log line"
    );
}
