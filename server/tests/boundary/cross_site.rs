//! Whose request it is: nothing changes for another site, and nothing by a GET.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sessctl_api::{Accounts as _, routes::public as paths};

use crate::common::{
    HTML, JSON, Server, TEXT,
    people::{OTHER, PASSWORD, with_stored_users, with_users, with_users_and},
    set_cookies,
};

pub(crate) const EVIL: &str = "http://evil.example";

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
