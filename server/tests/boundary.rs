//! The browser's side of the wall: whose request it is, what a page may load, and what stays behind after signing out.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{
    HTML, JSON, Server, TEXT, content_type, header_of, memory, memory_with,
    people::{
        OTHER, PASSWORD, with_stored_users, with_stored_users_and, with_users, with_users_and,
    },
    set_cookies, sid,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sessctl_api::{Accounts as _, routes::public as paths};
use sessctl_server::Config;

const EVIL: &str = "http://evil.example";

/// What a request says of where it comes from, and whether that is let pass.
struct Says<'a> {
    headers: Vec<(&'static str, &'a str)>,
    /// `None`: the next header decides.
    passes: Option<bool>,
}

fn says<'a>(headers: &[(&'static str, &'a str)], passes: impl Into<Option<bool>>) -> Says<'a> {
    Says {
        headers: headers.to_vec(),
        passes: passes.into(),
    }
}

fn sites() -> [Says<'static>; 7] {
    let name = "sec-fetch-site";
    [
        says(&[], None),
        says(&[(name, "same-origin")], true),
        says(&[(name, "same-site")], false),
        says(&[(name, "cross-site")], false),
        says(&[(name, "none")], true),
        says(&[(name, "garbage")], false),
        says(&[(name, "same-origin"), (name, "same-origin")], false),
    ]
}

/// A right origin and its neighbours.
struct Origins {
    right: String,
    port: String,
    scheme: String,
}

impl Origins {
    fn of(right: &str) -> Self {
        let (host, _) = right.rsplit_once(':').unwrap();
        let scheme = match right.strip_prefix("http:") {
            Some(rest) => format!("https:{rest}"),
            None => right.replacen("https:", "http:", 1),
        };
        Self {
            right: right.to_owned(),
            port: format!("{host}:1"),
            scheme,
        }
    }

    fn all(&self) -> [Says<'_>; 7] {
        let name = "origin";
        [
            says(&[], true),
            says(&[(name, &self.right)], true),
            says(&[(name, EVIL)], false),
            says(&[(name, &self.port)], false),
            says(&[(name, &self.scheme)], false),
            says(&[(name, "null")], false),
            says(&[(name, &self.right), (name, &self.right)], false),
        ]
    }
}

const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// Every route that changes something, with the methods that do.
const CHANGING: [(&str, &[Method]); 7] = [
    (paths::LOGIN, &[Method::POST]),
    (paths::LOGOUT, &[Method::POST]),
    (paths::END_SESSION, &[Method::POST]),
    (paths::END_OTHERS, &[Method::POST]),
    (paths::OTHERS, &[Method::DELETE]),
    (paths::PASSWORD, &[Method::POST]),
    ("/session/data/key", &[Method::PUT, Method::DELETE]),
];

/// What a server keeps, but for when it was last asked.
async fn kept(server: &Server) -> Value {
    let stats = server.stats().await;
    let (_, mut page) = server.ask("/v1/sessions").await;
    for session in page["sessions"].as_array_mut().unwrap() {
        for moves in ["seen", "requests", "idle_expires", "ips", "ip"] {
            session.as_object_mut().unwrap().remove(moves);
        }
    }
    let users = server.sessions.users().await.unwrap();
    let ended = stats.ended.map(|ended| ended.total());
    json!({"created": stats.created, "ended": ended, "sessions": page["sessions"], "users": users})
}

fn with_all(mut request: RequestBuilder, said: &Says<'_>) -> RequestBuilder {
    for (name, value) in &said.headers {
        request = request.header(*name, *value);
    }
    request
}

