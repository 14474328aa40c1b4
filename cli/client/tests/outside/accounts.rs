//! Accounts, tokens and the audit log over the admin API, and the API over TCP: what is asked, and with what.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{delete, get, patch},
};
use serde_json::{Value, json};
use sessctl_api::{
    AccountError, Accounts, AuditQuery, Credential, NewToken, NewUser, Registry, RegistryError,
    Scope, UserChange,
};
use sessctl_client::{Admin, Secret};
use time::OffsetDateTime;
use url::Url;

use crate::{
    admin::{AT, admin, on_socket},
    servers::{SECOND, dead, serve},
};

/// What was posted, in order.
type Got = Arc<Mutex<Vec<Value>>>;

fn user(name: &str) -> Value {
    json!({"name": name, "created": AT, "password_set": AT, "sessions": 2})
}

fn report(name: &str) -> Json<Value> {
    Json(json!({"schema": 1, "user": user(name), "ended": 2}))
}

fn not_found() -> Response {
    let body = json!({"code": "not_found", "message": "no"});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

fn api(got: &Got) -> Router {
    let note = |got: &Got| {
        let got = Arc::clone(got);
        move |body: Value| got.lock().unwrap().push(body)
    };
    let (added, changed, minted) = (note(got), note(got), note(got));
    Router::new()
        .route(
            "/v1/users",
            get(async || Json(json!({"schema": 1, "users": [user("alice")]}))).post(
                async move |Json(body): Json<Value>| {
                    added(body);
                    (StatusCode::CREATED, Json(user("alice")))
                },
            ),
        )
        .route(
            "/v1/users/{name}",
            get(async |Path(name): Path<String>| match name.as_str() {
                "a b/c" => Json(user(&name)).into_response(),
                _ => not_found(),
            })
            .merge(patch(
                async move |Path(name): Path<String>, Json(body): Json<Value>| {
                    changed(body);
                    report(&name)
                },
            ))
            .merge(delete(async |Path(name): Path<String>| report(&name))),
        )
        .route(
            "/v1/tokens",
            get(async || Json(json!({"schema": 1, "tokens": []}))).post(
                async move |Json(body): Json<Value>| {
                    minted(body);
                    let token =
                        json!({"name": "ci", "scope": "read", "created": AT, "expires": AT});
                    Json(json!({"schema": 1, "token": token, "secret": "sctl_SECRET"}))
                },
            ),
        )
        .route("/v1/tokens/{name}", delete(async || not_found()))
}

#[tokio::test]
async fn accounts_and_tokens_go_over_the_api_as_they_are() {
    let got = Got::default();
    let dir = tempfile::tempdir().unwrap();
    let admin = admin(on_socket(dir.path(), api(&got)));
    assert_eq!(admin.users().await.unwrap()[0].name, "alice");
    let odd = admin.user("a b/c").await.unwrap();
    assert_eq!((odd.name.as_str(), odd.sessions), ("a b/c", 2));
    for name in ["nobody", "..", ".", ""] {
        let error = admin.user(name).await.unwrap_err();
        assert!(
            matches!(&error, AccountError::NoUser(missing) if missing == name),
            "{error:?}"
        );
    }
    let new = NewUser {
        name: "alice".into(),
        credential: Credential::Password(Secret::new("SECRET-1")),
    };
    admin.add_user(new).await.unwrap();
    let change = UserChange::Password(Secret::new("SECRET-2"));
    let changed = admin.change_user("bob", change, "me").await.unwrap();
    assert_eq!((changed.user.name.as_str(), changed.ended), ("bob", 2));
    admin
        .change_user("bob", UserChange::Disable, "me")
        .await
        .unwrap();
    assert_eq!(admin.remove_user("bob", "me").await.unwrap().ended, 2);

    assert!(admin.tokens().await.unwrap().is_empty());
    let token = NewToken {
        name: "ci".into(),
        scope: Scope::Read,
        lifetime: 60,
    };
    let (token, secret) = admin.add_token(token).await.unwrap();
    assert_eq!(
        (token.name.as_str(), secret.expose()),
        ("ci", "sctl_SECRET")
    );
    let missing = admin.remove_token("ci").await.unwrap_err();
    assert!(matches!(missing, AccountError::NoToken(_)), "{missing:?}");
    assert_eq!(
        *got.lock().unwrap(),
        [
            json!({"name": "alice", "credential": {"password": "SECRET-1"}}),
            json!({"password": "SECRET-2"}),
            json!("disable"),
            json!({"name": "ci", "scope": "read", "lifetime": 60}),
        ]
    );
}

#[tokio::test]
async fn the_log_is_asked_for_what_was_said_and_nothing_else() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = {
        let asked = Arc::clone(&asked);
        async move |Query(query): Query<HashMap<String, String>>| {
            asked.lock().unwrap().push(query);
            let record =
                json!({"at": AT, "action": "login", "result": "done", "user": "alice", "later": 1});
            Json(json!({"schema": 1, "records": [record], "more": true}))
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let admin = admin(on_socket(
        dir.path(),
        Router::new().route("/v1/log", get(log)),
    ));
    let page = admin.log(&AuditQuery::default()).await.unwrap();
    assert!(page.more && page.records[0].user.as_deref() == Some("alice"));
    let query = AuditQuery {
        since: Some(OffsetDateTime::UNIX_EPOCH),
        until: None,
        filter: "user=alice".parse().unwrap(),
        limit: 3,
    };
    admin.log(&query).await.unwrap();
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(
        asked[0],
        HashMap::from([("limit".to_owned(), "100".to_owned())])
    );
    assert_eq!(asked[1]["since"], "1970-01-01T00:00:00Z");
    assert_eq!(asked[1]["filter"], "user=alice");
    assert_eq!(asked[1]["limit"], "3");
    assert_eq!(asked[1].len(), 3);
}

fn remote(url: &Url, token: &str) -> Admin {
    Admin::remote(url, &Secret::new(token), SECOND).unwrap()
}

#[tokio::test]
async fn over_tcp_every_request_bears_the_token_and_a_refusal_names_the_place() {
    let stats = async |headers: HeaderMap| match headers.get(header::AUTHORIZATION) {
        Some(value) if value == "Bearer sctl_right" => Json(json!({
            "schema": 1, "active": 3, "users": 2, "created": 9, "since": AT, "store": "memory"}))
        .into_response(),
        _ => {
            let body = json!({"code": "bad_token", "message": "No token that is known"});
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        }
    };
    let url = serve(Router::new().route("/v1/stats", get(stats))).await;
    assert_eq!(remote(&url, "sctl_right").stats().await.unwrap().active, 3);
    let wrong = remote(&url, "sctl_WRONG");
    assert!(!format!("{wrong:?}").contains("WRONG"));
    let error = wrong.stats().await.unwrap_err();
    assert!(matches!(error, RegistryError::Refused(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(url.as_str().trim_end_matches('/')) && !text.contains("WRONG"),
        "{text}"
    );
    // What is no token at all is not even sent.
    let unfit = Admin::remote(&url, &Secret::new("sctl_a\nb"), SECOND).unwrap_err();
    assert!(!unfit.to_string().contains("sctl_a"), "{unfit}");
    let nobody = remote(&dead().await, "x").stats().await.unwrap_err();
    assert!(
        nobody.to_string().contains("--admin"),
        "it says what to do: {nobody}"
    );
}

#[tokio::test]
async fn a_redirect_takes_no_token_anywhere() {
    let got = Arc::new(Mutex::new(0));
    let elsewhere = {
        let got = Arc::clone(&got);
        serve(Router::new().fallback(async move |_: Request| *got.lock().unwrap() += 1)).await
    };
    let target = elsewhere.join("/v1/stats").unwrap();
    let sends = async move || Redirect::temporary(target.as_str());
    let url = serve(Router::new().route("/v1/stats", get(sends))).await;
    let error = remote(&url, "sctl_x").stats().await.unwrap_err();
    assert!(matches!(error, RegistryError::Broken { .. }), "{error:?}");
    assert_eq!(*got.lock().unwrap(), 0);
}
