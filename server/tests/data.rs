//! What a session holds: `/session/data/KEY`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{
    HTML, JSON, REMOVAL, Server, TEXT, content_type, memory, memory_with, set_cookies, sid, sqlite,
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// A server and somebody who has signed in there.
struct Holder {
    server: Server,
    cookie: String,
}

impl Holder {
    async fn of(server: Server) -> Self {
        let cookie = server.login("alice").await;
        Self { server, cookie }
    }

    fn request(&self, method: Method, key: &str) -> RequestBuilder {
        let path = format!("/session/data/{key}");
        let request = self.server.request(method, &path, TEXT);
        request.header("cookie", sid(&self.cookie))
    }

    async fn put(&self, key: &str, value: &Value) -> Response {
        let request = self.request(Method::PUT, key).json(value);
        request.send().await.unwrap()
    }

    async fn get(&self, key: &str) -> Response {
        self.request(Method::GET, key).send().await.unwrap()
    }

    async fn delete(&self, key: &str) -> Response {
        self.request(Method::DELETE, key).send().await.unwrap()
    }

    async fn held(&self) -> Value {
        let request = self.server.get("/session", JSON);
        let answer = request.header("cookie", sid(&self.cookie)).send().await;
        common::status_and_json(answer.unwrap()).await.1["data"].take()
    }
}

