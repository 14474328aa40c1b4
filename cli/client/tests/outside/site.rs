//! Pages, sign-outs and sessions: what an answer means, and where a cookie never goes.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{Html, Redirect},
    routing::{get, post},
};
use sessctl_api::EndReason;
use sessctl_client::{Error, Fetched, Jar, NotSignedIn, SessionAnswer, Site, SitePaths, Verdict};

use crate::servers::{Sessions, cookie, dead, express, ours, serve, site};

async fn get_page(site: &Site, path: &str) -> Fetched {
    site.fetch(path, None).await.unwrap()
}

#[tokio::test]
async fn an_ended_session_is_told_with_its_reason_and_leaves_the_file() {
    let sessions = Sessions::default();
    let base = serve(ours(sessions.clone())).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let first = site(&base, dir.path());
    first.login("alice", None).await.unwrap();
    first.jar().save().unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("SECRET-000001"));
    assert!(
        matches!(first.session().await.unwrap(), SessionAnswer::Live(my) if my.user.as_deref() == Some("alice"))
    );

    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, "sid=SECRET-000001".parse().unwrap());
    sessions.end(&headers, "sid");

    let later = site(&base, dir.path());
    let page = get_page(&later, "/dashboard").await;
    let Verdict::NotSignedIn { reason, ended } = page.verdict.clone() else {
        panic!("{page:?}");
    };
    assert_eq!((page.status, reason), (401, NotSignedIn::Unauthorized));
    let ended = ended.unwrap();
    assert_eq!(
        (ended.reason, ended.actor.as_deref()),
        (EndReason::Revoked, Some("root"))
    );
    assert_eq!(page.message().as_deref(), Some("Please log in"));
    assert!(later.jar().save().unwrap());
    assert!(!fs::read_to_string(&path).unwrap().contains("SECRET"));
    let SessionAnswer::SignedOut(out) = later.session().await.unwrap() else {
        panic!("nobody is signed in");
    };
    assert_eq!((out.code.as_str(), out.ended), ("not_signed_in", None));
}

#[tokio::test]
async fn a_server_without_session_route_is_recognised_by_shape() {
    let dir = tempfile::tempdir().unwrap();
    let base = serve(express(false)).await;
    let answer = site(&base, dir.path()).session().await.unwrap();
    assert_eq!(answer, SessionAnswer::NotOurs { status: 404 });
    for body in ["{}", "<html>", r#"{"user":"alice"}"#] {
        let page = async move || ([(header::CONTENT_TYPE, "application/json")], body);
        let base = serve(Router::new().route("/session", get(page))).await;
        let dir = tempfile::tempdir().unwrap();
        let answer = site(&base, dir.path()).session().await.unwrap();
        assert_eq!(answer, SessionAnswer::NotOurs { status: 200 });
    }
}

#[tokio::test]
async fn statuses_are_judged() {
    let form = "<form><input name=u><input type=password></form>";
    let router = Router::new()
        .route("/dashboard", get(async move || Html(form)))
        .route("/confirm", get(async move || Html(form)))
        .route("/forbidden", get(async || (StatusCode::FORBIDDEN, "no")))
        .route("/busy", get(async || (StatusCode::SERVICE_UNAVAILABLE, "")))
        .route("/gone", get(async || (StatusCode::GONE, "")))
        .route(
            "/sso",
            get(async || Redirect::to("https://sso.example/x?token=SECRET")),
        );
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    for (path, verdict) in [
        ("/confirm", Verdict::Ok),
        ("/forbidden", Verdict::Forbidden),
        ("/busy", Verdict::Unavailable),
        ("/gone", Verdict::Failed(410)),
        ("/nowhere", Verdict::Failed(404)),
        (
            "/sso",
            Verdict::LeftSite {
                location: "https://sso.example/x".into(),
            },
        ),
        (
            "/dashboard",
            Verdict::NotSignedIn {
                reason: NotSignedIn::LoginForm,
                ended: None,
            },
        ),
    ] {
        assert_eq!(get_page(&site, path).await.verdict, verdict, "{path}");
    }
}

