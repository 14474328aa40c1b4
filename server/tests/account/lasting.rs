//! What comes after the password was right or wrong: limits, lifetimes, throttled and overloaded tries.

use std::time::Duration;

use serde_json::json;
use sessctl_api::{Accounts as _, UserChange};
use sessctl_store::{OnLimit, SessionLimit};

use crate::common::{
    HTML, IDLE, JSON, TEXT, content_type, given, header_of,
    people::{OTHER, PASSWORD, with_stored_users, with_users, with_users_and},
    set_cookies, sid, status_and_json,
};
use crate::whole;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn a_disabled_account_signs_in_nowhere_and_its_sessions_are_over() {
    let server = with_stored_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    let change = server
        .sessions
        .change_user("alice", UserChange::Disable, "root");
    assert_eq!(change.await.unwrap().ended, 1);
    let (status, body) = server.session_of(&cookie).await;
    assert_eq!((status, &body["actor"]), (401, &json!("root")), "{body}");
    assert_eq!(
        server.try_login("alice", PASSWORD, TEXT).await.status(),
        401
    );
    let change = server
        .sessions
        .change_user("alice", UserChange::Enable, "root");
    change.await.unwrap();
    server.enter("alice").await;
    server.stop().await;
}

#[tokio::test]
async fn one_session_too_many_is_refused_in_words_or_ends_the_oldest_which_is_told() {
    let limit = |then| {
        move |settings: &mut sessctl_store::Settings| {
            settings.limit = Some(SessionLimit { most: 2, then });
        }
    };
    let server = with_users_and(&["alice"], limit(OnLimit::Deny), |_| {}).await;
    let first = server.enter("alice").await;
    server.enter("alice").await;
    let refused = server.try_login("alice", PASSWORD, JSON).await;
    let (status, body) = status_and_json(refused).await;
    assert_eq!(
        (status, &body["code"]),
        (403, &json!("too_many_sessions")),
        "{body}"
    );
    let page = server.try_login("alice", PASSWORD, HTML).await;
    assert_eq!(page.status(), 403);
    let page = page.text().await.unwrap();
    assert!(
        page.contains("signed in 2 times already") && page.contains("value=\"alice\""),
        "{page}"
    );
    // In its place there is room.
    let form = [("username", "alice"), ("password", PASSWORD)];
    assert_eq!(
        server.submit("/login", TEXT, &first, &form).await.status(),
        200
    );
    server.stop().await;

    let server = with_users_and(&["alice"], limit(OnLimit::Oldest), |_| {}).await;
    let first = server.enter("alice").await;
    let handle = server.handle(&first).await;
    server.forward(Duration::from_secs(1));
    server.enter("alice").await;
    server.enter("alice").await;
    let (_, log) = server.ask("/v1/log?filter=action%3Dlimit").await;
    let records = log["records"].as_array().unwrap();
    assert_eq!(records.len(), 1, "{log}");
    for (key, value) in [
        ("result", "done"),
        ("actor", "alice"),
        ("user", "alice"),
        ("handle", &*handle),
    ] {
        assert_eq!(records[0][key], value, "{key}: {log}");
    }
    let request = server.get("/dashboard", HTML).header("cookie", &first);
    let sent = request.send().await.unwrap();
    assert_eq!(
        header_of(&sent, "location"),
        "/?next=%2Fdashboard&ended=limit"
    );
    let there = server.get(header_of(&sent, "location"), HTML).send().await;
    let page = there.unwrap().text().await.unwrap();
    assert!(page.contains("only so many"), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn whoever_is_remembered_keeps_a_session_and_its_cookie_for_longer_and_no_more() {
    let remember = |settings: &mut sessctl_store::Settings| settings.remember = Some(30 * DAY);
    let server = with_users_and(&["alice"], remember, |config| config.rolling = true).await;
    let page = server
        .get("/", HTML)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("Keep me signed in for 30 days"), "{page}");
    let form = [
        ("username", "alice"),
        ("password", PASSWORD),
        ("remember", "on"),
    ];
    let answer = server
        .post("/login", TEXT)
        .form(&form)
        .send()
        .await
        .unwrap();
    let line = set_cookies(&answer).remove(0);
    let max_age = 30 * DAY.as_secs();
    assert!(
        line.ends_with(&format!(
            "; Max-Age={max_age}; Path=/; HttpOnly; SameSite=Lax"
        )),
        "{line}"
    );
    let cookie = line.split(';').next().unwrap().to_owned();
    // What is left of its lifetime, and not all of it again.
    server.forward(10 * DAY);
    let request = server.get("/dashboard", TEXT).header("cookie", &cookie);
    let rolled = request.send().await.unwrap();
    assert_eq!(rolled.status(), 200);
    assert!(
        set_cookies(&rolled)[0].contains("; Max-Age=1728000; "),
        "{:?}",
        set_cookies(&rolled)
    );
    // Only the lifetime: what is sensitive wants the password.
    let end = server
        .submit("/sessions/end-others", JSON, &cookie, &[])
        .await;
    assert_eq!(status_and_json(end).await.1["code"], "fresh_login");
    let form = [("current", PASSWORD), ("new", OTHER)];
    let changed = server.submit("/password", JSON, &cookie, &form).await;
    assert!(
        set_cookies(&changed)[0].contains("; Max-Age=1728000; "),
        "{:?}",
        set_cookies(&changed)
    );
    let cookie = set_cookies(&changed)[0]
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    server.forward(20 * DAY);
    assert_eq!(server.session_of(&cookie).await.1["reason"], "absolute");

    let form = [("username", "alice"), ("password", OTHER)];
    let ordinary = server
        .post("/login", TEXT)
        .form(&form)
        .send()
        .await
        .unwrap();
    let ordinary = sid(&given(&ordinary).unwrap());
    server.forward(IDLE);
    assert_eq!(server.session_of(&ordinary).await.1["reason"], "idle");
    server.stop().await;

    let off = |settings: &mut sessctl_store::Settings| settings.remember = None;
    let server = with_users_and(&["alice"], off, |_| {}).await;
    let page = server
        .get("/", HTML)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!page.contains("Keep me signed in"), "{page}");
    server.stop().await;
}

