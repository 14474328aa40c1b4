//! What answers carry: headers, the cookie, and never an id anywhere else.

use reqwest::Method;
use sessctl_server::Config;

use crate::common::{
    HTML, JSON, Server, TEXT, content_type, given, header_of, memory, memory_with,
    people::{OTHER, PASSWORD, with_stored_users_and, with_users},
    set_cookies, sid,
};
use crate::cross_site::EVIL;

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
        // The page that signed out is kept by the browser only afterwards: the next one says it again.
        let page = server.get("/", HTML).send().await.unwrap().text().await;
        assert!(page.unwrap().contains("href=\"/forget.css\""));
        let style = server.get("/forget.css", TEXT).send().await.unwrap();
        assert_eq!(header_of(&style, "content-type"), "text/css; charset=utf-8");
        assert_eq!(header_of(&style, "cache-control"), "no-store");
        seen.push(header_of(&style, "clear-site-data").to_owned());
        let answer = server.get("/dashboard", HTML).send().await.unwrap();
        assert_eq!(header_of(&answer, "clear-site-data"), "");
        server.stop().await;
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    };
    assert_eq!(cleared(https).await, "\"cache\", \"storage\"");
    assert_eq!(cleared(|_| {}).await, "\"cache\", \"storage\"");
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
    let cookie = sid(&given(&login).unwrap());
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
