//! What a session holds: values in and out, refusals in the server's words, and servers that know nothing of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::any,
};
use serde_json::{Value, json};
use sessctl_api::EndReason;
use sessctl_client::{Error, OurAnswer, Site};

use crate::servers::{cookie, dead, express, serve, site};

/// What was asked, in order: method, key, content type and body.
type Asked = Arc<Mutex<Vec<(Method, String, Option<String>, String)>>>;

/// The route as our own server has it, for whoever has a cookie.
fn ours(asked: &Asked) -> Router {
    let held = Arc::new(Mutex::new(BTreeMap::<String, Value>::new()));
    let asked = Arc::clone(asked);
    let route =
        async move |method: Method, Path(key): Path<String>, head: HeaderMap, body: Bytes| {
            let kind = head.get(header::CONTENT_TYPE);
            let kind = kind.map(|kind| kind.to_str().unwrap().to_owned());
            let text = String::from_utf8(body.to_vec()).unwrap();
            asked
                .lock()
                .unwrap()
                .push((method.clone(), key.clone(), kind, text.clone()));
            let mut held = held.lock().unwrap();
            match method {
                Method::GET => match held.get(&key) {
                    Some(value) => Json(value).into_response(),
                    None => refuse(404, "not_found", "The session holds nothing under that key"),
                },
                Method::PUT => {
                    held.insert(key, serde_json::from_str(&text).unwrap());
                    StatusCode::NO_CONTENT.into_response()
                }
                _ => {
                    held.remove(&key);
                    StatusCode::NO_CONTENT.into_response()
                }
            }
        };
    Router::new().route("/session/data/{key}", any(route))
}

fn refuse(status: u16, code: &str, message: &str) -> Response {
    let body = Json(json!({"code": code, "message": message}));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// A site whose server answers everything alike.
async fn always(answer: fn() -> Response, dir: &std::path::Path) -> Site {
    let router = Router::new().fallback(async move || answer());
    site(&serve(router).await, dir)
}

#[tokio::test]
async fn values_go_in_and_come_out_as_they_are_under_any_key() {
    let asked = Asked::default();
    let base = serve(ours(&asked)).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    for key in ["theme", "a b/c", "100%?#", "山", "...", "a\u{1b}"] {
        for value in [json!("dark\n"), json!(null), json!([1, {"a": "é"}])] {
            assert_eq!(
                site.set_data(key, &value).await.unwrap(),
                OurAnswer::Done(())
            );
            let put = asked.lock().unwrap().pop().unwrap();
            let kind = Some("application/json".to_owned());
            assert_eq!(put, (Method::PUT, key.to_owned(), kind, value.to_string()));
            assert_eq!(
                site.data(key).await.unwrap(),
                OurAnswer::Done(Some(value)),
                "{key}"
            );
        }
        for _ in 0..2 {
            let gone = site.unset_data(key).await.unwrap();
            assert_eq!(gone, OurAnswer::Done(()), "also when gone");
        }
        assert_eq!(site.data(key).await.unwrap(), OurAnswer::Done(None));
    }
    asked.lock().unwrap().clear();
    for key in ["", ".", ".."] {
        for error in [
            site.data(key).await.unwrap_err(),
            site.set_data(key, &json!(1)).await.unwrap_err(),
            site.unset_data(key).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::BadInput(_)), "{error:?}");
        }
    }
    assert!(asked.lock().unwrap().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn the_end_of_the_session_is_told_and_its_cookie_goes() {
    let answer = async |headers: HeaderMap| match cookie(&headers, "sid") {
        None => ([(header::SET_COOKIE, "sid=1; Path=/")], "set").into_response(),
        Some(_) => {
            let body = json!({"code": "session_ended", "message": "Your session was revoked by root",
                "auth": "open", "reason": "revoked", "actor": "root", "at": "2026-11-23T10:00:00Z"});
            let removal = [(header::SET_COOKIE, "sid=; Path=/; Max-Age=0")];
            (StatusCode::UNAUTHORIZED, removal, Json(body)).into_response()
        }
    };
    let base = serve(Router::new().fallback(answer)).await;
    for change in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let site = site(&base, dir.path());
        site.fetch("/", None).await.unwrap();
        assert!(!site.jar().is_empty());
        let out = if change {
            match site.set_data("a", &json!(1)).await.unwrap() {
                OurAnswer::SignedOut(out) => out,
                other => panic!("{other:?}"),
            }
        } else {
            match site.data("a").await.unwrap() {
                OurAnswer::SignedOut(out) => out,
                other => panic!("{other:?}"),
            }
        };
        let ended = out.ended.unwrap();
        assert_eq!(
            (ended.reason, ended.actor.as_deref()),
            (EndReason::Revoked, Some("root"))
        );
        assert!(site.jar().is_empty());
    }
}

#[tokio::test]
async fn refusals_are_in_the_servers_words_made_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let full = always(
        || refuse(413, "data_limit", "A session holds at most 1\u{1b}[2J key"),
        dir.path(),
    );
    let error = full.await.set_data("a", &json!(1)).await.unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 413, .. }),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "A session holds at most 1\\u{1b}[2J key");

    let bad_key = always(
        || refuse(400, "bad_request", "The key is too long"),
        dir.path(),
    );
    let error = bad_key.await.data("a").await.unwrap_err();
    assert!(matches!(&error, Error::BadInput(why) if why == "The key is too long"));

    let busy = always(|| refuse(503, "unavailable", "Try again"), dir.path()).await;
    let error = busy.unset_data("a").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");

    let base = dead().await;
    let dir = tempfile::tempdir().unwrap();
    let error = site(&base, dir.path()).data("a").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn another_kind_of_server_is_recognised_and_never_believed() {
    let dir = tempfile::tempdir().unwrap();
    let tutorial = site(&serve(express(false)).await, dir.path());
    assert_eq!(
        tutorial.data("a").await.unwrap(),
        OurAnswer::NotOurs { status: 404 }
    );
    let answers: [(fn() -> Response, u16); 6] = [
        (|| "hello".into_response(), 200),
        (
            || ([(header::CONTENT_TYPE, "application/json")], "{").into_response(),
            200,
        ),
        (|| Redirect::to("/login").into_response(), 303),
        (
            || (StatusCode::UNAUTHORIZED, Json(json!({"error": "no"}))).into_response(),
            401,
        ),
        (
            || (StatusCode::PAYLOAD_TOO_LARGE, "too large").into_response(),
            413,
        ),
        (|| StatusCode::INTERNAL_SERVER_ERROR.into_response(), 500),
    ];
    for (answer, status) in answers {
        let dir = tempfile::tempdir().unwrap();
        let site = always(answer, dir.path()).await;
        let got = site.data("a").await.unwrap();
        assert_eq!(got, OurAnswer::NotOurs { status });
        let set = site.set_data("a", &json!(1)).await.unwrap();
        assert_eq!(set, OurAnswer::NotOurs { status });
    }
}
