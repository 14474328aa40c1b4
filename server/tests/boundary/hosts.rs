//! By what name the server is asked for: a page elsewhere may have its own name lead to this machine.

use reqwest::Method;

use crate::common::{
    HTML, JSON, TEXT, content_type, memory, memory_with, people::with_users, set_cookies,
};

const ELSEWHERE: &str = "rebound.example:3000";

/// Its own page sends it all, so no rule about other sites sees anything.
#[tokio::test]
async fn a_name_that_was_led_here_neither_signs_in_nor_reads_anything() {
    let server = memory().await;
    let cookie = format!("sid={}", server.login("alice").await);
    for (method, path) in [
        (Method::POST, "/login"),
        (Method::GET, "/dashboard"),
        (Method::GET, "/session"),
        (Method::GET, "/logout"),
        (Method::GET, "/healthz"),
        (Method::GET, "/nowhere"),
    ] {
        for (accept, kind) in [
            (TEXT, "text/plain"),
            (JSON, "application/json"),
            (HTML, "text/html"),
        ] {
            let request = server.request(method.clone(), path, accept);
            let request = request
                .header("host", ELSEWHERE)
                .header("origin", format!("http://{ELSEWHERE}"))
                .header("sec-fetch-site", "same-origin")
                .header("cookie", &cookie)
                .form(&[("username", "mallory")]);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 421, "{method} {path}");
            assert!(content_type(&answer).starts_with(kind), "{method} {path}");
            assert!(set_cookies(&answer).is_empty(), "{method} {path}");
            let text = answer.text().await.unwrap();
            assert!(text.contains("--public-url"), "{text}");
            assert_eq!(text.contains("wrong_host"), accept == JSON, "{text}");
            assert!(!text.contains("alice"), "{text}");
        }
    }
    assert_eq!(server.stats().await.created, Some(1));
    assert!(server.lets_in(&cookie["sid=".len()..]).await);
    server.stop().await;
}

#[tokio::test]
async fn the_public_name_and_localhost_are_answered() {
    let server = memory_with(|config| {
        config.public_origin = Some("http://app.example:3000".to_owned());
    })
    .await;
    for (host, status) in [
        ("app.example:3000", 200),
        ("localhost", 200),
        ("app.localhost:3000", 200),
        ("[::1]:3000", 200),
        (ELSEWHERE, 421),
    ] {
        let request = server.get("/healthz", TEXT).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), status, "{host}");
    }
    server.stop().await;
}

/// A name that leads here knows no password; a proxy may pass on whichever name it was asked for.
#[tokio::test]
async fn where_passwords_are_wanted_any_name_is_answered() {
    let server = with_users(&[]).await;
    let request = server.get("/healthz", TEXT).header("host", ELSEWHERE);
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.stop().await;
}

/// As RFC 9112 wants it, section 3.2.
#[tokio::test]
async fn a_request_of_http_1_1_without_a_host_is_refused() {
    let server = memory().await;
    let answer = server
        .raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    server.stop().await;
}
