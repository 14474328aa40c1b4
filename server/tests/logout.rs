//! Signing out by form and by link, and what the holder of an ended cookie is told.

mod common;

use std::time::Duration;

use common::{HTML, JSON, REMOVAL, TEXT, header_of, memory, set_cookies, sid, status_and_json};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_logout_ends_the_session_and_says_the_same_without_one() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    for (sent, still) in [(Some(&cookie), "live"), (Some(&cookie), "dead"), (None, "")] {
        for method in [Method::POST, Method::GET] {
            let mut request = server.request(method, "/logout", TEXT);
            if let Some(cookie) = sent {
                request = request.header("cookie", sid(cookie));
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{still}");
            assert_eq!(set_cookies(&answer), [REMOVAL], "{still}");
            assert_eq!(
                answer.text().await.unwrap(),
                "Logged out successfully\n",
                "{still}"
            );
        }
        assert!(!server.lets_in(&cookie).await);
    }
    let answer = server.post("/logout", JSON).send().await.unwrap();
    assert_eq!(
        status_and_json(answer).await,
        (200, json!({"message": "Logged out successfully"}))
    );
    let answer = server.post("/logout", HTML).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), header_of(&answer, "location")),
        (303, "/?signed_out=1")
    );
    let ended = server.stats().await.ended.unwrap();
    assert_eq!((ended.logout, ended.total()), (1, 1));
    server.stop().await;
}

#[tokio::test]
async fn a_link_of_another_site_a_prefetch_and_a_head_only_ask() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let own = |method| {
        server
            .request(method, "/logout", HTML)
            .header("cookie", sid(&cookie))
    };
    for request in [
        own(Method::GET).header("sec-fetch-site", "cross-site"),
        own(Method::GET).header("sec-fetch-site", "same-site"),
        own(Method::GET)
            .header("sec-fetch-site", "none")
            .header("sec-purpose", "prefetch;prerender"),
        own(Method::HEAD),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(set_cookies(&answer), Vec::<String>::new());
        assert!(server.lets_in(&cookie).await, "it was signed out");
    }
    let page = own(Method::GET)
        .header("sec-fetch-site", "cross-site")
        .send();
    let page = page.await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Log out?") && page.contains("method=\"post\""),
        "{page}"
    );
    let typed = own(Method::GET)
        .header("sec-fetch-site", "none")
        .send()
        .await
        .unwrap();
    assert_eq!(set_cookies(&typed), [REMOVAL]);
    assert!(!server.lets_in(&cookie).await);
    server.stop().await;
}

#[tokio::test]
async fn the_holder_of_an_ended_cookie_learns_how_it_ended_and_a_stranger_does_not() {
    let server = memory().await;
    let revoked = server.login("alice").await;
    server.forward(Duration::from_secs(5));
    server.revoke(&server.handle_of("alice").await).await;
    let left = server.login("bob").await;
    let _ = server
        .post("/logout", TEXT)
        .header("cookie", sid(&left))
        .send()
        .await
        .unwrap();
    for path in ["/session", "/dashboard"] {
        for (cookie, reason) in [(&revoked, "revoked"), (&left, "logout")] {
            let request = server.get(path, JSON).header("cookie", sid(cookie));
            let answer = request.send().await.unwrap();
            assert_eq!(set_cookies(&answer), [REMOVAL]);
            let (status, body) = status_and_json(answer).await;
            assert_eq!(status, 401);
            assert_eq!(body["code"], "session_ended", "{body}");
            assert_eq!(body["reason"], reason, "{body}");
            assert_eq!(body["at"], "2027-01-15T08:00:05Z", "{body}");
            assert_eq!(body["auth"], "open", "{body}");
            assert!(
                body["actor"].as_str().is_some_and(|who| !who.is_empty()),
                "{body}"
            );
        }
        let stranger = server.get(path, JSON).send().await.unwrap();
        let expected = json!({"code": "not_signed_in", "message": "Please log in", "auth": "open"});
        assert_eq!(status_and_json(stranger).await, (401, expected));
    }
    server.stop().await;
}
