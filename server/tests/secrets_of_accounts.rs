//! No password, no hash of one, no token and no cookie value reaches a log line at any level, the audit log, `/metrics`
//! or an answer, but for the one that gives it.
//!
//! One test in a file of its own: what is captured is captured for the whole process.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::fs;

use common::{HTML, JSON, Server, TEXT, log::capture, sid, sqlite_with, status_and_json};
use reqwest::Method;
use serde_json::{Value, json};
use sessctl_server::{Audit, Auth};

/// Each is long enough to be a good password, and holds the same word.
const FIRST: &str = "first canary, long enough";
const SECOND: &str = "second canary, long enough";
const BY_OPERATOR: &str = "third canary, long enough";
const WRONG: &str = "a wrong canary of somebody";
const SHORT: &str = "canary";

/// Everything that somebody was answered.
#[derive(Default)]
struct Told(String);

impl Told {
    /// Sends a request and keeps the answer, headers and all but the cookie that it gives.
    async fn ask(&mut self, request: reqwest::RequestBuilder) -> (u16, Option<String>) {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let mut cookie = None;
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap();
            if name == "set-cookie" {
                let given = value.split([';', '=']).nth(1).unwrap();
                cookie = Some(given.to_owned()).filter(|given| !given.is_empty());
            } else {
                self.0.push_str(&format!("{name}: {value}\n"));
            }
        }
        self.0.push_str(&answer.text().await.unwrap());
        (status, cookie)
    }

    async fn login(
        &mut self,
        server: &Server,
        user: &str,
        password: &str,
    ) -> (u16, Option<String>) {
        let mut last = (0, None);
        for accept in [TEXT, JSON, HTML] {
            let form = [
                ("username", user),
                ("password", password),
                ("remember", "on"),
            ];
            last = self.ask(server.post("/login", accept).form(&form)).await;
        }
        last
    }
}

async fn operate(server: &Server, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = server.admin(method, path).json(body);
    status_and_json(request.send().await.unwrap()).await
}

