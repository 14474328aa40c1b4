//! What browsers get: pages, fixed headers, escaping, the cross-site rule, and the way to the form and back.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{
    HTML, JSON, Server, TEXT, content_type, given, header_of, memory, memory_with, set_cookies, sid,
};
use reqwest::{Method, Response};

/// What a person may call themselves who means no good.
const HOSTILE: &str = "<script>alert(1)</script>&\"'\u{1b}[31m\u{202e}\nx\u{9b}";

async fn get(server: &Server, path: &str, accept: &str, cookie: Option<&str>) -> Response {
    let mut request = server.get(path, accept);
    if let Some(cookie) = cookie {
        request = request.header("cookie", sid(cookie));
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_start_page_is_a_form_or_says_who_is_signed_in() {
    let server = memory().await;
    for path in ["/", "/login"] {
        let page = get(&server, path, HTML, None).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(
            page.contains("<form action=\"/login\" method=\"post\">"),
            "{page}"
        );
        assert!(!page.contains("<script"), "{page}");
    }
    let cookie = server.login("alice").await;
    let page = get(&server, "/", HTML, Some(&cookie)).await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("Signed in as <bdi>alice</bdi>") && page.contains("action=\"/logout\""),
        "{page}"
    );
    let style = get(&server, "/style.css", "text/css,*/*;q=0.1", None).await;
    assert_eq!(style.status(), 200);
    assert_eq!(content_type(&style), "text/css; charset=utf-8");
    server.stop().await;
}

#[tokio::test]
async fn a_browser_without_a_session_is_sent_to_the_form_and_back() {
    let server = memory().await;
    let sent = get(&server, "/dashboard", HTML, None).await;
    let there = header_of(&sent, "location").to_owned();
    assert_eq!(
        (sent.status().as_u16(), &*there),
        (303, "/?next=%2Fdashboard")
    );
    let page = get(&server, &there, HTML, None).await.text().await.unwrap();
    assert!(
        page.contains("name=\"next\" value=\"/dashboard\""),
        "{page}"
    );
    let form = [
        ("username", "alice"),
        ("password", ""),
        ("next", "/dashboard"),
    ];
    let back = server
        .post("/login", HTML)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (back.status().as_u16(), header_of(&back, "location")),
        (303, "/dashboard")
    );
    let cookie = given(&back).unwrap();
    assert_eq!(
        get(&server, "/dashboard", HTML, Some(&cookie))
            .await
            .status(),
        200
    );
    server.stop().await;
}

#[tokio::test]
async fn a_hostile_name_acts_neither_on_a_page_nor_on_a_terminal() {
    let server = memory().await;
    let cookie = server.login(HOSTILE).await;
    let acts = |c: char| matches!(c, '\u{1b}' | '\u{9b}' | '\u{202e}' | '\r');
    for path in ["/", "/dashboard"] {
        let page = get(&server, path, HTML, Some(&cookie)).await;
        let page = page.text().await.unwrap();
        assert!(!page.contains("<script") && !page.contains(acts), "{page}");
        assert!(
            page.contains("script") && page.contains("\\u{1b}"),
            "the name was lost: {page}"
        );
    }
    let text = get(&server, "/dashboard", TEXT, Some(&cookie)).await;
    let text = text.text().await.unwrap();
    assert!(!text.contains(acts), "{text:?}");
    assert_eq!(
        text.matches('\n').count(),
        1,
        "a newline got through: {text:?}"
    );
    let json = get(&server, "/dashboard", JSON, Some(&cookie)).await;
    let json: serde_json::Value = json.json().await.unwrap();
    assert_eq!(json["user"], HOSTILE, "a program gets the name as it is");
    server.stop().await;
}

