//! What is wrong, too large or forged: a clear refusal in each format, never a 5xx, and nothing created by it.

mod common;

use common::{
    HTML, JSON, REMOVAL, TEXT, content_type, header_of, memory, memory_with, set_cookies, sqlite,
};
use reqwest::Method;
use sessctl_server::Config;

const FORM: &str = "application/x-www-form-urlencoded";
const LIMIT: usize = 64 * 1024;

/// One request that has to be refused.
struct Bad {
    what: &'static str,
    method: Method,
    path: &'static str,
    kind: Option<&'static str>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn bad_login(
    what: &'static str,
    kind: impl Into<Option<&'static str>>,
    body: impl Into<Vec<u8>>,
    status: u16,
    code: &'static str,
) -> Bad {
    Bad {
        what,
        method: Method::POST,
        path: "/login",
        kind: kind.into(),
        body: body.into(),
        status,
        code,
    }
}

fn bad_route(method: Method, path: &'static str, status: u16, code: &'static str) -> Bad {
    Bad {
        what: path,
        method,
        path,
        kind: None,
        body: Vec::new(),
        status,
        code,
    }
}

#[rustfmt::skip] // a table, a line a case
fn bad_requests() -> Vec<Bad> {
    let long = "a".repeat(10_000);
    let huge = "a".repeat(LIMIT + 1);
    vec![
        bad_route(Method::GET, "/nowhere", 404, "not_found"),
        bad_route(Method::POST, "/%ff%00", 404, "not_found"),
        bad_route(Method::GET, "/v1/sessions", 404, "not_found"),
        bad_route(Method::DELETE, "/dashboard", 405, "method_not_allowed"),
        bad_route(Method::PUT, "/login", 405, "method_not_allowed"),
        bad_route(Method::TRACE, "/", 405, "method_not_allowed"),
        bad_route(Method::POST, "/session", 405, "method_not_allowed"),
        bad_login("no name", FORM, "password=x", 400, "bad_request"),
        bad_login("nothing", FORM, "", 400, "bad_request"),
        bad_login("an empty name", FORM, "username=", 400, "bad_request"),
        bad_login("a blank name", FORM, "username=+%09", 400, "bad_request"),
        bad_login("10 kB of name", FORM, format!("username={long}"), 400, "bad_request"),
        bad_login("the same as JSON", JSON, format!("{{\"username\":\"{long}\"}}"), 400, "bad_request"),
        bad_login("over 64 KiB", FORM, format!("username=a&password={huge}"), 413, "too_large"),
        bad_login("over 64 KiB of no known type", None, huge, 413, "too_large"),
        bad_login("not UTF-8", FORM, b"username=\xff".to_vec(), 400, "bad_request"),
        bad_login("not UTF-8, encoded", FORM, "username=%ff", 400, "bad_request"),
        bad_login("not UTF-8 in another field", FORM, "username=a&next=%c3%28", 400, "bad_request"),
        bad_login("JSON that is not UTF-8", JSON, b"{\"username\":\"\xff\"}".to_vec(), 400, "bad_request"),
        bad_login("a doubled name", FORM, "username=a&username=b", 400, "bad_request"),
        bad_login("a doubled name as JSON", JSON, "{\"username\":\"a\",\"username\":\"b\"}", 400, "bad_request"),
        bad_login("broken JSON", JSON, "{\"username\":", 400, "bad_request"),
        bad_login("JSON of another shape", JSON, "[\"alice\"]", 400, "bad_request"),
        bad_login("JSON with a number for a name", JSON, "{\"username\":1}", 400, "bad_request"),
        bad_login("a form said to be JSON", JSON, "username=a", 400, "bad_request"),
        bad_login("no type", None, "username=a", 415, "unsupported_media_type"),
        bad_login("another type", "text/plain", "username=a", 415, "unsupported_media_type"),
        bad_login("a multipart form", "multipart/form-data; boundary=x", "--x--", 415, "unsupported_media_type"),
    ]
}