/// Also with the right password, and also where it is asked for again.
#[tokio::test]
async fn a_throttled_try_is_answered_as_a_wrong_one() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    server.forward(Duration::from_secs(599));
    assert_eq!(server.session_of(&cookie).await.0, 200);
    let wrong = whole(server.try_login("alice", OTHER, JSON).await).await;
    for _ in 0..10 {
        server.try_login("alice", OTHER, JSON).await;
    }
    let throttled = whole(server.try_login("alice", PASSWORD, JSON).await).await;
    assert_eq!(throttled, wrong);
    let form = [("current", PASSWORD), ("new", OTHER)];
    let change = server.submit("/password", JSON, &cookie, &form).await;
    let (status, body) = status_and_json(change).await;
    assert_eq!(
        (status, &body["code"]),
        (403, &json!("wrong_password")),
        "{body}"
    );
    server.forward(Duration::from_secs(60 * 60));
    server.enter("alice").await;
    server.stop().await;
}

#[tokio::test]
async fn too_many_checks_at_once_are_told_to_come_back_and_the_rest_goes_on() {
    let dear = |settings: &mut sessctl_store::Settings| {
        settings.hashing = sessctl_store::Hashing {
            memory: 19 * 1024,
            passes: 4,
            at_once: 1,
        };
    };
    let server = with_users_and(&["alice"], dear, |_| {}).await;
    let cookie = server.enter("alice").await;
    let tries = (0..100).map(|number| {
        let accept = if number % 2 == 0 { JSON } else { HTML };
        server.try_login("alice", PASSWORD, accept)
    });
    let page = async {
        for _ in 0..20 {
            assert_eq!(server.session_of(&cookie).await.0, 200);
        }
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(tries), page);
    let mut busy = 0;
    for answer in answers {
        if answer.status() != 503 {
            assert!(given(&answer).is_some());
            continue;
        }
        busy += 1;
        assert_eq!(header_of(&answer, "retry-after"), "1");
        assert_eq!(set_cookies(&answer), Vec::<String>::new());
        let is_page = content_type(&answer).starts_with("text/html");
        let text = answer.text().await.unwrap();
        assert!(text.contains("Too many passwords"), "{text}");
        assert!(
            text.contains(if is_page {
                "value=\"alice\""
            } else {
                "\"busy\""
            }),
            "{text}"
        );
    }
    assert!((1..100).contains(&busy), "{busy} of 100");
    server.stop().await;
}
