//! Signing in with a password: who is let in, and what everybody else is told.

use serde_json::json;
use sessctl_api::{Accounts as _, UserChange};

use crate::common::{
    HTML, JSON, TEXT, content_type, given, header_of,
    people::{OTHER, PASSWORD, with_users},
    set_cookies, sid, status_and_json,
};
use crate::whole;

#[tokio::test]
async fn the_right_password_signs_in_in_each_format() {
    let server = with_users(&["alice"]).await;
    let text = server.try_login("alice", PASSWORD, TEXT).await;
    assert_eq!(text.status(), 200);
    assert!(given(&text).is_some());
    assert_eq!(text.text().await.unwrap(), "Session data saved!\n");
    let body = json!({"username": "alice", "password": PASSWORD, "remember": false});
    let request = server.post("/login", JSON).json(&body);
    let answer = request.send().await.unwrap();
    let cookie = given(&answer).unwrap();
    let (status, body) = status_and_json(answer).await;
    assert_eq!((status, &body["user"]), (200, &json!("alice")), "{body}");
    assert!(server.lets_in(&cookie).await);
    let html = server.try_login("alice", PASSWORD, HTML).await;
    assert_eq!(
        (html.status().as_u16(), header_of(&html, "location")),
        (303, "/dashboard")
    );
    assert!(given(&html).is_some());
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_name_a_wrong_password_and_a_disabled_account_are_answered_alike() {
    let server = with_users(&["alice", "carol"]).await;
    let disabled = server
        .sessions
        .change_user("carol", UserChange::Disable, "root");
    disabled.await.unwrap();
    for accept in [TEXT, JSON, HTML] {
        let wrong = whole(server.try_login("alice", OTHER, accept).await).await;
        assert_eq!(wrong.0, 401, "{}", wrong.2);
        assert!(
            wrong.2.contains("Wrong user name or password"),
            "{}",
            wrong.2
        );
        assert!(
            !wrong.1.iter().any(|line| line.starts_with("set-cookie")),
            "{:?}",
            wrong.1
        );
        for (name, password) in [("nobody", OTHER), ("carol", PASSWORD), ("carol", OTHER)] {
            let mut other = whole(server.try_login(name, password, accept).await).await;
            // The form keeps what was typed.
            other.2 = other
                .2
                .replace(&format!("value=\"{name}\""), "value=\"alice\"");
            for line in &mut other.1 {
                if line.starts_with("content-length") {
                    line.clone_from(
                        &wrong
                            .1
                            .iter()
                            .find(|own| own.starts_with("content-length"))
                            .unwrap()
                            .clone(),
                    );
                }
            }
            assert_eq!(other, wrong, "{name} as {accept}");
        }
    }
    let json = server.try_login("nobody", OTHER, JSON).await;
    assert_eq!(status_and_json(json).await.1["code"], "wrong_password");
    assert_eq!(server.stats().await.created, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn the_form_says_what_was_wrong_and_keeps_the_name_and_never_the_password() {
    let server = with_users(&["alice"]).await;
    let form = [
        ("username", "al\"<ice"),
        ("password", OTHER),
        ("next", "/sessions"),
        ("remember", "on"),
    ];
    let answer = server
        .post("/login", HTML)
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(content_type(&answer), "text/html; charset=utf-8");
    let page = answer.text().await.unwrap();
    for part in [
        "role=\"alert\" id=\"fault\">Wrong user name or password</p>",
        "aria-describedby=\"fault\" aria-invalid=\"true\"",
        "value=\"al&#34;&#60;ice\"",
        "name=\"next\" value=\"/sessions\"",
        "value=\"on\" checked",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    assert!(!page.contains(OTHER), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn a_login_without_a_password_is_told_so() {
    let server = with_users(&["alice"]).await;
    for form in [
        &[("username", "alice")][..],
        &[("username", "alice"), ("password", "")],
    ] {
        let answer = server.post("/login", JSON).form(form).send().await.unwrap();
        let (status, body) = status_and_json(answer).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("bad_request")),
            "{body}"
        );
    }
    for body in [
        "{\"username\":\"alice\",\"password\":7}",
        "{\"username\":\"alice\",\"remember\":\"hunter2\"}",
    ] {
        let request = server
            .post("/login", JSON)
            .header("content-type", JSON)
            .body(body);
        let (status, body) = status_and_json(request.send().await.unwrap()).await;
        assert_eq!(status, 400);
        assert!(!body.to_string().contains("hunter2"), "{body}");
    }
    server.stop().await;
}

#[tokio::test]
async fn with_no_account_the_form_says_how_to_add_one_and_lets_nobody_in() {
    let server = with_users(&[]).await;
    let page = server
        .get("/", HTML)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("There are no accounts yet") && page.contains("sessctl user add"),
        "{page}"
    );
    for (name, password) in [
        ("admin", "admin"),
        ("root", "root"),
        ("", ""),
        ("admin", ""),
    ] {
        let answer = server.try_login(name, password, TEXT).await;
        assert!(answer.status().is_client_error(), "{name}");
        assert_eq!(set_cookies(&answer), Vec::<String>::new());
    }
    server.stop().await;
    let server = with_users(&["alice"]).await;
    let page = server
        .get("/", HTML)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!page.contains("no accounts"), "{page}");
    assert!(!page.contains("Sign-in is open"), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn a_login_that_fails_never_replaces_a_live_session() {
    let server = with_users(&["alice", "bob"]).await;
    let cookie = server.enter("alice").await;
    for (name, password) in [
        ("alice", OTHER),
        ("bob", OTHER),
        ("nobody", PASSWORD),
        ("", ""),
    ] {
        let form = [("username", name), ("password", password)];
        let answer = server.submit("/login", HTML, &cookie, &form).await;
        assert!(answer.status().is_client_error(), "{name}");
        assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{name}");
    }
    assert_eq!(server.session_of(&cookie).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_login_with_a_live_session_ends_that_one_and_takes_a_new_id() {
    let server = with_users(&["alice", "bob"]).await;
    for user in ["alice", "bob"] {
        let before = server.enter("alice").await;
        let form = [("username", user), ("password", PASSWORD)];
        let answer = server.submit("/login", JSON, &before, &form).await;
        let after = sid(&given(&answer).unwrap());
        assert_ne!(before, after);
        assert_eq!(server.session_of(&before).await.0, 401);
        assert_eq!(server.session_of(&after).await.1["user"], user);
    }
    server.stop().await;
}
