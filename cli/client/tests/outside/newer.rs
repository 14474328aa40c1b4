//! What older servers do not know: pages somewhere in a list, what a session holds, what most sessions share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::Query, response::Response, routing::get};
use serde_json::json;
use sessctl_api::{ListQuery, Registry as _, RegistryError, SortField, Start, TopQuery};

use crate::admin::{AT, admin, all, handle, on_socket, refuse, session};

fn starting(start: Start) -> ListQuery {
    ListQuery { start, ..all() }
}

fn by_user() -> TopQuery {
    TopQuery {
        filter: "idle>10m".parse().unwrap(),
        field: SortField::User,
        limit: 5,
    }
}

#[tokio::test]
async fn windows_data_and_counts_come_back_as_they_were_sent() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let note = |answer| {
        let asked = Arc::clone(&asked);
        get(async move |Query(query): Query<HashMap<String, String>>| {
            asked.lock().unwrap().push(query);
            Json(answer)
        })
    };
    let page =
        json!({"schema": 1, "sessions": [session("alice")], "total": 9, "offset": 4, "next": null});
    let top = json!({"schema": 1, "total": 3, "counts": [
        {"value": "alice", "sessions": 2}, {"value": null, "sessions": 1}]});
    let held = json!({"schema": 1, "data": {"theme": "dark"}});
    let router = Router::new()
        .route("/v1/sessions", note(page))
        .route("/v1/sessions/0123456789ab/data", note(held))
        .route("/v1/top", note(top));
    let dir = tempfile::tempdir().unwrap();
    let admin = admin(on_socket(dir.path(), router));

    for start in [Start::Around("C".to_owned()), Start::Offset(4)] {
        let page = admin.list(starting(start)).await.unwrap();
        assert_eq!((page.offset, page.total), (4, 9));
    }
    let data = admin.data(handle()).await.unwrap();
    assert_eq!(serde_json::Value::Object(data), json!({"theme": "dark"}));
    let top = admin.top(by_user()).await.unwrap();
    let counts = top.counts.iter();
    let counts: Vec<_> = counts
        .map(|one| (one.value.as_deref(), one.sessions))
        .collect();
    assert_eq!(
        (counts, top.total),
        (vec![(Some("alice"), 2), (None, 1)], 3)
    );

    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!((&*asked[0]["around"], asked[0].get("offset")), ("C", None));
    assert_eq!((&*asked[1]["offset"], asked[1].get("around")), ("4", None));
    assert_eq!(asked[3]["field"], "user");
    assert_eq!(
        (&*asked[3]["filter"], &*asked[3]["limit"]),
        ("idle>10m", "5")
    );
}

#[tokio::test]
async fn an_older_server_is_told_from_one_that_refuses() {
    let unknown = "Failed to deserialize query string: unknown field `around`, expected one of `filter`, `sort`";
    let list = async move |Query(query): Query<HashMap<String, String>>| -> Response {
        match query.contains_key("offset") {
            // One that takes no notice of what it does not know.
            true => {
                let page = json!({"schema": 1, "sessions": [], "total": 0, "next": null});
                axum::response::IntoResponse::into_response(Json(page))
            }
            false => refuse(400, json!({"code": "bad_request", "message": unknown})),
        }
    };
    let nowhere = async || {
        refuse(
            404,
            json!({"code": "not_found", "message": "There is no such page"}),
        )
    };
    let router = Router::new()
        .route("/v1/sessions", get(list))
        .fallback(nowhere);
    let dir = tempfile::tempdir().unwrap();
    let older = admin(on_socket(dir.path(), router));
    for error in [
        older
            .list(starting(Start::Around("C".to_owned())))
            .await
            .unwrap_err(),
        older.list(starting(Start::Offset(4))).await.unwrap_err(),
        older.data(handle()).await.unwrap_err(),
        older.top(by_user()).await.unwrap_err(),
    ] {
        assert!(matches!(error, RegistryError::Broken { .. }), "{error:?}");
        assert!(error.to_string().contains("of an older version"), "{error}");
    }

    let ended = json!({"code": "session_ended", "message": "no", "ended":
        {"reason": "idle", "actor": null, "at": AT}});
    let bad = json!({"code": "bad_request", "message": "this is no cursor of a list"});
    let forbidden = json!({"code": "forbidden", "message": "not you"});
    let router = Router::new()
        .route("/v1/sessions", get(async || refuse(400, bad)))
        .route(
            "/v1/sessions/0123456789ab/data",
            get(async || refuse(404, ended)),
        )
        .route("/v1/top", get(async || refuse(403, forbidden)));
    let dir = tempfile::tempdir().unwrap();
    let newer = admin(on_socket(dir.path(), router));
    let around = newer.list(starting(Start::Around("C".to_owned()))).await;
    assert!(matches!(around, Err(RegistryError::BadQuery(why)) if why.contains("no cursor")));
    let held = newer.data(handle()).await;
    assert!(
        matches!(held, Err(RegistryError::NotFound { ended: Some(_), .. })),
        "{held:?}"
    );
    assert!(matches!(
        newer.top(by_user()).await,
        Err(RegistryError::Refused(_))
    ));

    // A session that nobody knows is no path that nobody knows.
    let unknown = json!({"code": "not_found", "message": "no live session", "ended": null});
    let router = Router::new().fallback(async || refuse(404, unknown));
    let dir = tempfile::tempdir().unwrap();
    let held = admin(on_socket(dir.path(), router)).data(handle()).await;
    assert!(
        matches!(held, Err(RegistryError::NotFound { ended: None, .. })),
        "{held:?}"
    );
}