#[tokio::test]
async fn every_refusal_is_clear_in_each_format_and_creates_nothing() {
    let server = sqlite().await;
    for bad in bad_requests() {
        for accept in [TEXT, JSON, HTML] {
            let what = format!("{} as {accept}", bad.what);
            let mut request = server
                .request(bad.method.clone(), bad.path, accept)
                .body(bad.body.clone());
            if let Some(kind) = bad.kind {
                request = request.header("content-type", kind);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), bad.status, "{what}");
            assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{what}");
            assert_eq!(
                header_of(&answer, "x-content-type-options"),
                "nosniff",
                "{what}"
            );
            let kind = content_type(&answer).to_owned();
            let text = answer.text().await.unwrap();
            match accept {
                JSON => {
                    assert_eq!(kind, "application/json", "{what}");
                    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(body["code"], bad.code, "{what}: {body}");
                    assert!(
                        body["message"].as_str().is_some_and(|m| m.len() > 10),
                        "{what}: {body}"
                    );
                }
                HTML => {
                    assert_eq!(kind, "text/html; charset=utf-8", "{what}");
                    assert!(text.starts_with("<!doctype html>"), "{what}: {text}");
                }
                _ => {
                    assert_eq!(kind, "text/plain; charset=utf-8", "{what}");
                    assert!(text.len() > 10 && text.ends_with('\n'), "{what}: {text:?}");
                }
            }
            assert!(text.len() < 2_000, "{what} is echoed");
        }
    }
    let stats = server.stats().await;
    assert_eq!(
        (stats.created, stats.active, server.rows()),
        (Some(0), 0, 0)
    );
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = memory().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/dashboard", "GET,HEAD"),
        (Method::PUT, "/login", "GET,HEAD,POST"),
        (Method::PATCH, "/Logout/", "GET,HEAD,POST"),
        (Method::OPTIONS, "/", "GET,HEAD"),
    ] {
        let answer = server.request(method, path, TEXT).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let mut told: Vec<_> = header_of(&answer, "allow").split(',').collect();
        told.sort_unstable();
        assert_eq!(told.join(","), allowed, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_of_just_the_limit_passes_and_one_byte_more_does_not() {
    let server = memory().await;
    let start = "username=alice&password=";
    for (more, status) in [(0, 200), (1, 413)] {
        let body = format!("{start}{}", "x".repeat(LIMIT - start.len() + more));
        let request = server
            .post("/login", TEXT)
            .header("content-type", FORM)
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_far_over_the_limit_is_told_so_before_it_is_sent() {
    let server = memory().await;
    for _ in 0..20 {
        let request = server
            .post("/login", JSON)
            .header("content-type", FORM)
            .body("a".repeat(8 * 1024 * 1024));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 413);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "too_large");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_without_a_length_is_limited_too() {
    let server = memory().await;
    let mut request = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let part = "a".repeat(4096);
    for _ in 0..17 {
        request.push_str(&format!("1000\r\n{part}\r\n"));
    }
    request.push_str("0\r\n\r\n");
    let answer = server.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(server.stats().await.created, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn requests_that_no_browser_sends_are_answered_without_a_5xx() {
    let public = |config: &mut Config| config.public_origin = Some("http://example.org".to_owned());
    let server = memory_with(public).await;
    for (request, status) in [
        ("OPTIONS * HTTP/1.1\r\nHost: localhost", "40"),
        ("CONNECT example.org:443 HTTP/1.1\r\nHost: localhost", "405"),
        (
            "TRACE /nowhere HTTP/1.1\r\nHost: localhost\r\nCookie: sid=x",
            "405",
        ),
        (
            "GET http://example.org/DASHBOARD/?a=b HTTP/1.1\r\nHost: Example.org",
            "401",
        ),
        (
            "GET http://example.org HTTP/1.1\r\nHost: example.org",
            "200",
        ),
        ("GET http://example.org HTTP/1.0", "200"),
        ("GET /dashboard HTTP/1.0", "401"),
        ("GET /dashboard HTTP/1.1", "400"),
        ("GET http://example.org/dashboard HTTP/1.1", "400"),
        ("BREW /dashboard HTTP/1.1\r\nHost: localhost", "405"),
        ("BREW /nowhere HTTP/1.1\r\nHost: localhost", "405"),
        (
            "GET /dashboard HTTP/1.1\r\nHost: localhost\r\nHost: y",
            "400",
        ),
        (
            "GET /dashboard HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2",
            "400",
        ),
        ("nonsense", "400"),
    ] {
        let answer = server
            .raw(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes())
            .await;
        let start = format!("HTTP/1.1 {status}");
        let old = format!("HTTP/1.0 {status}");
        assert!(
            answer.starts_with(&start) || answer.starts_with(&old),
            "{request}: {answer:?}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn header_bytes_that_are_no_ascii_are_answered_as_a_strangers() {
    let server = memory().await;
    for name in [
        "Cookie",
        "User-Agent",
        "Accept",
        "Origin",
        "Host",
        "X-Any",
        "Sec-Fetch-Site",
        "Content-Type",
    ] {
        let (host, status) = match name {
            "Host" => ("", 421),
            _ => ("Host: localhost\r\n", 401),
        };
        let mut request =
            format!("GET /dashboard HTTP/1.1\r\nConnection: close\r\n{host}{name}").into_bytes();
        request.extend_from_slice(b": sid=\xff\xfe\xc3\x28\r\n\r\n");
        let answer = server.raw(&request).await;
        let start = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&start), "{name}: {answer}");
        assert_eq!(
            answer.contains(REMOVAL),
            name == "Cookie",
            "{name}: {answer}"
        );
    }
    assert_eq!(server.stats().await.created, Some(0));
    server.stop().await;
}