/// Asserts a refusal in JSON, and returns its message.
async fn refused(answer: Response, status: u16, code: &str) -> String {
    assert_eq!(content_type(&answer), "application/json");
    let (found, body) = common::status_and_json(answer).await;
    assert_eq!((found, &body["code"]), (status, &json!(code)), "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn values_of_any_kind_are_kept_read_and_forgotten_without_a_cookie() {
    let alice = Holder::of(memory().await).await;
    for value in [
        json!("dark"),
        json!(1.5),
        json!(null),
        json!([1, {"a": []}]),
        json!({}),
    ] {
        let put = alice.put("theme", &value).await;
        assert_eq!(put.status(), 204);
        assert_eq!(set_cookies(&put), Vec::<String>::new());
        let got = alice.get("theme").await;
        assert_eq!(content_type(&got), "application/json");
        assert_eq!(set_cookies(&got), Vec::<String>::new());
        assert_eq!(common::status_and_json(got).await, (200, value));
    }
    for _ in 0..2 {
        assert_eq!(alice.delete("theme").await.status(), 204, "also when gone");
    }
    refused(alice.get("theme").await, 404, "not_found").await;
    assert_eq!(alice.held().await, json!({}));
}

#[tokio::test]
async fn a_write_is_durable_when_it_is_answered() {
    let alice = Holder::of(sqlite().await).await;
    assert_eq!(alice.put("cart", &json!([1, 2])).await.status(), 204);
    let file = alice.server.file.clone().unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    let data: Vec<u8> = connection
        .query_row("SELECT CAST(data AS BLOB) FROM session", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(String::from_utf8_lossy(&data).contains("cart"));
    alice.server.sessions.close().await.unwrap();
    for answer in [
        alice.put("cart", &json!(3)).await,
        alice.delete("cart").await,
    ] {
        refused(answer, 503, "unavailable").await;
    }
    assert_eq!(alice.held().await, json!({"cart": [1, 2]}));
}

#[tokio::test]
async fn a_key_is_any_short_text_without_control_characters_or_our_own_prefix() {
    let alice = Holder::of(memory().await).await;
    let longest = "k".repeat(128);
    for (sent, key) in [
        ("a", "a"),
        ("Cart", "Cart"),
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("%C3%A9", "\u{e9}"),
        ("sessctl", "sessctl"),
        ("..%2f", "../"),
        (&longest, &longest),
    ] {
        assert_eq!(alice.put(sent, &json!(1)).await.status(), 204, "{sent}");
        assert_eq!(alice.held().await[key], 1, "{sent}");
    }
    let too_long = "k".repeat(129);
    for bad in [
        "%ff",
        "%00",
        "a%0Ab",
        "%1B[2J",
        "%C2%85",
        "sessctl.user",
        "sessctl%2Euser",
        &too_long,
    ] {
        for answer in [
            alice.get(bad).await,
            alice.put(bad, &json!(1)).await,
            alice.delete(bad).await,
        ] {
            let message = refused(answer, 400, "bad_request").await;
            assert!(message.starts_with("The key "), "{message}");
        }
    }
    assert_eq!(alice.get("").await.status(), 404);
}

#[tokio::test]
async fn who_has_no_session_is_told_so_in_json() {
    let alice = Holder::of(memory().await).await;
    let requests = |server: &Server, accept: &str| {
        [Method::GET, Method::PUT, Method::DELETE]
            .map(|method| server.request(method, "/session/data/a", accept))
    };
    for accept in [TEXT, JSON, HTML] {
        for request in requests(&alice.server, accept) {
            let answer = request.json(&json!(1)).send().await.unwrap();
            refused(answer, 401, "not_signed_in").await;
        }
    }
    let handle = alice.server.handle_of("alice").await;
    alice.server.revoke(&handle).await;
    for request in requests(&alice.server, HTML) {
        let request = request.header("cookie", sid(&alice.cookie));
        let answer = request.json(&json!(1)).send().await.unwrap();
        assert_eq!(set_cookies(&answer), [REMOVAL]);
        refused(answer, 401, "session_ended").await;
    }
    assert_eq!(alice.server.stats().await.created, Some(1));
}

#[tokio::test]
async fn other_sites_may_not_write() {
    let alice = Holder::of(memory().await).await;
    for method in [Method::PUT, Method::DELETE] {
        let request = alice
            .request(method, "a")
            .header("sec-fetch-site", "same-site");
        let answer = request.json(&json!(1)).send().await.unwrap();
        refused(answer, 403, "cross_site").await;
    }
    assert_eq!(alice.held().await, json!({}));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let alice = Holder::of(memory().await).await;
    let put = |kind: Option<&str>, body: &str| {
        let request = alice.request(Method::PUT, "a").body(body.to_owned());
        kind.into_iter()
            .fold(request, |request, kind| {
                request.header("content-type", kind)
            })
            .send()
    };
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let answer = put(kind, "1").await.unwrap();
        refused(answer, 415, "unsupported_media_type").await;
    }
    let deep = "[".repeat(100_000);
    for body in ["", "{", "1 2", "secret", "1e999", &deep[..60_000]] {
        let answer = put(Some(JSON), body).await.unwrap();
        let message = refused(answer, 400, "bad_request").await;
        assert!(!message.contains("secret"), "{message}");
    }
    let answer = put(Some("application/json; charset=utf-8"), " 1 ")
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
}

#[tokio::test]
async fn a_value_nested_too_deep_to_be_read_again_is_refused() {
    let alice = Holder::of(common::sqlite().await).await;
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(alice.put("a", &nested(64)).await.status(), 204);
    let refusal = alice.put("b", &nested(65)).await;
    let message = refused(refusal, 413, "data_limit").await;
    assert!(message.contains("64 levels"), "{message}");
    assert_eq!(alice.held().await, json!({"a": nested(64)}));
}

#[tokio::test]
async fn a_session_holds_so_much_and_no_more() {
    let server = common::memory_keeping(
        |settings| (settings.max_data, settings.max_keys) = (100, 3),
        |_| {},
    )
    .await;
    let alice = Holder::of(server).await;
    // {"a":"..."} is 8 bytes around the text.
    let full = json!("x".repeat(92));
    assert_eq!(alice.put("a", &full).await.status(), 204);
    for (key, value) in [
        ("b", json!(1)),
        ("a", json!("x".repeat(93))),
        ("a", json!("x".repeat(1_000_000))),
    ] {
        let message = refused(alice.put(key, &value).await, 413, "data_limit").await;
        assert!(
            message.contains("100 bytes") && message.contains("3 keys"),
            "{message}"
        );
    }
    assert_eq!(alice.held().await, json!({"a": full}));
    for key in ["a", "b", "c"] {
        assert_eq!(alice.put(key, &json!(1)).await.status(), 204);
    }
    refused(alice.put("d", &json!(1)).await, 413, "data_limit").await;
    assert_eq!(alice.put("c", &json!(2)).await.status(), 204);
    assert_eq!(alice.delete("b").await.status(), 204);
    assert_eq!(alice.put("d", &json!(1)).await.status(), 204);
}

/// Not so `GET /session`, which a client may ask as often as it likes.
#[tokio::test]
async fn every_request_counts_as_activity() {
    let alice = Holder::of(memory().await).await;
    let pause = common::IDLE * 3 / 4;
    alice.server.forward(pause);
    assert_eq!(alice.get("a").await.status(), 404);
    alice.server.forward(pause);
    assert_eq!(alice.put("a", &json!(1)).await.status(), 204);
    alice.server.forward(pause);
    assert_eq!(alice.delete("a").await.status(), 204);
    alice.server.forward(pause);
    assert!(alice.server.lets_in(&alice.cookie).await);
}

#[tokio::test]
async fn a_signed_cookie_under_another_name_finds_its_data_too() {
    let server = memory_with(|config| {
        config.cookie.name = Some("app.sid".to_owned());
        config.cookie.secrets =
            sessctl_server::Secrets::new(["a secret, long enough for it"]).unwrap();
    })
    .await;
    let form = [("username", "alice")];
    let login = server
        .post("/login", TEXT)
        .form(&form)
        .send()
        .await
        .unwrap();
    let line = set_cookies(&login).remove(0);
    let pair = line.split(';').next().unwrap();
    let ask = |method| {
        let request = server.request(method, "/session/data/a", TEXT);
        request.header("cookie", pair).json(&json!(7)).send()
    };
    assert_eq!(ask(Method::PUT).await.unwrap().status(), 204);
    let got = ask(Method::GET).await.unwrap();
    assert_eq!(common::status_and_json(got).await, (200, json!(7)));
    server.stop().await;
}

#[tokio::test]
async fn a_visitor_may_hold_something_where_visitors_have_sessions() {
    let server =
        common::memory_keeping(|settings| settings.save_uninitialized = true, |_| {}).await;
    let first = server.get("/", TEXT).send().await.unwrap();
    let cookie = common::given(&first).unwrap();
    let visitor = Holder { server, cookie };
    assert_eq!(visitor.put("cart", &json!([1])).await.status(), 204);
    assert_eq!(visitor.held().await, json!({"cart": [1]}));
    assert!(!visitor.server.lets_in(&visitor.cookie).await);
}
