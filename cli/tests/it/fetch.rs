//! `get`, `head`, `post`, `put`, `patch`, `delete`: what is sent, what comes back, and checks on it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, header},
    response::IntoResponse as _,
    routing::{any, get},
};
use serde_json::{Value, json};

use crate::{
    home::{Home, ended, fed},
    stub::{Stub, always},
};

/// Tells what it was asked.
async fn echo(method: Method, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let names = ["content-type", "accept", "x-tag", "authorization"];
    let mut all = json!({"method": method.as_str(), "body": String::from_utf8_lossy(&body)});
    for name in names {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        all[name] = json!(value);
    }
    Json(all)
}

fn router() -> Router {
    let page = async || {
        let headers = [
            (
                header::SET_COOKIE,
                "sid=very-secret; Path=/; HttpOnly; SameSite=Lax",
            ),
            (header::CACHE_CONTROL, "no-store, private"),
        ];
        (headers, "Your orders: tea")
    };
    let moved = async || {
        let to = [
            (header::LOCATION, "/page"),
            (header::SET_COOKIE, "hop=1; Secure"),
        ];
        (StatusCode::SEE_OTHER, to)
    };
    let away = async || {
        (
            StatusCode::FOUND,
            [(header::LOCATION, "http://127.0.0.2:9/x")],
        )
    };
    let api =
        async || Json(json!({"user": {"name": "alice", "id": 7}, "items": [{"n": "2"}, {"n": 3}]}));
    Router::new()
        .route("/echo", any(echo))
        .route("/page", get(page))
        .route("/moved", any(moved))
        .route("/away", get(away))
        .route("/api", get(api))
}

async fn asked(home: &Home, url: &str, words: &[&str]) -> crate::home::Done {
    home.run(&[words, &["--server", url]].concat()).await
}

#[tokio::test]
async fn each_method_sends_what_was_said() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let file = home.write("order.json", "{\"item\": \"tea\"}");
    let at = format!("@{}", file.display());
    let form = "application/x-www-form-urlencoded";
    for (words, method, body, kind) in [
        (&["get", "/echo"][..], "GET", "", None),
        (
            &["post", "/echo", "-d", "a=1", "-d", "b=2"],
            "POST",
            "a=1&b=2",
            Some(form),
        ),
        (
            &["put", "/echo", "--json", &at],
            "PUT",
            "{\"item\": \"tea\"}",
            Some("application/json"),
        ),
        (
            &["patch", "/echo", "--json", "[1]"],
            "PATCH",
            "[1]",
            Some("application/json"),
        ),
        (&["delete", "/echo"], "DELETE", "", None),
        (&["post", "/echo"], "POST", "", None),
    ] {
        let out = asked(&home, &stub.url, words).await.ok();
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["method"], method);
        assert_eq!(told["body"], body, "{words:?}");
        assert_eq!(told["content-type"].as_str(), kind, "{words:?}");
    }
    let typed = home.sessctl(&["post", "/echo", "-d", "@-", "--server", &stub.url]);
    let told: Value = serde_json::from_str(&fed(typed, "card=4111").await.ok()).unwrap();
    assert_eq!(told["body"], "card=4111");
}

#[tokio::test]
async fn a_form_with_files_is_sent_in_parts() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let file = home.write("me.png", "picture");
    let field = format!("picture=@{}", file.display());
    let words = ["post", "/echo", "-F", "name=Ann", "-F", &field];
    let told: Value = serde_json::from_str(&asked(&home, &stub.url, &words).await.ok()).unwrap();
    let kind = told["content-type"].as_str().unwrap();
    assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    let body = told["body"].as_str().unwrap();
    for part in [
        "form-data; name=\"name\"\r\n\r\nAnn\r\n",
        "name=\"picture\"; filename=\"me.png\"",
        "\r\n\r\npicture\r\n",
    ] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test]
async fn headers_are_sent_and_secret_ones_come_from_files_alone() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let file = home.write("headers", "Authorization: Bearer abc\n\nX-Tag: two\n");
    let at = format!("@{}", file.display());
    for (header, name, value) in [
        ("X-Tag: one", "x-tag", "one"),
        ("Accept: application/x", "accept", "application/x"),
        (&at, "authorization", "Bearer abc"),
        (&at, "x-tag", "two"),
    ] {
        let out = asked(&home, &stub.url, &["get", "/echo", "-H", header]).await;
        let told: Value = serde_json::from_str(&out.ok()).unwrap();
        assert_eq!(told[name], value, "{header}");
    }
    for header in ["Authorization: Bearer abc", "cookie: sid=abc"] {
        let out = asked(&home, &stub.url, &["get", "/echo", "-H", header]).await;
        let said = out.fails(
            2,
            &["can be read by everybody", "nothing was sent", "-H @FILE"],
        );
        assert!(!said.contains("abc"), "{said}");
    }
    for header in ["no colon", "a b: c", "X: \u{1b}"] {
        let out = asked(&home, &stub.url, &["get", "/echo", "-H", header]).await;
        out.fails(2, &["'Name: value'"]);
    }
}

