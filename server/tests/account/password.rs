//! Changing one's own password.

use serde_json::json;
use sessctl_api::{Accounts as _, UserChange};

use crate::common::{
    HTML, JSON, TEXT, given, header_of,
    people::{OTHER, PASSWORD, with_stored_users, with_users},
    set_cookies, sid, status_and_json,
};

fn fields<'a>(current: &'a str, new: &'a str, again: &'a str) -> [(&'a str, &'a str); 3] {
    [("current", current), ("new", new), ("again", again)]
}

#[tokio::test]
async fn a_change_gives_this_session_a_new_id_and_ends_the_others() {
    let server = with_stored_users(&["alice"]).await;
    let (one, other) = (server.enter("alice").await, server.enter("alice").await);
    let handle = server.handle(&one).await;
    let form = fields(PASSWORD, OTHER, OTHER);
    let answer = server.submit("/password", HTML, &one, &form).await;
    assert_eq!(header_of(&answer, "location"), "/password?changed=1");
    let after = sid(&given(&answer).unwrap());
    assert_ne!(after, one);
    assert_eq!(
        server.session_of(&one).await.0,
        401,
        "the old id still opens"
    );
    let (_, body) = server.session_of(&other).await;
    assert_eq!(
        (&body["reason"], &body["actor"]),
        (&json!("password"), &json!("alice"))
    );
    assert_eq!(server.handle(&after).await, handle);
    let (_, page) = server.page("/password?changed=1", &after).await;
    assert!(
        page.contains("Your password is changed. Your 1 other session ended."),
        "{page}"
    );
    assert_eq!(
        server.try_login("alice", PASSWORD, TEXT).await.status(),
        401
    );
    assert_eq!(server.try_login("alice", OTHER, TEXT).await.status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn a_change_may_be_sent_as_json() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    let body = json!({"current": PASSWORD, "new": OTHER});
    let request = server.post("/password", JSON).header("cookie", &cookie);
    let answer = request.json(&body).send().await.unwrap();
    assert!(given(&answer).is_some());
    assert_eq!(status_and_json(answer).await, (200, json!({"ended": 0})));
    server.stop().await;
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_is_said_on_the_page() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    for (form, status, code, words, field) in [
        (
            fields("wrong password", OTHER, OTHER),
            403,
            "wrong_password",
            "Wrong current password",
            "current",
        ),
        (
            fields("", OTHER, OTHER),
            400,
            "bad_request",
            "A password is needed",
            "current",
        ),
        (
            fields(PASSWORD, OTHER, PASSWORD),
            400,
            "bad_request",
            "The two new passwords differ",
            "again",
        ),
        (
            fields(PASSWORD, "short", "short"),
            400,
            "bad_request",
            "A password needs 12 characters",
            "new",
        ),
        (
            fields(PASSWORD, PASSWORD, PASSWORD),
            400,
            "bad_request",
            "the one that you have already",
            "new",
        ),
        (
            fields(PASSWORD, "passwordpassword", "passwordpassword"),
            400,
            "bad_request",
            "tried first",
            "new",
        ),
    ] {
        let answer = server.submit("/password", JSON, &cookie, &form).await;
        assert_eq!(set_cookies(&answer), Vec::<String>::new());
        let (found, body) = status_and_json(answer).await;
        assert_eq!(
            (found, &body["code"], &body["field"]),
            (status, &json!(code), &json!(field)),
            "{form:?}: {body}"
        );
        let answer = server.submit("/password", HTML, &cookie, &form).await;
        assert_eq!(answer.status(), status, "{form:?}");
        let page = answer.text().await.unwrap();
        let alert = page.split("role=\"alert\"").nth(1).unwrap();
        assert!(alert.contains(words), "{form:?}: {page}");
        assert!(
            page.contains("At least 12 characters"),
            "the rules are said: {page}"
        );
        let marked: Vec<_> = page
            .lines()
            .filter(|line| line.contains("aria-invalid"))
            .collect();
        assert_eq!(marked.len(), 1, "{page}");
        assert!(
            marked[0].contains(&format!("id=\"{field}\""))
                && marked[0].contains("fault\" aria-invalid=\"true\" autofocus"),
            "{marked:?}"
        );
        for secret in [PASSWORD, OTHER] {
            assert!(!page.contains(secret), "{page}");
        }
    }
    assert_eq!(server.session_of(&cookie).await.0, 200);
    assert_eq!(
        server.try_login("alice", PASSWORD, TEXT).await.status(),
        200
    );
    server.stop().await;
}

#[tokio::test]
async fn right_after_the_sign_in_the_current_one_is_wanted_too() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    let answer = server
        .submit("/password", JSON, &cookie, &[("new", OTHER)])
        .await;
    assert_eq!(answer.status(), 400);
    assert_eq!(server.try_login("alice", OTHER, TEXT).await.status(), 401);
    server.stop().await;
}

/// The password was right, but it is no longer the account's.
#[tokio::test]
async fn a_session_that_an_operator_ended_changes_no_password() {
    let server = with_users(&["alice"]).await;
    let cookie = server.enter("alice").await;
    let reset = UserChange::Password(sessctl_api::Secret::new("set by an operator"));
    let reset = server.sessions.change_user("alice", reset, "root");
    assert_eq!(reset.await.unwrap().ended, 1);
    let form = fields(PASSWORD, OTHER, OTHER);
    let answer = server.submit("/password", JSON, &cookie, &form).await;
    assert_eq!(status_and_json(answer).await.1["code"], "session_ended");
    assert_eq!(
        server
            .try_login("alice", "set by an operator", TEXT)
            .await
            .status(),
        200
    );
    server.stop().await;
}
