//! Seeing and ending one's own sessions.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{
    HTML, JSON, REMOVAL, Server, TEXT, given, header_of, memory, memory_with,
    people::{OTHER, PASSWORD, with_users, with_users_and},
    set_cookies, sid, status_and_json,
};

/// Longer than a sign-in counts as fresh.
const STALE: Duration = Duration::from_secs(10 * 60 + 1);

/// A server of which alice is signed in three times and bob once; the clock stands right after that.
async fn alice_thrice_and_bob() -> (Server, Vec<String>, String) {
    let server = with_users_and(&["alice", "bob"], |s| s.idle = s.absolute, |_| {}).await;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(server.enter("alice").await);
    }
    let bob = server.enter("bob").await;
    (server, own, bob)
}

async fn delete_others(server: &Server, cookie: &str, body: Option<Value>) -> (u16, Value) {
    let request = server.request(Method::DELETE, "/session/others", TEXT);
    let mut request = request.header("cookie", cookie);
    if let Some(body) = body {
        request = request.json(&body);
    }
    status_and_json(request.send().await.unwrap()).await
}

#[tokio::test]
async fn the_page_shows_ones_own_sessions_and_nobody_elses() {
    let server = with_users_and(&["alice", "bob"], |s| s.idle = s.absolute, |_| {}).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let form = [("username", "alice"), ("password", PASSWORD)];
    let request = server.post("/login", TEXT).header("user-agent", firefox);
    let browser = sid(&given(&request.form(&form).send().await.unwrap()).unwrap());
    server.forward(Duration::from_secs(120));
    let cookie = server.enter("alice").await;
    let bob = server.enter("bob").await;
    let (status, page) = server.page("/sessions", &cookie).await;
    assert_eq!(status, 200);
    for part in [
        "<title>Your sessions – sessctl</title>",
        "Firefox on Linux",
        "<dd>127.0.0.1</dd>",
        "datetime=\"2027-01-15T08:00:00Z\" title=\"2027-01-15 08:00:00 UTC\">2 minutes ago</time>",
        "End all others",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    assert_eq!(page.matches("this one").count(), 1, "{page}");
    assert_eq!(page.matches("<li>").count(), 2, "{page}");
    let handle = server.handle(&browser).await;
    assert!(
        page.contains(&format!("name=\"handle\" value=\"{handle}\"")),
        "{page}"
    );
    assert!(!page.contains(&server.handle(&bob).await), "{page}");
    assert!(
        !page.contains("type=\"password\""),
        "asked right after the sign-in: {page}"
    );
    for secret in [&browser, &cookie] {
        assert!(
            !page.contains(secret.trim_start_matches("sid=")),
            "an id is on the page"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn every_signed_in_page_says_who_it_is_and_has_the_way_out() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    for path in ["/", "/dashboard", "/sessions", "/password"] {
        let (status, page) = server.page(path, &cookie).await;
        assert_eq!(status, 200, "{path}");
        for part in [
            "<html lang=\"en\">",
            "<header>",
            "<nav aria-label=\"Pages\">",
            "<main id=\"main\"",
            "href=\"#main\">Skip to the page</a>",
            "<bdi>alice</bdi>",
            "action=\"/logout\" method=\"post\">",
            "href=\"/sessions\"",
            "href=\"/password\"",
        ] {
            assert!(page.contains(part), "{part} is missing at {path}: {page}");
        }
        assert!(
            !page.contains("<script") && !page.contains("style="),
            "{path}: {page}"
        );
        let fields = page.matches("<input").count();
        let labels = page.matches("<label").count();
        let unlabelled =
            page.matches("type=\"hidden\"").count() + page.matches("aria-hidden").count();
        assert_eq!(fields, labels + unlabelled, "{path}: {page}");
        let marks = page.matches("aria-current=\"page\"").count();
        assert_eq!(marks, usize::from(path != "/"), "{path}: {page}");
    }
    server.stop().await;
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    let (server, own, _) = alice_thrice_and_bob().await;
    let handle = server.handle(&own[1]).await;
    let form = [("handle", &*handle)];
    let answer = server.submit("/sessions/end", HTML, &own[0], &form).await;
    assert_eq!(
        (answer.status().as_u16(), header_of(&answer, "location")),
        (303, "/sessions?ended=1")
    );
    assert_eq!(set_cookies(&answer), Vec::<String>::new());
    let (_, page) = server.page("/sessions?ended=1", &own[0]).await;
    assert!(
        page.contains("role=\"status\">1 session ended.</p>"),
        "{page}"
    );
    let (status, body) = server.session_of(&own[1]).await;
    assert_eq!((status, &body["actor"]), (401, &json!("alice")), "{body}");
    for live in [&own[0], &own[2]] {
        assert_eq!(server.session_of(live).await.0, 200);
    }
    let request = server.get("/sessions", HTML).header("cookie", &own[1]);
    let sent = request.send().await.unwrap();
    assert_eq!(
        header_of(&sent, "location"),
        "/?next=%2Fsessions&ended=elsewhere"
    );
    let there = server.get(header_of(&sent, "location"), HTML).send().await;
    assert!(
        there
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("You ended this session from another one")
    );
    server.stop().await;
}

#[tokio::test]
async fn ending_this_very_session_is_a_logout() {
    let (server, own, _) = alice_thrice_and_bob().await;
    server.forward(STALE);
    let handle = server.handle(&own[0]).await;
    let form = [("handle", &*handle)];
    let answer = server.submit("/sessions/end", HTML, &own[0], &form).await;
    assert_eq!(header_of(&answer, "location"), "/?signed_out=1");
    assert_eq!(set_cookies(&answer), [REMOVAL]);
    assert_eq!(server.session_of(&own[0]).await.1["reason"], "logout");
    server.stop().await;
}

#[tokio::test]
async fn foreign_ended_unknown_and_broken_handles_answer_the_same_404() {
    let (server, own, bob) = alice_thrice_and_bob().await;
    let ended = server.handle(&own[2]).await;
    let form = [("handle", &*ended)];
    server.submit("/sessions/end", TEXT, &own[0], &form).await;
    let foreign = server.handle(&bob).await;
    for accept in [TEXT, JSON, HTML] {
        let mut answers = Vec::new();
        for handle in [&*foreign, &ended, "0123456789ab", "", "../x", "\u{1b}[2J"] {
            let form = [("handle", handle)];
            let answer = server.submit("/sessions/end", accept, &own[0], &form).await;
            assert_eq!(answer.status(), 404, "{handle:?}");
            answers.push(answer.text().await.unwrap());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    assert_eq!(server.session_of(&bob).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn all_others_end_by_the_form_and_by_a_delete_and_nobody_elses() {
    for by_form in [true, false] {
        let (server, own, bob) = alice_thrice_and_bob().await;
        if by_form {
            let answer = server
                .submit("/sessions/end-others", HTML, &own[1], &[])
                .await;
            assert_eq!(header_of(&answer, "location"), "/sessions?ended=2");
        } else {
            let (status, body) = delete_others(&server, &own[1], None).await;
            assert_eq!((status, body), (200, json!({"ended": 2})));
        }
        for (cookie, status) in [(&own[0], 401), (&own[1], 200), (&own[2], 401), (&bob, 200)] {
            assert_eq!(server.session_of(cookie).await.0, status);
        }
        let (_, body) = delete_others(&server, &own[1], None).await;
        assert_eq!(body, json!({"ended": 0}));
        server.stop().await;
    }
}

#[tokio::test]
async fn long_after_the_sign_in_ending_wants_the_password_once_more() {
    let (server, own, _) = alice_thrice_and_bob().await;
    let handle = server.handle(&own[1]).await;
    server.forward(STALE - Duration::from_secs(1));
    let (_, page) = server.page("/sessions", &own[0]).await;
    assert!(
        !page.contains("type=\"password\""),
        "at the limit still fresh: {page}"
    );
    server.forward(Duration::from_secs(1));
    let (_, page) = server.page("/sessions", &own[0]).await;
    assert!(
        page.contains("type=\"password\"") && page.contains("more than 10 minutes ago"),
        "{page}"
    );

    for (path, form) in [
        ("/sessions/end", &[("handle", &*handle)][..]),
        ("/sessions/end-others", &[]),
    ] {
        let answer = server.submit(path, JSON, &own[0], form).await;
        let (status, body) = status_and_json(answer).await;
        assert_eq!(
            (status, &body["code"]),
            (403, &json!("fresh_login")),
            "{path}: {body}"
        );
        let mut wrong = form.to_vec();
        wrong.push(("password", OTHER));
        let answer = server.submit(path, HTML, &own[0], &wrong).await;
        assert_eq!(answer.status(), 403, "{path}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("id=\"fault\">Wrong password</p>") && !page.contains(OTHER),
            "{page}"
        );
    }
    let (status, body) = delete_others(&server, &own[0], None).await;
    assert_eq!(
        (status, &body["code"]),
        (403, &json!("fresh_login")),
        "{body}"
    );
    let (status, body) = delete_others(&server, &own[0], Some(json!({"password": OTHER}))).await;
    assert_eq!(
        (status, &body["code"]),
        (403, &json!("wrong_password")),
        "{body}"
    );
    assert_eq!(
        server.stats().await.active,
        4,
        "something ended without the password"
    );

    let form = [("handle", &*handle), ("password", PASSWORD)];
    let answer = server.submit("/sessions/end", HTML, &own[0], &form).await;
    assert_eq!(header_of(&answer, "location"), "/sessions?ended=1");
    let (status, body) = delete_others(&server, &own[0], Some(json!({"password": PASSWORD}))).await;
    assert_eq!((status, body), (200, json!({"ended": 1})));
    server.stop().await;
}

#[tokio::test]
async fn while_sign_in_is_open_no_password_is_asked_and_there_is_none_to_change() {
    let server = memory_with(|config| config.fresh = Duration::ZERO).await;
    let (one, other) = (
        sid(&server.login("alice").await),
        sid(&server.login("alice").await),
    );
    server.forward(Duration::from_secs(1));
    let (status, page) = server.page("/sessions", &one).await;
    assert_eq!(status, 200);
    assert!(!page.contains("assword"), "{page}");
    assert_eq!(
        delete_others(&server, &one, None).await,
        (200, json!({"ended": 1}))
    );
    assert_eq!(server.session_of(&other).await.0, 401);
    for request in [
        server.get("/password", HTML),
        server.post("/password", HTML),
    ] {
        let answer = request.header("cookie", &one).send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    server.stop().await;
}

#[tokio::test]
async fn without_a_session_nothing_of_this_is_shown_or_done() {
    let server = with_users(&["alice"]).await;
    for (method, path) in [
        (Method::GET, "/sessions"),
        (Method::GET, "/password"),
        (Method::POST, "/sessions/end"),
        (Method::POST, "/sessions/end-others"),
        (Method::POST, "/password"),
        (Method::DELETE, "/session/others"),
    ] {
        let form = [
            ("handle", "0123456789ab"),
            ("current", PASSWORD),
            ("new", OTHER),
        ];
        let request = server.request(method.clone(), path, JSON);
        let answer = request.form(&form).send().await.unwrap();
        let (status, body) = status_and_json(answer).await;
        assert_eq!(
            (status, &body["code"]),
            (401, &json!("not_signed_in")),
            "{path}: {body}"
        );
        if method != Method::DELETE {
            let request = server.request(method, path, HTML);
            let answer = request.form(&form).send().await.unwrap();
            assert_eq!(answer.status(), 303, "{path}");
            let page = path
                .trim_end_matches("/end")
                .trim_end_matches("/end-others");
            let there = format!("/?next={}", page.replace('/', "%2F"));
            assert_eq!(header_of(&answer, "location"), there, "{path}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_visitor_who_has_not_signed_in_has_no_sessions_to_see() {
    let server =
        crate::common::memory_keeping(|settings| settings.save_uninitialized = true, |_| {}).await;
    let first = server.get("/", HTML).send().await.unwrap();
    let cookie = sid(&given(&first).unwrap());
    let (status, _) = server.page("/sessions", &cookie).await;
    assert_eq!(status, 303);
    let (status, body) = delete_others(&server, &cookie, None).await;
    assert_eq!(
        (status, &body["code"]),
        (401, &json!("not_signed_in")),
        "{body}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_hostile_name_and_client_act_on_no_page_of_ones_own() {
    let server = memory().await;
    let name = "<script>alert(1)</script>\u{1b}[31m\u{202e}";
    let request = server.post("/login", TEXT).form(&[("username", name)]);
    let request = request.header("user-agent", "<img src=x>Firefox/ \u{9b}31m");
    let cookie = sid(&given(&request.send().await.unwrap()).unwrap());
    let (status, page) = server.page("/sessions", &cookie).await;
    assert_eq!(status, 200);
    let acts = |c: char| matches!(c, '\u{1b}' | '\u{9b}' | '\u{202e}');
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains(acts),
        "{page}"
    );
    server.stop().await;
}