/// Asks in every combination; `cookie` is that of a session to lose.
async fn table(server: &Server, right: &str, path: &str, changing: &[Method]) {
    let origins = Origins::of(right);
    let mut cookie = server.enter("alice").await;
    let before = kept(server).await;
    let mut refused = 0;
    let mut passed = Vec::new();
    for method in METHODS {
        for site in sites() {
            for origin in origins.all() {
                let passes = site.passes.or(origin.passes).unwrap();
                let must_refuse = changing.contains(&method) && !passes;
                if changing.contains(&method) && passes {
                    passed.push((method.clone(), site.headers.clone(), origin.headers.clone()));
                    continue;
                }
                let request = server.request(method.clone(), path, JSON);
                let request = with_all(with_all(request, &site), &origin);
                let form = [
                    ("username", "alice"),
                    ("password", PASSWORD),
                    ("new", OTHER),
                ];
                let request = request.header("cookie", &cookie).form(&form);
                // The one GET that changes something judges for itself, and says so elsewhere.
                if path == paths::LOGOUT && method == Method::GET {
                    continue;
                }
                let answer = request.send().await.unwrap();
                let (status, text) = (answer.status(), answer.text().await.unwrap());
                let what = format!("{method} {path} {:?} {:?}", site.headers, origin.headers);
                assert_eq!(text.contains("cross_site"), must_refuse, "{what}: {text}");
                assert_eq!(status == 403, must_refuse, "{what}: {status}");
                refused += usize::from(must_refuse);
            }
        }
    }
    assert_eq!(refused, changing.len() * (4 * 7 + 5), "{path}");
    assert_eq!(
        kept(server).await,
        before,
        "{path}: a refused request changed something"
    );
    for (method, site, origin) in passed {
        let what = format!("{method} {path} {site:?} {origin:?}");
        let mut request = server.request(method, path, JSON).header("cookie", &cookie);
        for (name, value) in site.into_iter().chain(origin) {
            request = request.header(name, value);
        }
        let answer = request.json(&json!({"handle": ""})).send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("cross_site"), "{what}: {text}");
        if server.session_of(&cookie).await.0 != 200 {
            cookie = server.enter("alice").await;
        }
    }
}

#[tokio::test]
async fn no_other_site_changes_anything_by_any_method_and_header() {
    let server = with_users(&["alice"]).await;
    for (path, changing) in CHANGING {
        table(&server, &server.url.clone(), path, changing).await;
    }
    server.stop().await;
}

/// Behind a proxy the public address decides: neither the Host header nor where it listens.
#[tokio::test]
async fn behind_a_proxy_no_other_site_changes_anything_either() {
    let origin = "https://app.example.org:8443";
    let server = with_users_and(
        &["alice"],
        |_| {},
        |config| {
            config.public_origin = Some(origin.to_owned());
            config.cookie.name = Some("sid".to_owned());
            config.cookie.secure = sessctl_server::Secure::Never;
        },
    )
    .await;
    table(&server, origin, paths::LOGIN, &[Method::POST]).await;
    table(&server, origin, paths::LOGOUT, &[Method::POST]).await;
    server.stop().await;
}

/// The declared exception is a link to `/logout` that is followed here.
#[tokio::test]
async fn no_get_changes_anything_but_when_last_seen() {
    let server = with_stored_users(&["alice", "bob"]).await;
    let cookie = server.enter("alice").await;
    server.enter("alice").await;
    server.enter("bob").await;
    let before = kept(&server).await;
    let query = "?next=/&handle=x&ended=1&username=alice&password=x&new=y&signed_out=1";
    let all = paths::ALL
        .iter()
        .copied()
        .chain(["/session/data/key", "/nowhere"]);
    for path in all {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for accept in [TEXT, JSON, HTML] {
                for (query, sent) in [("", None), (query, Some(&cookie)), (query, None)] {
                    let mut request =
                        server.request(method.clone(), &format!("{path}{query}"), accept);
                    if path == paths::LOGOUT {
                        request = request.header("sec-fetch-site", "cross-site");
                    }
                    if let Some(cookie) = sent {
                        request = request.header("cookie", cookie);
                    }
                    let answer = request.send().await.unwrap();
                    assert!(!answer.status().is_server_error(), "{method} {path}");
                    assert_eq!(
                        set_cookies(&answer),
                        Vec::<String>::new(),
                        "{method} {path}"
                    );
                }
            }
        }
    }
    assert_eq!(kept(&server).await, before);
    server.stop().await;
}

fn https(config: &mut Config) {
    config.public_origin = Some("https://app.example.org".to_owned());
}

