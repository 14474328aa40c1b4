//! Accounts over the socket.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    PASSWORD, add_alice, ask,
    common::{memory, status_and_json},
    mint, told,
};

#[tokio::test]
async fn an_account_is_added_shown_changed_and_removed_over_the_socket() {
    let server = memory().await;
    add_alice(&server).await;
    let (status, list) = server.ask("/v1/users").await;
    assert_eq!((status, &list["schema"]), (200, &json!(1)));
    let (status, alice) = server.ask("/v1/users/alice").await;
    assert_eq!((status, &alice["sessions"]), (200, &json!(0)));
    assert_eq!(list["users"], json!([alice]));

    server.login("alice").await;
    server.login("alice").await;
    for (change, ended) in [
        (json!("disable"), 2),
        (json!("enable"), 0),
        (json!({"password": "another canary in a mine"}), 0),
    ] {
        let (status, report) = ask(&server, Method::PATCH, "/v1/users/alice", &change).await;
        assert_eq!((status, &report["ended"]), (200, &json!(ended)), "{report}");
        let is_disabled = !report["user"]["disabled"].is_null();
        assert_eq!(is_disabled, change == "disable");
    }
    let cookie = server.login("alice").await;
    let (status, report) = ask(&server, Method::DELETE, "/v1/users/alice", &Value::Null).await;
    assert_eq!((status, &report["ended"]), (200, &json!(1)), "{report}");
    assert!(!server.lets_in(&cookie).await);
    assert_eq!(server.ask("/v1/users/alice").await.0, 404);

    let record = &told(&server, "user_disable").await[0];
    assert_eq!(
        (&record["user"], &record["count"], &record["from"]),
        (&json!("alice"), &json!(2), &json!("unix"))
    );
    assert!(record["actor"].is_string());
    for action in ["user_add", "user_enable", "password", "user_remove"] {
        let records = told(&server, action).await;
        assert_eq!(records.len(), 1, "{action}");
        assert_eq!(
            (&records[0]["user"], &records[0]["result"]),
            (&json!("alice"), &json!("done"))
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_name_with_odd_characters_is_one_segment_of_its_path() {
    let server = memory().await;
    let name = "a/b ?%# 山";
    let body = json!({"name": name, "credential": {"password": PASSWORD}});
    assert_eq!(ask(&server, Method::POST, "/v1/users", &body).await.0, 201);
    let path = sessctl_api::routes::admin::user(name);
    let (status, user) = server.ask(&path).await;
    assert_eq!((status, &user["name"]), (200, &json!(name)));
    assert_eq!(server.ask("/v1/users/%ff").await.0, 400);
    server.stop().await;
}

#[tokio::test]
async fn what_is_refused_says_why_never_what_was_sent_and_is_written_down() {
    let server = memory().await;
    add_alice(&server).await;
    mint(&server, "ci", "read").await;
    let canary = json!({"password": PASSWORD});
    for (method, path, body, status, code) in [
        (
            Method::POST,
            "/v1/users",
            json!({"name": "alice", "credential": canary}),
            409,
            "exists",
        ),
        (
            Method::POST,
            "/v1/users",
            json!({"name": "", "credential": canary}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/users",
            json!({"name": "bob", "credential": {"password": "short"}}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/users",
            json!({"name": "bob", "credential": {"hash": PASSWORD}}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/users",
            json!({"name": "bob", "credential": canary, "admin": true}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/users",
            json!({"name": 5, "credential": canary}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/users",
            json!(PASSWORD),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            "/v1/users/alice",
            json!({"pasword": PASSWORD}),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            "/v1/users/alice",
            json!({"password": PASSWORD, "disable": null}),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            "/v1/users/alice",
            json!("Disable"),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            "/v1/users/nobody",
            json!("disable"),
            404,
            "not_found",
        ),
        (
            Method::DELETE,
            "/v1/users/nobody",
            Value::Null,
            404,
            "not_found",
        ),
        (
            Method::GET,
            "/v1/users/nobody",
            Value::Null,
            404,
            "not_found",
        ),
        (
            Method::POST,
            "/v1/tokens",
            json!({"name": "ci", "scope": "read", "lifetime": 60}),
            409,
            "exists",
        ),
        (
            Method::POST,
            "/v1/tokens",
            json!({"name": "x", "scope": "all", "lifetime": 60}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/tokens",
            json!({"name": "x", "scope": "read", "lifetime": 0}),
            400,
            "bad_request",
        ),
        (
            Method::POST,
            "/v1/tokens",
            json!({"name": "x", "scope": "read"}),
            400,
            "bad_request",
        ),
        (
            Method::DELETE,
            "/v1/tokens/nothing",
            Value::Null,
            404,
            "not_found",
        ),
        (
            Method::PUT,
            "/v1/users",
            json!({}),
            405,
            "method_not_allowed",
        ),
    ] {
        let (found, answer) = ask(&server, method, path, &body).await;
        assert_eq!(
            (found, &answer["code"]),
            (status, &json!(code)),
            "{body}: {answer}"
        );
        assert!(!answer.to_string().contains("canary"), "{answer}");
    }
    // Not JSON, or not said to be.
    for kind in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        let request = server
            .admin(Method::POST, "/v1/users")
            .header("content-type", kind);
        let (status, answer) = status_and_json(request.body(PASSWORD).send().await.unwrap()).await;
        assert_eq!(status, 400);
        assert!(!answer.to_string().contains("canary"), "{answer}");
    }
    // Seven of the table and three that are no JSON.
    for (action, count) in [("user_add", 10), ("user_disable", 1), ("token_remove", 1)] {
        let records = told(&server, action).await;
        let refused = records
            .iter()
            .filter(|record| record["result"] == "refused");
        assert_eq!(refused.count(), count, "{action}: {records:?}");
        let is_told = |record: &Value| record["why"] != "bad_request";
        assert!(records.iter().all(is_told), "{action}: {records:?}");
        assert!(!format!("{records:?}").contains("canary"));
    }
    let (_, list) = server.ask("/v1/users").await;
    assert_eq!(list["users"].as_array().unwrap().len(), 1);
    server.stop().await;
}