#[tokio::test]
async fn checks_that_hold_are_quiet_and_those_that_fail_say_what_they_found() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    for (path, flag, value) in [
        ("/page", "--expect-status", "200"),
        ("/page", "--expect-status", "404,2xx"),
        ("/none", "--expect-status", "404"),
        ("/page", "--expect-text", "Your orders"),
        ("/page", "--expect-header", "cache-control: no-store"),
        ("/page", "--expect-header", "Content-Type"),
        ("/page", "--expect-cookie", "sid"),
        ("/page", "--expect-cookie", "sid:HttpOnly,samesite=lax,Path"),
        ("/moved", "--expect-cookie", "hop:Secure"),
        ("/api", "--expect-json", "user.name=alice"),
        ("/api", "--expect-json", "$.user.id=7"),
        ("/api", "--expect-json", "items[0].n=2"),
        ("/api", "--expect-json", "items[?@.n==3]"),
        (
            "/api",
            "--expect-json",
            "user={\"id\":7,\"name\":\"alice\"}",
        ),
    ] {
        let out = asked(&home, &stub.url, &["get", path, flag, value, "-q"]).await;
        assert_eq!(out.ok(), "", "{flag} {value}");
    }
    for (path, flag, value, found) in [
        ("/page", "--expect-status", "404", "it is 200"),
        ("/none", "--expect-status", "2xx", "it is 404"),
        ("/page", "--expect-text", "coffee", "does not have it"),
        (
            "/page",
            "--expect-header",
            "Cache-Control: max-age",
            "it is no-store, private",
        ),
        (
            "/page",
            "--expect-header",
            "X-None",
            "there is no such header",
        ),
        (
            "/page",
            "--expect-header",
            "Set-Cookie: other",
            "--expect-cookie tells more",
        ),
        (
            "/page",
            "--expect-cookie",
            "other",
            "no such cookie is set, but sid",
        ),
        ("/api", "--expect-cookie", "sid", "no cookie is set"),
        (
            "/page",
            "--expect-cookie",
            "sid:Secure,HttpOnly",
            "Secure is missing; it has Path=/",
        ),
        ("/api", "--expect-json", "user.name=bob", "it is \"alice\""),
        ("/api", "--expect-json", "user.age", "there is nothing"),
        ("/page", "--expect-json", "user", "the page is no JSON"),
    ] {
        let out = asked(&home, &stub.url, &["get", path, flag, value, "-q"]).await;
        let said = out.fails(9, &[&format!("{flag} {value}: "), found]);
        assert!(!said.contains("very-secret"), "{said}");
    }
    let both = [
        "get",
        "/page",
        "--expect-status",
        "500",
        "--expect-text",
        "coffee",
    ];
    let out = asked(&home, &stub.url, &both).await;
    assert_eq!((out.code, out.stdout.as_str()), (9, "Your orders: tea"));
    let out = asked(&home, &stub.url, &[&both[..], &["-q"]].concat()).await;
    out.fails(
        9,
        &["--expect-status 500: it is 200", "--expect-text coffee"],
    );
}

#[tokio::test]
async fn checks_and_bodies_that_cannot_be_read_are_refused_before_anything_is_sent() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    for (words, says) in [
        (&["post", "/echo", "--json", "{nope"][..], "that is no JSON"),
        (&["post", "/echo", "-d", "@/no/such"], "cannot read"),
        (&["post", "/echo", "-F", "nope"], "name=value or name=@FILE"),
        (
            &["post", "/echo", "-d", "a=1", "--json", "1"],
            "cannot be used with",
        ),
        (
            &["post", "/echo", "--expect-status", "20"],
            "a number such as 200",
        ),
        (
            &["post", "/echo", "--expect-status", "9xx"],
            "a class such as 2xx",
        ),
        (
            &["post", "/echo", "--expect-json", "a[=1"],
            "user.name or items[0].id",
        ),
        (&["post", "/echo", "--retry", "3"], "would be done twice"),
        (&["post", "http://127.0.0.1:1/x"], "an address, not a path"),
    ] {
        asked(&home, &stub.url, words).await.fails(2, &[says]);
    }
    assert_eq!(stub.posts(), 0);
}

#[tokio::test]
async fn redirects_are_followed_on_the_server_or_not_at_all() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let out = asked(&home, &stub.url, &["get", "/moved", "-v"]).await;
    assert!(
        out.stderr
            .contains(&format!("GET  {0}/moved 303 -> {0}/page", stub.url)),
        "{out:?}"
    );
    assert_eq!(out.ok(), "Your orders: tea");
    let here = [
        "get",
        "/moved",
        "--no-follow",
        "--expect-status",
        "303",
        "-i",
    ];
    let out = asked(&home, &stub.url, &here).await.ok();
    assert!(out.starts_with("303 See Other\n"), "{out}");
    assert!(out.contains("set-cookie: hop=***; Secure"), "{out}");
    let away = asked(&home, &stub.url, &["get", "/away"]).await;
    away.fails(1, &["leads to another server, http://127.0.0.2:9/x"]);
}