/// Pages and refusals of every kind, as a browser gets them.
async fn html_answers(server: &Server, cookie: &str) -> Vec<reqwest::Response> {
    let mut answers = Vec::new();
    for path in ["/", "/dashboard", "/sessions", "/password", "/nowhere"] {
        answers.push(server.get(path, HTML).header("cookie", cookie));
    }
    let post = |path| server.post(path, HTML).header("cookie", cookie);
    answers.push(post("/login").form(&[("username", "alice"), ("password", OTHER)]));
    answers.push(post("/login").form(&[("username", "")]));
    answers.push(post("/login").body("x"));
    answers.push(
        post("/login")
            .header("content-type", "application/json")
            .body("x".repeat(70_000)),
    );
    answers.push(post("/login").header("origin", EVIL));
    answers.push(post("/password").form(&[("current", OTHER), ("new", OTHER)]));
    answers.push(post("/sessions/end").form(&[("handle", "x")]));
    answers.push(server.request(Method::PATCH, "/dashboard", HTML));
    answers.push(
        server
            .get("/logout", HTML)
            .header("sec-fetch-site", "cross-site"),
    );
    let mut got = Vec::new();
    for request in answers {
        got.push(request.send().await.unwrap());
    }
    server.sessions.close().await.unwrap();
    let form = [("username", "alice"), ("password", PASSWORD)];
    let broken = server
        .post("/login", HTML)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(broken.status(), 503);
    got.push(broken);
    got
}

#[tokio::test]
async fn every_html_answer_carries_all_headers_and_https_ones_keep_to_it() {
    for is_https in [false, true] {
        let server = with_stored_users_and(&["alice"], |config| {
            if is_https {
                https(config);
                config.cookie.name = Some("sid".to_owned());
                config.cookie.secure = sessctl_server::Secure::Never;
            }
        })
        .await;
        let cookie = server.enter("alice").await;
        let mut statuses = Vec::new();
        for answer in html_answers(&server, &cookie).await {
            let status = answer.status().as_u16();
            assert_eq!(
                content_type(&answer),
                "text/html; charset=utf-8",
                "{status}"
            );
            let policy = header_of(&answer, "content-security-policy");
            for part in [
                "default-src 'none'",
                "style-src 'self'",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.contains(part), "{status}: {policy}");
            }
            assert!(
                !policy.contains("unsafe") && !policy.contains("script"),
                "{policy}"
            );
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", "no-store"),
                (
                    "strict-transport-security",
                    if is_https { "max-age=31536000" } else { "" },
                ),
                ("access-control-allow-origin", ""),
                ("server", ""),
            ] {
                assert_eq!(header_of(&answer, name), value, "{name} of a {status}");
            }
            statuses.push(status);
        }
        statuses.sort_unstable();
        statuses.dedup();
        assert_eq!(statuses, [200, 400, 401, 403, 404, 405, 413, 415, 503]);
        server.stop().await;
    }
}

#[tokio::test]
async fn what_says_anything_of_a_user_or_gives_a_cookie_is_stored_nowhere() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    for accept in [TEXT, JSON, HTML] {
        for path in [
            "/",
            "/dashboard",
            "/session",
            "/sessions",
            "/password",
            "/session/data/x",
        ] {
            let answer = server.get(path, accept).header("cookie", &cookie).send();
            assert_eq!(
                header_of(&answer.await.unwrap(), "cache-control"),
                "no-store",
                "{path}"
            );
        }
        let answer = server.try_login("alice", PASSWORD, accept).await;
        assert_eq!(header_of(&answer, "cache-control"), "no-store");
    }
    // Also where a stale cookie is taken away on the way.
    let style = server.get("/style.css", TEXT);
    let style = style.header("cookie", sid("stale")).send().await.unwrap();
    assert_eq!(set_cookies(&style).len(), 1);
    assert_eq!(header_of(&style, "cache-control"), "no-store");
    for path in ["/style.css", "/icon.svg"] {
        let answer = server.get(path, TEXT).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(header_of(&answer, "cache-control"), "public, max-age=3600");
    }
    server.stop().await;
}

