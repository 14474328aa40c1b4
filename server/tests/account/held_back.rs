//! Requests of who had a cookie, whose bodies come when the cookie is good for nothing any more.

use sessctl_api::Registry as _;

use crate::common::{
    JSON, given,
    held::Held,
    people::{OTHER, PASSWORD, with_stored_users},
    sid,
};

#[tokio::test]
async fn what_an_old_cookie_began_does_nothing_after_the_password_was_changed() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    let server = with_stored_users(&["alice", "mallory"]).await;
    let stolen = server.enter("alice").await;
    let handle = server.handle(&stolen).await;
    let login = format!("username=mallory&password={}", PASSWORD.replace(' ', "+"));
    let mut held = Vec::new();
    for (line, kind, body, status) in [
        (
            "PUT /session/data/planted",
            ("Content-Type", "application/json"),
            "\"by the thief\"",
            "401",
        ),
        ("POST /sessions/end-others", FORM, "password=", "401"),
        (
            "POST /sessions/end",
            FORM,
            &*format!("handle={handle}"),
            "401",
        ),
        // It is let in, as it would be without a cookie.
        ("POST /login", FORM, &*login, "200"),
    ] {
        let headers = [("Cookie", &*stolen), ("Accept", JSON), kind];
        let request = Held::begin(&server.url, line, &headers, body).await;
        held.push((line, status, request));
    }
    let form = [("current", PASSWORD), ("new", OTHER), ("again", OTHER)];
    let changed = server.submit("/password", JSON, &stolen, &form).await;
    let own = sid(&given(&changed).unwrap());
    let elsewhere = server.try_login("alice", OTHER, JSON).await;
    let elsewhere = sid(&given(&elsewhere).unwrap());
    for (line, status, request) in held {
        let answer = request.end().await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{line}: {answer}");
        // Its owner holds the new one under the same name.
        assert!(!answer.contains("Max-Age=0"), "{line}: {answer}");
    }
    for cookie in [&own, &elsewhere] {
        let (status, session) = server.session_of(cookie).await;
        assert_eq!(status, 200, "{session}");
        assert_eq!(session["data"], serde_json::json!({}), "{session}");
    }
    assert_eq!(server.sessions.stats().await.unwrap().active, 3);
    server.stop().await;
}