#[tokio::test]
async fn a_hostile_user_agent_acts_on_no_page() {
    let server = memory().await;
    let form = [("username", "alice")];
    let request = server.post("/login", TEXT).form(&form);
    let answer = request
        .header("user-agent", "<script>Firefox/</script>\t\u{e9}")
        .send()
        .await
        .unwrap();
    let cookie = given(&answer).unwrap();
    let page = get(&server, "/dashboard", HTML, Some(&cookie)).await;
    let page = page.text().await.unwrap();
    assert!(!page.contains("<script"), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn every_page_carries_all_fixed_headers_and_the_rest_two() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let pages = [
        get(&server, "/", HTML, None).await,
        get(&server, "/dashboard", HTML, Some(&cookie)).await,
        get(&server, "/nowhere", HTML, None).await,
        server
            .request(Method::DELETE, "/dashboard", HTML)
            .send()
            .await
            .unwrap(),
        server
            .post("/login", HTML)
            .form(&[("username", "")])
            .send()
            .await
            .unwrap(),
        server
            .get("/logout", HTML)
            .header("sec-fetch-site", "cross-site")
            .send()
            .await
            .unwrap(),
    ];
    for page in pages {
        let status = page.status();
        assert_eq!(content_type(&page), "text/html; charset=utf-8", "{status}");
        let policy = header_of(&page, "content-security-policy");
        for part in [
            "default-src 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{status}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(header_of(&page, name), value, "{name} of a {status}");
        }
        assert!(
            page.text().await.unwrap().starts_with("<!doctype html>"),
            "{status}"
        );
    }
    for (path, accept) in [
        ("/dashboard", TEXT),
        ("/dashboard", JSON),
        ("/session", TEXT),
        ("/nowhere", TEXT),
    ] {
        let answer = get(&server, path, accept, Some(&cookie)).await;
        assert_eq!(header_of(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header_of(&answer, "cache-control"), "no-store");
        assert_eq!(header_of(&answer, "content-security-policy"), "", "{path}");
        assert_eq!(header_of(&answer, "server"), "", "the stack is named");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_post_from_another_site_is_refused_and_changes_nothing() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let own = server.url.clone();
    let elsewhere = own.replace("http:", "https:");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "garbage"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", &elsewhere),
        ("origin", "http://127.0.0.1:1"),
    ] {
        for path in ["/login", "/logout"] {
            for (accept, kind) in [
                (TEXT, "text/plain; charset=utf-8"),
                (JSON, "application/json"),
                (HTML, "text/html; charset=utf-8"),
            ] {
                let request = server.post(path, accept).form(&[("username", "mallory")]);
                let request = request.header("cookie", sid(&cookie)).header(name, value);
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 403, "{path} {name}: {value}");
                assert_eq!(content_type(&answer), kind);
                assert_eq!(set_cookies(&answer), Vec::<String>::new());
                let text = answer.text().await.unwrap();
                assert_eq!(text.contains("cross_site"), accept == JSON, "{text}");
            }
        }
    }
    let stats = server.stats().await;
    assert_eq!((stats.created, stats.active), (Some(1), 1));
    assert!(server.lets_in(&cookie).await);
    let request = server.post("/logout", TEXT).header("origin", &own);
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_the_public_origin_decides_and_not_the_host_header() {
    let server =
        memory_with(|config| config.public_origin = Some("https://example.org".to_owned())).await;
    let status = async |origin: &str| {
        let request = server
            .post("/login", TEXT)
            .form(&[("username", "alice")])
            .header("origin", origin);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("https://example.org").await, 200);
    assert_eq!(status(&server.url).await, 403);
    assert_eq!(status("https://example.org.evil").await, 403);
    server.stop().await;
}

#[tokio::test]
async fn a_browser_whose_session_was_revoked_is_told_so_in_words_of_ours() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    server.revoke(&server.handle_of("alice").await).await;
    let sent = server
        .get("/dashboard", HTML)
        .header("cookie", sid(&cookie));
    let sent = sent.send().await.unwrap();
    assert_eq!(
        header_of(&sent, "location"),
        "/?next=%2Fdashboard&ended=revoked"
    );
    let page = server.get("/?next=%2Fdashboard&ended=revoked", HTML);
    let page = page.send().await.unwrap().text().await.unwrap();
    let note = "<p class=\"note\" role=\"status\">Your session was ended by an operator";
    assert!(page.contains(note), "{page}");
    let forged = server
        .get("/?ended=Call+0800-EVIL", HTML)
        .send()
        .await
        .unwrap();
    assert!(!forged.text().await.unwrap().contains("EVIL"));
    server.stop().await;
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure() {
    let origin = |config: &mut sessctl_server::Config| {
        config.public_origin = Some("https://example.org".to_owned());
    };
    let server = memory_with(origin).await;
    let login = server.post("/login", TEXT).form(&[("username", "alice")]);
    let login = login.send().await.unwrap();
    assert!(
        set_cookies(&login)[0].ends_with("; Secure"),
        "{:?}",
        set_cookies(&login)
    );
    server.stop().await;
}