#[tokio::test]
async fn no_password_and_no_token_is_logged_written_down_or_told() {
    let log = capture();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("audit.jsonl");
    let audit = Audit::open(&file).unwrap();
    let server = sqlite_with(|config| {
        config.auth = Auth::Users;
        config.log_requests = true;
        config.audit = audit;
    })
    .await;
    let mut told = Told::default();
    let mut cookies = Vec::new();

    for (body, status) in [
        (
            json!({"name": "alice", "credential": {"password": FIRST}}),
            201,
        ),
        (
            json!({"name": "alice", "credential": {"password": FIRST}}),
            409,
        ),
        (
            json!({"name": "bob", "credential": {"password": SHORT}}),
            400,
        ),
        (
            json!({"name": "bob", "credential": {"hash": "$argon2id$canary"}}),
            400,
        ),
        (
            json!({"name": "bob", "credential": {"pasword": FIRST}}),
            400,
        ),
        (json!({"name": "bob", "password": FIRST}), 400),
    ] {
        let (found, answer) = operate(&server, Method::POST, "/v1/users", &body).await;
        assert_eq!(found, status, "{answer}");
        told.0.push_str(&answer.to_string());
    }
    let (status, mut minted) = operate(
        &server,
        Method::POST,
        "/v1/tokens",
        &json!({"name": "ci", "scope": "read", "lifetime": 60}),
    )
    .await;
    assert_eq!(status, 201);
    let token = minted["secret"].take().as_str().unwrap().to_owned();

    // Signing in, rightly and wrongly.
    for (user, password, is_in) in [
        ("alice", FIRST, true),
        ("alice", WRONG, false),
        ("nobody", WRONG, false),
    ] {
        let (status, cookie) = told.login(&server, user, password).await;
        assert_eq!(cookie.is_some(), is_in, "{user}: {status}");
        cookies.extend(cookie);
    }
    // A password in the wrong field: the form keeps it for whoever typed it, and nothing else does.
    for (user, password) in [(WRONG, WRONG), (FIRST, "")] {
        let (_, cookie) = Told::default().login(&server, user, password).await;
        assert_eq!(cookie, None);
    }
    let mut cookie = cookies[0].clone();
    for path in ["/dashboard", "/session", "/sessions", "/password"] {
        for accept in [TEXT, JSON, HTML] {
            let request = server.get(path, accept).header("cookie", sid(&cookie));
            told.ask(request).await;
        }
    }
    // Changing the password, wrongly and rightly.
    for (current, new, is_done) in [
        (WRONG, SECOND, false),
        (FIRST, SHORT, false),
        (FIRST, SECOND, true),
    ] {
        let form = [("current", current), ("new", new), ("again", new)];
        let request = server.post("/password", TEXT).form(&form);
        let (status, given) = told.ask(request.header("cookie", sid(&cookie))).await;
        assert_eq!(status == 200, is_done, "{status}: {}", told.0);
        if let Some(given) = given {
            cookies.push(given.clone());
            cookie = given;
        }
    }
    // After a while the password is wanted again.
    server.forward(std::time::Duration::from_secs(599));
    told.ask(
        server
            .get("/dashboard", TEXT)
            .header("cookie", sid(&cookie)),
    )
    .await;
    server.forward(std::time::Duration::from_secs(599));
    for password in [WRONG, SECOND] {
        let request = server.request(Method::DELETE, "/session/others", JSON);
        let request = request.json(&json!({"password": password}));
        told.ask(request.header("cookie", sid(&cookie))).await;
    }
    let change = json!({"password": BY_OPERATOR});
    assert_eq!(
        operate(&server, Method::PATCH, "/v1/users/alice", &change)
            .await
            .0,
        200
    );
    assert!(told.login(&server, "alice", BY_OPERATOR).await.1.is_some());

    // The token, where it belongs and where it does not. A minute has passed: it is refused everywhere.
    let (status, mut minted) = operate(
        &server,
        Method::POST,
        "/v1/tokens",
        &json!({"name": "cd", "scope": "read", "lifetime": 60}),
    )
    .await;
    assert_eq!(status, 201);
    let good = minted["secret"].take().as_str().unwrap().to_owned();
    for bearer in [&*token, &*good, WRONG] {
        for path in ["/v1/stats", "/v1/users", "/v1/revocations"] {
            let method = if path == "/v1/revocations" {
                Method::POST
            } else {
                Method::GET
            };
            told.ask(server.remote(method, path).bearer_auth(bearer))
                .await;
        }
        let bare = server
            .remote(Method::GET, "/v1/stats")
            .header("authorization", bearer);
        told.ask(bare).await;
    }
    for path in [
        format!("/v1/log?token={good}"),
        format!("/v1/sessions/{good}"),
        format!("/v1/tokens/{good}/x"),
    ] {
        let request = server.remote(Method::GET, &path).bearer_auth(&good);
        let status = request.send().await.unwrap().status();
        assert!(status.is_client_error(), "{path}: {status}");
        server.get(&path, TEXT).send().await.unwrap();
    }
    for path in [
        "/v1/users",
        "/v1/users/alice",
        "/v1/tokens",
        "/v1/log?limit=1000",
        "/v1/sessions",
        "/metrics",
    ] {
        let request = server.admin(Method::GET, path);
        assert_eq!(told.ask(request).await.0, 200, "{path}");
    }
    let (_, _) = told
        .ask(server.admin(Method::DELETE, "/v1/tokens/cd"))
        .await;
    server.stop().await;

    let written = fs::read_to_string(&file).unwrap();
    let logged = log.text();
    for (place, text) in [
        ("log", &logged),
        ("audit log", &written),
        ("answers", &told.0),
    ] {
        for expected in ["alice", "wrong_password", "token"] {
            assert!(text.contains(expected), "{expected} is not in the {place}");
        }
        assert!(
            !text.contains("canary"),
            "a password is in the {place}:\n{text}"
        );
        assert!(
            !text.contains("$argon2id$v=19$m=8,"),
            "a hash is in the {place}"
        );
        for secret in cookies.iter().chain([&token, &good]) {
            assert!(
                !text.contains(secret),
                "{secret} is in the {place}:\n{text}"
            );
        }
    }
}