#[tokio::test]
async fn the_head_is_shown_without_what_cookies_are_worth() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let head = asked(&home, &stub.url, &["head", "/page"]).await.ok();
    for line in [
        "200 OK",
        "set-cookie: sid=***; Path=/; HttpOnly; SameSite=Lax",
        "cache-control: no-store, private",
    ] {
        assert!(head.lines().any(|one| one == line), "{head}");
    }
    let words = ["get", "/page", "-o", "json", "--expect-status", "200"];
    let out = asked(&home, &stub.url, &words).await.ok();
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["status"], 200);
    assert_eq!(told["body"], "Your orders: tea");
    assert_eq!(
        told["headers"]["cache-control"],
        json!(["no-store, private"])
    );
    let check = json!([{"check": "--expect-status 200", "holds": true, "found": null}]);
    assert_eq!(told["checks"], check);
    assert!(!out.contains("very-secret"), "{out}");
}

#[tokio::test]
async fn a_page_is_written_to_a_file_unless_something_failed() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let file = home.write("page.txt", "before");
    let path = file.to_str().unwrap();
    let failing = ["get", "/none", "-O", path];
    asked(&home, &stub.url, &failing)
        .await
        .fails(1, &["answered 404", "is as it was"]);
    assert_eq!(home.read("page.txt"), "before");
    assert_eq!(
        asked(&home, &stub.url, &["get", "/page", "-O", path])
            .await
            .ok(),
        ""
    );
    assert_eq!(home.read("page.txt"), "Your orders: tea");
    let nowhere = ["get", "/page", "-O", "/no/such/dir/x"];
    asked(&home, &stub.url, &nowhere)
        .await
        .fails(1, &["cannot write /no/such/dir/x"]);
}

#[tokio::test]
async fn a_server_that_says_later_is_asked_again_and_no_longer_than_was_said() {
    let home = Home::new();
    let asks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asks);
    let busy = Router::new().fallback(async move || match count.fetch_add(1, Ordering::SeqCst) {
        0 => (StatusCode::SERVICE_UNAVAILABLE, "").into_response(),
        1 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")]).into_response(),
        _ => "at last".into_response(),
    });
    let stub = Stub::serve(busy).await;
    let once = asked(&home, &stub.url, &["get", "/", "--retry", "1"]).await;
    once.fails(1, &["answered 429"]);
    assert_eq!(asked(&home, &stub.url, &["get", "/"]).await.ok(), "at last");
    asks.store(0, Ordering::SeqCst);
    let out = asked(&home, &stub.url, &["delete", "/", "--retry", "5"]).await;
    assert_eq!(out.ok(), "at last");
    assert_eq!(asks.load(Ordering::SeqCst), 3);
    // What is wrong for good is not asked again.
    let stub = Stub::serve(always(StatusCode::FORBIDDEN)).await;
    let out = asked(&home, &stub.url, &["get", "/", "--retry", "100"]).await;
    out.fails(4, &["not for you"]);
    let out = asked(&home, "http://127.0.0.1:1", &["get", "/", "--retry", "1"]).await;
    out.fails(6, &["127.0.0.1:1"]);
}

#[tokio::test]
async fn the_same_for_curl_holds_no_secret_and_sends_nothing() {
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    asked(&home, &stub.url, &["get", "/page"]).await.ok();
    let words = [
        "post",
        "/echo?a=b c",
        "--curl",
        "-H",
        "X-Tag: it's",
        "-H",
        "X-Api-Key: k123",
        "-d",
        "user=ann&password=p456",
    ];
    let line = asked(&home, &stub.url, &words).await.ok();
    assert_eq!(
        line.trim_end(),
        format!(
            "curl -sS -X POST -L -b 'sid=***' -H 'x-tag: it'\\''s' -H 'x-api-key: ***' -H 'content-type: application/x-www-form-urlencoded' --data-raw 'user=ann&password=***' '{}/echo?a=b%20c'",
            stub.url
        )
    );
    let json = [
        "put",
        "/echo",
        "--curl",
        "--json",
        "{\"a\":[{\"token\":\"t789\"}]}",
    ];
    let line = asked(&home, &stub.url, &json).await.ok();
    assert!(line.contains("{\"a\":[{\"token\":\"***\"}]}"), "{line}");
    assert_eq!(stub.posts(), 0);
}

#[tokio::test]
async fn what_curl_is_told_works_in_a_shell() {
    if !crate::peers::present(&["curl"]) {
        return;
    }
    let home = Home::new();
    let stub = Stub::serve(router()).await;
    let words = [
        "patch",
        "/echo",
        "--curl",
        "-d",
        "text=it's & more",
        "-H",
        "X-Tag: $HOME",
    ];
    let line = asked(&home, &stub.url, &words).await.ok();
    let mut shell = home.program("sh");
    shell.args(["-c", line.trim_end()]);
    let told: Value = serde_json::from_str(&ended(shell).await.ok()).unwrap();
    assert_eq!(told["method"], "PATCH");
    assert_eq!(told["body"], "text=it's & more");
    assert_eq!(told["x-tag"], "$HOME");
}
