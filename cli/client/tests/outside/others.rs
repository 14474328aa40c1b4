//! Signing out everywhere else: what is sent, and what each answer means.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
    routing::delete,
};
use serde_json::{Value, json};
use sessctl_client::{Error, Others, OurAnswer, Secret};

use crate::servers::{express, serve, site};

fn refuse(status: StatusCode, code: &str) -> Response {
    let body = json!({"code": code, "message": format!("words of {code}"), "auth": "users"});
    (status, Json(body)).into_response()
}

#[tokio::test]
async fn other_sessions_end_once_the_password_is_given() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let others = {
        let got = Arc::clone(&got);
        async move |body: String| {
            let password = serde_json::from_str::<Value>(&body)
                .ok()
                .map(|body| body["password"].as_str().unwrap().to_owned());
            got.lock().unwrap().push(password.clone());
            match password.as_deref() {
                None => refuse(StatusCode::FORBIDDEN, "fresh_login"),
                Some("right") => Json(json!({"ended": 3})).into_response(),
                Some(_) => refuse(StatusCode::UNAUTHORIZED, "wrong_password"),
            }
        }
    };
    let url = serve(Router::new().route("/session/others", delete(others))).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&url, dir.path());
    assert_eq!(
        site.end_others(None).await.unwrap(),
        OurAnswer::Done(Others::WantsPassword)
    );
    let right = Secret::new("right");
    assert_eq!(
        site.end_others(Some(&right)).await.unwrap(),
        OurAnswer::Done(Others::Ended(3))
    );
    let wrong = Secret::new("WRONG");
    let error = site.end_others(Some(&wrong)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Status { status: 401, what } if what == "words of wrong_password"),
        "{error:?}"
    );
    let got = got.lock().unwrap().clone();
    assert_eq!(
        got,
        [None, Some("right".to_owned()), Some("WRONG".to_owned())]
    );
}

#[tokio::test]
async fn a_server_that_is_not_ours_ends_no_other_sessions_and_gets_no_password_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = site(&serve(express(false)).await, dir.path());
    assert_eq!(
        foreign.end_others(None).await.unwrap(),
        OurAnswer::NotOurs { status: 404 }
    );
    let sends = async || Redirect::temporary("/elsewhere");
    let stolen = Arc::new(Mutex::new(0));
    let elsewhere = {
        let stolen = Arc::clone(&stolen);
        async move || *stolen.lock().unwrap() += 1
    };
    let router = Router::new()
        .route("/session/others", delete(sends))
        .route("/elsewhere", delete(elsewhere));
    let dir = tempfile::tempdir().unwrap();
    let sending = site(&serve(router).await, dir.path());
    let answer = sending.end_others(Some(&Secret::new("x"))).await.unwrap();
    assert_eq!(answer, OurAnswer::NotOurs { status: 307 });
    assert_eq!(*stolen.lock().unwrap(), 0);
}

#[tokio::test]
async fn who_is_signed_out_is_told_so() {
    let others = async || refuse(StatusCode::UNAUTHORIZED, "not_signed_in");
    let url = serve(Router::new().route("/session/others", delete(others))).await;
    let dir = tempfile::tempdir().unwrap();
    let answer = site(&url, dir.path()).end_others(None).await.unwrap();
    assert!(matches!(answer, OurAnswer::SignedOut(_)), "{answer:?}");
}