#[tokio::test]
async fn no_redirect_carries_a_cookie_to_another_port() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let spy = {
        let seen = Arc::clone(&seen);
        Router::new().fallback(async move |headers: HeaderMap| {
            seen.lock().unwrap().push(cookie(&headers, "sid"));
            "got you"
        })
    };
    let other = serve(spy).await;
    let target = other.join("/steal").unwrap().to_string();
    let router = Router::new()
        .route(
            "/set",
            get(async || ([(header::SET_COOKIE, "sid=1; Path=/")], "set")),
        )
        .route("/away", get(async move || Redirect::to(&target)));
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    get_page(&site, "/set").await;
    let page = get_page(&site, "/away").await;
    assert!(matches!(page.verdict, Verdict::LeftSite { .. }), "{page:?}");
    assert_eq!(*seen.lock().unwrap(), Vec::<Option<String>>::new());
    for path in [other.as_str(), "//evil.example/x"] {
        let error = site.fetch(path, None).await.unwrap_err();
        assert!(matches!(error, Error::BadInput(_)), "{error:?}");
    }
    let jar = Arc::clone(site.jar());
    let error = Site::new(
        other,
        SitePaths::default(),
        jar,
        Duration::from_secs(1),
        "x",
    );
    assert!(matches!(error.unwrap_err(), Error::Jar(_)));
}

#[tokio::test]
async fn an_endless_redirect_and_an_endless_body_end() {
    let endless = async || {
        let chunk = bytes::Bytes::from(vec![b'x'; 1 << 20]);
        let chunks =
            futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        Body::from_stream(chunks)
    };
    let router = Router::new()
        .route("/loop", get(async || Redirect::to("/loop")))
        .route("/flood", get(endless));
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    for path in ["/loop", "/flood"] {
        let error = site.fetch(path, None).await.unwrap_err();
        assert!(matches!(error, Error::Answer(_)), "{path}: {error:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_unreachable() {
    let router = Router::new().fallback(async || std::future::pending::<&str>().await);
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let jar = Arc::new(Jar::open(dir.path().join("j"), &base).unwrap());
    let timeout = Duration::from_millis(100);
    let site = Site::new(base, SitePaths::default(), jar, timeout, "x").unwrap();
    let error = site.probe().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    assert!(error.to_string().contains("within 0.1 s"), "{error}");
}

#[tokio::test]
async fn any_status_answers_a_probe_and_leaves_no_cookie() {
    let base = serve(express(false)).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    assert_eq!(site.probe().await.unwrap(), 404);
    assert!(site.jar().is_empty());
}

#[tokio::test]
async fn a_failed_logout_keeps_the_cookie() {
    let set = async || ([(header::SET_COOKIE, "sid=1; Path=/")], "set");
    let failing = [
        Router::new().route(
            "/logout",
            post(async || (StatusCode::INTERNAL_SERVER_ERROR, "oops")),
        ),
        Router::new().route(
            "/logout",
            post(async || (StatusCode::SERVICE_UNAVAILABLE, "")),
        ),
        Router::new().route(
            "/logout",
            post(async || (StatusCode::FORBIDDEN, "cross-site")),
        ),
        Router::new(),
    ];
    for router in failing {
        let base = serve(router.route("/set", get(set))).await;
        let dir = tempfile::tempdir().unwrap();
        let site = site(&base, dir.path());
        get_page(&site, "/set").await;
        let error = site.logout().await.unwrap_err();
        assert!(
            matches!(error, Error::Status { .. } | Error::Unreachable { .. }),
            "{error:?}"
        );
        assert!(!site.jar().is_empty());
    }
    let base = dead().await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    assert!(matches!(
        site.logout().await.unwrap_err(),
        Error::Unreachable { .. }
    ));
}

#[tokio::test]
async fn logging_out_without_a_session_is_done_and_says_so() {
    let base = serve(ours(Sessions::default())).await;
    let dir = tempfile::tempdir().unwrap();
    let done = site(&base, dir.path()).logout().await.unwrap();
    assert!(!done.had_cookie);
    assert_eq!(done.message.as_deref(), Some("Logged out successfully"));
}
