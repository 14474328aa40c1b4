//! Signing in with the form that the server shows, and with JSON.

use std::sync::{Arc, Mutex};

use axum::{
    Form, Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use sessctl_client::{Error, Fate, Secret, Site, SitePaths, Via};

use crate::servers::{Fields, cookie, serve, site, site_with};

const FORM: &str = "<form method=post action=/enter><input type=hidden name=token value='t-1'>
    <input name=email type=email><input name=pw type=password><button>In</button></form>";

/// Its login page is where the dashboard leads strangers; the token belongs to the cookie that came with the page.
fn admin(posts: Arc<Mutex<Vec<HeaderMap>>>) -> Router {
    let enter = async move |headers: HeaderMap, Form(form): Fields| -> Response {
        posts.lock().unwrap().push(headers.clone());
        let has_token = cookie(&headers, "pre").as_deref() == Some("p-1") && form["token"] == "t-1";
        let comes_from_here = headers
            .get(header::REFERER)
            .is_some_and(|value| value.to_str().unwrap().ends_with("/door?next=/private"));
        if !has_token || !comes_from_here {
            return (StatusCode::FORBIDDEN, "token").into_response();
        }
        if form["email"] != "ann" || form["pw"] != "right" {
            return Html(FORM).into_response();
        }
        let cookies = [(header::SET_COOKIE, "sid=SECRET-1; Path=/; HttpOnly")];
        (cookies, Redirect::to("/private?x=SECRET-2")).into_response()
    };
    let private = async |headers: HeaderMap| match cookie(&headers, "sid") {
        Some(_) => "Hello".into_response(),
        None => Redirect::to("/door?next=/private").into_response(),
    };
    Router::new()
        .route(
            "/door",
            get(async || ([(header::SET_COOKIE, "pre=p-1")], Html(FORM))),
        )
        .route("/enter", post(enter))
        .route("/private", get(private))
}

fn checked_at(path: &str) -> SitePaths {
    SitePaths {
        dashboard: path.into(),
        ..SitePaths::default()
    }
}

async fn signs_in(site: &Site, password: &str) -> Result<sessctl_client::LoggedIn, Error> {
    site.login("ann", Some(&Secret::new(password))).await
}

#[tokio::test]
async fn the_form_is_found_where_strangers_are_sent_and_posted_as_a_browser_would() {
    let posts = Arc::new(Mutex::new(Vec::new()));
    let base = serve(admin(Arc::clone(&posts))).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site_with(&base, dir.path(), checked_at("/private")).tracing();

    let error = signs_in(&site, "wrong").await.unwrap_err().to_string();
    assert!(
        error.contains("login form again") && error.contains("email and pw"),
        "{error}"
    );
    assert!(site.jar().is_empty());
    site.steps();

    let done = signs_in(&site, "right").await.unwrap();
    assert_eq!(done.page.body, "Hello");
    assert_eq!(done.login_path.as_deref(), Some("/door"));
    let fates: Vec<_> = done
        .cookies
        .iter()
        .map(|one| (&*one.name, one.fate))
        .collect();
    assert_eq!(fates, [("pre", Fate::Kept), ("sid", Fate::New)]);
    let origin = &posts.lock().unwrap()[1][header::ORIGIN];
    assert_eq!(
        origin.to_str().unwrap(),
        base.origin().ascii_serialization()
    );

    let steps = site.steps();
    let posted = steps.iter().find(|step| step.method == "POST").unwrap();
    assert_eq!(
        (posted.status, &posted.sets[..]),
        (303, &["sid".to_owned()][..])
    );
    assert!(steps[0].as_stranger && !posted.as_stranger);
    // A query may hold a one-time token.
    assert!(!format!("{steps:?}").contains("SECRET"), "{steps:?}");
    assert!(posted.location.as_ref().unwrap().ends_with("/private"));
}

#[tokio::test]
async fn a_form_on_the_start_page_is_found() {
    let base = serve(
        Router::new()
            .route("/", get(async || Html(FORM)))
            .route(
                "/enter",
                post(async || ([(header::SET_COOKIE, "sid=1")], "ok")),
            )
            .route(
                "/dashboard",
                get(async |headers: HeaderMap| match cookie(&headers, "sid") {
                    Some(_) => (StatusCode::OK, "in"),
                    None => (StatusCode::UNAUTHORIZED, "out"),
                }),
            ),
    )
    .await;
    let dir = tempfile::tempdir().unwrap();
    let done = signs_in(&site(&base, dir.path()), "any").await.unwrap();
    assert_eq!((&done.page.body[..], done.login_path), (&b"in"[..], None));
}

#[tokio::test]
async fn a_form_that_would_show_or_carry_off_the_password_is_not_sent() {
    for (form, why) in [
        (FORM.replace("post", "get"), "into the address"),
        (
            FORM.replace("/enter", "http://127.0.0.1:9/enter"),
            "another server",
        ),
    ] {
        let base = serve(
            Router::new()
                .route(
                    "/login",
                    get(async || Html(form)).post(async || StatusCode::IM_A_TEAPOT),
                )
                .route("/dashboard", get(async || "all")),
        )
        .await;
        let dir = tempfile::tempdir().unwrap();
        let error = signs_in(&site(&base, dir.path()), "any")
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(why) && error.contains("nothing was sent"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn json_is_sent_as_its_template_says_with_the_token_of_a_cookie() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let login = {
        let seen = Arc::clone(&seen);
        async move |headers: HeaderMap, body: Bytes| {
            let token = headers
                .get("x-xsrf-token")
                .map(|token| token.to_str().unwrap().to_owned());
            assert_eq!(headers[header::CONTENT_TYPE], "application/json");
            let body: Value = serde_json::from_slice(&body).unwrap();
            let is_right = body.to_string().contains("right");
            seen.lock().unwrap().push((token, body));
            match is_right {
                true => ([(header::SET_COOKIE, "sid=1; Path=/")], "{}").into_response(),
                false => (StatusCode::UNPROCESSABLE_ENTITY, r#"{"message":"no"}"#).into_response(),
            }
        }
    };
    let page = async || {
        (
            [(header::SET_COOKIE, "XSRF-TOKEN=a%3D; Path=/")],
            StatusCode::METHOD_NOT_ALLOWED,
        )
    };
    let me = async |headers: HeaderMap| match cookie(&headers, "sid") {
        Some(_) => (StatusCode::OK, "{}"),
        None => (StatusCode::UNAUTHORIZED, "{}"),
    };
    let router = Router::new()
        .route("/login", get(page).post(login))
        .route("/dashboard", get(me));
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let with = |body: Option<&str>| {
        let paths = SitePaths {
            via: Via::Json,
            login_body: body.map(str::to_owned),
            ..SitePaths::default()
        };
        site_with(&base, dir.path(), paths)
    };
    signs_in(&with(None), "right").await.unwrap();
    let template = r#"{"user": {"mail": "{user}"}, "pw": "{password}"}"#;
    signs_in(&with(Some(template)), "right").await.unwrap();
    let refused = signs_in(&with(Some(template)), "wrong").await.unwrap_err();
    assert!(refused.to_string().contains("422"), "{refused}");
    let broken = signs_in(&with(Some("{user}")), "right").await.unwrap_err();
    assert!(matches!(broken, Error::BadInput(_)), "{broken:?}");

    let seen = seen.lock().unwrap();
    let token = Some("a=".to_owned());
    assert_eq!(
        seen[0],
        (
            token.clone(),
            json!({"username": "ann", "password": "right"})
        )
    );
    assert_eq!(
        seen[1],
        (token, json!({"user": {"mail": "ann"}, "pw": "right"}))
    );
    assert_eq!(seen.len(), 3);
}
