//! The admin client against a stub on a Unix socket: what is asked, and what each refusal becomes.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::Query,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use sessctl_api::{
    EndReason, Filter, Handle, ListQuery, Registry, RegistryError, Revocation, RevokeResult,
    Selection, Start,
};
use sessctl_client::{Admin, Secret};
use tokio::net::UnixListener;

use crate::servers::SECOND;

pub(crate) const AT: &str = "2026-11-23T10:00:00Z";

/// Serves on a socket in `dir`.
pub(crate) fn on_socket(dir: &Path, router: Router) -> PathBuf {
    let path = dir.join("admin.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    path
}

pub(crate) fn admin(path: PathBuf) -> Admin {
    Admin::unix(path, SECOND).unwrap()
}

pub(crate) fn session(user: &str) -> Value {
    json!({"handle": "0123456789ab", "user": user, "ip": "127.0.0.1", "ua": null, "client": null,
        "created": AT, "seen": AT, "idle_expires": AT, "expires": AT, "requests": 1, "size": 2})
}

pub(crate) fn handle() -> Handle {
    "0123456789ab".parse().unwrap()
}

/// Asks for everything, the first page of it.
pub(crate) fn all() -> ListQuery {
    ListQuery::first(Filter::default(), 100)
}

pub(crate) fn refuse(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

#[tokio::test]
async fn lists_sessions_and_counts_come_back_as_they_were_sent() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let list = {
        let asked = Arc::clone(&asked);
        async move |Query(query): Query<HashMap<String, String>>| {
            asked.lock().unwrap().push(query);
            Json(json!({"schema": 1, "sessions": [session("alice")], "total": 7, "next": "C"}))
        }
    };
    let stats = json!({"schema": 1, "active": 3, "users": 2, "created": 9, "since": AT, "store": "memory",
        "ended": {"logout": 1, "replaced": 0, "revoked": 2, "idle": 0, "absolute": 0, "limit": 0}});
    let router = Router::new()
        .route("/v1/sessions", get(list))
        .route(
            "/v1/sessions/0123456789ab",
            get(async |Query(query): Query<HashMap<String, String>>| {
                let mut bob = session("bob");
                if query.get("ended").is_some_and(|ended| ended == "true") {
                    bob["ended"] = json!({"reason": "revoked", "actor": "root", "at": AT});
                }
                Json(bob)
            }),
        )
        .route("/v1/stats", get(async move || Json(stats)));
    let dir = tempfile::tempdir().unwrap();
    let admin = admin(on_socket(dir.path(), router));

    let filter: Filter = "user=\"bob & co\" and idle>10m".parse().unwrap();
    let mut query = ListQuery::first(filter.clone(), 50);
    query.start = Start::After("a+b/=".into());
    let page = admin.list(query).await.unwrap();
    assert_eq!((page.total, page.next.as_deref()), (7, Some("C")));
    assert_eq!(page.sessions[0].user.as_deref(), Some("alice"));
    admin.list(all()).await.unwrap();
    let ended = ListQuery {
        ended: true,
        ..all()
    };
    admin.list(ended).await.unwrap();
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(asked[0]["filter"], filter.as_str());
    assert_eq!((&*asked[0]["limit"], &*asked[0]["cursor"]), ("50", "a+b/="));
    assert_eq!(
        asked[1],
        HashMap::from([
            ("limit".to_owned(), "100".to_owned()),
            ("sort".to_owned(), "created:desc".to_owned()),
        ])
    );
    assert_eq!(asked[2]["ended"], "true");

    let bob = admin.recall(handle()).await.unwrap();
    assert_eq!(bob.ended.unwrap().actor.as_deref(), Some("root"));
    assert_eq!(
        admin.get(handle()).await.unwrap().user.as_deref(),
        Some("bob")
    );
    let stats = admin.stats().await.unwrap();
    assert_eq!((stats.active, stats.ended.unwrap().revoked), (3, 2));
    assert_eq!(stats.requests, None, "an older server does not say");
}

#[tokio::test]
async fn an_order_to_revoke_arrives_whole_and_its_report_comes_back() {
    let got = Arc::new(Mutex::new(Value::Null));
    let revoke = {
        let got = Arc::clone(&got);
        async move |Json(order): Json<Value>| {
            *got.lock().unwrap() = order;
            Json(json!({"schema": 1, "dry_run": false, "outcomes": [
                {"handle": "0123456789ab", "user": "alice", "result": "revoked", "ended": null}]}))
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let router = Router::new().route("/v1/revocations", post(revoke));
    let admin = admin(on_socket(dir.path(), router));
    let order = Revocation {
        select: Selection::Filter("user=alice".into()),
        expect: Some(1),
        dry_run: false,
    };
    let report = admin.revoke(order, "nobody asks").await.unwrap();
    assert_eq!(report.count(RevokeResult::Revoked), 1);
    assert_eq!(
        *got.lock().unwrap(),
        json!({"select": {"filter": "user=alice"}, "expect": 1, "dry_run": false})
    );
}

#[tokio::test]
async fn each_refusal_becomes_the_error_it_was() {
    let ended = json!({"code": "not_found", "message": "no", "ended":
        {"reason": "idle", "actor": null, "at": AT}});
    let mismatch = json!({"code": "count_mismatch", "message": "x", "expected": 1, "found": 3});
    let filter = json!({"code": "bad_filter", "message": "bad", "at": 4, "text": "user"});
    let router = Router::new()
        .route(
            "/v1/sessions/0123456789ab",
            get(async || refuse(404, ended)),
        )
        .route("/v1/revocations", post(async || refuse(409, mismatch)))
        .route("/v1/sessions", get(async || refuse(400, filter)))
        .route(
            "/v1/stats",
            get(async || refuse(403, json!({"code": "forbidden", "message": "not you"}))),
        )
        .route(
            "/v1/lookup",
            post(async || {
                refuse(
                    503,
                    json!({"code": "unavailable", "message": "store is down"}),
                )
            }),
        );
    let dir = tempfile::tempdir().unwrap();
    let admin = admin(on_socket(dir.path(), router));

    let error = admin.get(handle()).await.unwrap_err();
    assert!(
        matches!(&error, RegistryError::NotFound { handle: h, ended: Some(e) }
            if *h == handle() && e.reason == EndReason::Idle),
        "{error:?}"
    );
    let order = Revocation::of_handles(vec![handle()]);
    let error = admin.revoke(order, "x").await.unwrap_err();
    assert!(
        matches!(
            error,
            RegistryError::CountMismatch {
                expected: 1,
                found: 3
            }
        ),
        "{error:?}"
    );
    let error = admin.list(all()).await.unwrap_err();
    assert!(
        matches!(&error, RegistryError::BadFilter(e) if e.at == 4),
        "{error:?}"
    );
    let error = admin.stats().await.unwrap_err();
    assert!(
        matches!(&error, RegistryError::Refused(m) if m == "not you"),
        "{error:?}"
    );
    let error = admin.lookup(&Secret::new("SECRET")).await.unwrap_err();
    assert!(matches!(&error, RegistryError::Unreachable { what, .. } if what == "store is down"));
    assert!(!format!("{error:?}").contains("SECRET"));
}

#[tokio::test]
async fn a_cookie_is_looked_up_in_the_body_and_may_be_unknown() {
    let lookup = async |Json(body): Json<Value>| match body["cookie"].as_str() {
        Some("SECRET") => Json(json!({"handle": "0123456789ab", "ended": null})).into_response(),
        _ => refuse(
            404,
            json!({"code": "not_found", "message": "no such session"}),
        ),
    };
    let dir = tempfile::tempdir().unwrap();
    let router = Router::new().route("/v1/lookup", post(lookup));
    let admin = admin(on_socket(dir.path(), router));
    let found = admin.lookup(&Secret::new("SECRET")).await.unwrap().unwrap();
    assert_eq!(found.handle, handle());
    assert_eq!(admin.lookup(&Secret::new("other")).await.unwrap(), None);
}

#[tokio::test]
async fn a_socket_without_a_server_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.sock");
    let stale = dir.path().join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    for (path, words) in [(missing, "sessctl serve"), (stale, "its server has ended")] {
        let error = admin(path.clone()).stats().await.unwrap_err();
        assert!(
            matches!(error, RegistryError::Unreachable { .. }),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains(words) && text.contains(path.to_str().unwrap()),
            "{text}"
        );
        assert!(admin(path).watch(Filter::default(), None).await.is_err());
    }
}

#[tokio::test]
async fn a_silent_server_and_a_wrong_one_are_told_apart() {
    let router = Router::new()
        .route("/v1/sessions", get(async || "<html>hello"))
        .route(
            "/v1/stats",
            get(async || std::future::pending::<&str>().await),
        );
    let dir = tempfile::tempdir().unwrap();
    let path = on_socket(dir.path(), router);
    let wrong = admin(path.clone()).list(all()).await;
    let error = wrong.unwrap_err();
    assert!(matches!(error, RegistryError::Broken { .. }), "{error:?}");
    let hasty = Admin::unix(path, Duration::from_millis(200)).unwrap();
    let error = hasty.stats().await.unwrap_err();
    assert!(
        matches!(&error, RegistryError::Unreachable { what, .. } if what.contains("0.2 s")),
        "{error:?}"
    );
}