/// Everything of this origin, and nothing of others on the same domain.
#[tokio::test]
async fn signing_out_lets_a_browser_forget_this_site_where_it_is_all_ours() {
    let cleared = async |change: fn(&mut Config)| {
        let server = memory_with(change).await;
        let mut seen = Vec::new();
        for accept in [TEXT, JSON, HTML] {
            let answer = server.post("/logout", accept).send().await.unwrap();
            seen.push(header_of(&answer, "clear-site-data").to_owned());
        }
        let answer = server.get("/dashboard", HTML).send().await.unwrap();
        assert_eq!(header_of(&answer, "clear-site-data"), "");
        server.stop().await;
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    };
    assert_eq!(cleared(https).await, "\"cache\", \"storage\"");
    assert_eq!(cleared(|_| {}).await, "");
    let shared = |config: &mut Config| {
        https(config);
        config.cookie.domain = Some("example.org".to_owned());
    };
    assert_eq!(cleared(shared).await, "");
    let beside_others = |config: &mut Config| {
        https(config);
        config.cookie.path = "/app".to_owned();
    };
    assert_eq!(cleared(beside_others).await, "");
}

#[tokio::test]
async fn behind_https_the_cookie_is_bound_to_this_host_and_removed_as_it_was_set() {
    let server = memory_with(https).await;
    let login = server.post("/login", TEXT).form(&[("username", "alice")]);
    let login = login.send().await.unwrap();
    let line = set_cookies(&login).remove(0);
    let (pair, attributes) = line.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-sid="), "{line}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure");
    for other in [
        pair.replace("__Host-", ""),
        pair.replace("__Host-", "__host-"),
    ] {
        let answer = server
            .get("/dashboard", TEXT)
            .header("cookie", other)
            .send();
        assert_eq!(answer.await.unwrap().status(), 401, "another name opens it");
    }
    let out = server.post("/logout", TEXT).header("cookie", pair).send();
    assert_eq!(
        set_cookies(&out.await.unwrap()),
        [format!(
            "__Host-sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; {attributes}"
        )]
    );
    server.stop().await;
}

/// An id is for the cookie alone.
#[tokio::test]
async fn no_body_and_no_address_ever_shows_an_id() {
    let server = with_users(&["alice"]).await;
    let login = server.try_login("alice", PASSWORD, HTML).await;
    let cookie = sid(&common::given(&login).unwrap());
    let id = cookie.trim_start_matches("sid=").to_owned();
    let gives_it = |answer: &reqwest::Response| {
        let headers = answer.headers().iter();
        headers
            .filter(|(name, _)| *name != "set-cookie")
            .any(|(_, value)| value.to_str().unwrap().contains(&id))
    };
    assert!(!gives_it(&login) && !login.text().await.unwrap().contains(&id));
    for path in [
        "/",
        "/dashboard",
        "/sessions",
        "/password",
        "/session",
        "/nowhere",
        "/session/data/x",
    ] {
        for accept in [TEXT, JSON, HTML] {
            let answer = server.get(path, accept).header("cookie", &cookie).send();
            let answer = answer.await.unwrap();
            assert!(!gives_it(&answer), "{path}");
            assert!(!answer.text().await.unwrap().contains(&id), "{path}");
        }
    }
    // And from nowhere else is one taken.
    for request in [
        server.get(&format!("/dashboard?sid={id}"), TEXT),
        server.get("/dashboard", TEXT).header("sid", &id),
        server
            .get("/dashboard", TEXT)
            .header("authorization", format!("Bearer {id}")),
        server
            .get("/dashboard", TEXT)
            .header("cookie", format!("session={id}")),
        server.get(&format!("/dashboard;sid={id}"), TEXT),
    ] {
        assert!(request.send().await.unwrap().status().is_client_error());
    }
    server.stop().await;
}

#[tokio::test]
async fn json_is_taken_only_as_json() {
    let server = memory().await;
    let cookie = sid(&server.login("alice").await);
    for path in ["/sessions/end", "/sessions/end-others"] {
        for kind in ["text/plain", "multipart/form-data; boundary=x", ""] {
            let request = server.post(path, JSON).header("cookie", &cookie);
            let request = request
                .header("content-type", kind)
                .body("{\"handle\":\"x\"}");
            assert_eq!(
                request.send().await.unwrap().status(),
                415,
                "{path} {kind:?}"
            );
        }
    }
    server.stop().await;
}
