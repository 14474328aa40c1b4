//! Signing in: proved where it happened, refused with a reason where not, and never at the cost of the jar.

use std::{fs, sync::Arc, sync::Mutex};

use axum::{
    Form, Router,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse},
    routing::{get, post},
};
use sessctl_client::{Error, NotSignedIn, Secret, SitePaths, Verdict};
use url::Url;

use crate::servers::{
    Fields, Sessions, classic, cookie, dead, express, ours, serve, site, site_with,
};

fn why(error: Error) -> String {
    match error {
        Error::LoginRefused { why, .. } => why,
        other => panic!("{other:?} is no refusal of a sign-in"),
    }
}

fn reason(verdict: &Verdict) -> NotSignedIn {
    match verdict {
        Verdict::NotSignedIn { reason, .. } => *reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_tutorials_app_is_driven_from_login_to_logout() {
    for logout_by_get in [false, true] {
        let base = serve(express(logout_by_get)).await;
        let dir = tempfile::tempdir().unwrap();
        let first = site(&base, dir.path());
        let done = first.login("alice", None).await.unwrap();
        assert_eq!(done.page.body, "Welcome back, alice");
        assert_eq!(done.notes, Vec::<String>::new());
        first.jar().save().unwrap();

        // Another process, later.
        let anonymous = Some(&done.anonymous);
        let later = site(&base, dir.path());
        let page = later.fetch("/dashboard", anonymous).await.unwrap();
        assert_eq!(
            (page.verdict, &page.body[..]),
            (Verdict::Ok, &b"Welcome back, alice"[..])
        );
        let out = later.logout().await.unwrap();
        assert!(out.had_cookie && out.message.as_deref() == Some("Logout successful"));
        later.jar().save().unwrap();
        let file = fs::read_to_string(dir.path().join("jar.json")).unwrap();
        assert!(!file.contains("SECRET"), "{file}");

        let after = site(&base, dir.path());
        let page = after.fetch("/dashboard", anonymous).await.unwrap();
        assert_eq!(
            (page.status, reason(&page.verdict)),
            (200, NotSignedIn::AnonymousPage)
        );
    }
}

#[tokio::test]
async fn signing_in_again_under_the_same_or_another_name_works_where_the_id_is_kept() {
    let base = serve(express(false)).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    for user in ["alice", "alice", "bob"] {
        let done = site.login(user, None).await.unwrap();
        assert_eq!(done.page.body, format!("Welcome back, {user}"));
    }
}

#[tokio::test]
async fn a_form_that_redirects_is_driven_too() {
    let sessions = Sessions::default();
    let base = serve(classic(sessions.clone())).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    let page = site.fetch("dashboard", None).await.unwrap();
    assert_eq!(reason(&page.verdict), NotSignedIn::RedirectedToLogin);
    assert_eq!(page.path, "/login?next=%2Fdashboard");

    let right = Secret::new("right");
    let done = site.login("zoë & co", Some(&right)).await.unwrap();
    assert_eq!(done.page.body, "<h1>Hello zoë & co</h1>");
    assert_eq!(done.anonymous.location.as_deref(), Some("/login"));
    site.login("bob", Some(&right)).await.unwrap();
    assert_eq!(
        sessions.live(),
        1,
        "the old cookie went along, so the old session was replaced"
    );
}

#[tokio::test]
async fn a_refused_login_leaves_jar_and_session_as_they_were() {
    let right = Secret::new("right");
    for (router, bad) in [
        (classic(Sessions::default()), "bob"),
        (ours(Sessions::default()), "mallory"),
    ] {
        let base = serve(router).await;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jar.json");
        let first = site(&base, dir.path());
        first.login("alice", Some(&right)).await.unwrap();
        first.jar().save().unwrap();
        let before = fs::read(&path).unwrap();

        let second = site(&base, dir.path());
        let error = second.login(bad, Some(&Secret::new("hunter2"))).await;
        let error = error.unwrap_err();
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
        let why = why(error);
        assert!(
            why.contains("login form again") || why.contains("Wrong user name or password"),
            "{why}"
        );
        assert!(!second.jar().save().unwrap());
        assert_eq!(fs::read(&path).unwrap(), before);
        let page = second.fetch("/dashboard", None).await.unwrap();
        assert_eq!(page.verdict, Verdict::Ok);
    }
}

/// Refuses with 200 and kind words, and lets the session live that came with the request.
fn kind(sessions: Sessions) -> Router {
    let login = {
        let sessions = sessions.clone();
        async move |Form(form): Fields| match form.get("password").map(String::as_str) {
            Some("right") => {
                let id = sessions.create(form.get("username").map(String::as_str));
                ([(header::SET_COOKIE, format!("sid={id}"))], "welcome").into_response()
            }
            _ => "Sorry, that was not right".into_response(),
        }
    };
    let dashboard = async move |headers: HeaderMap| match sessions.user(&headers, "sid") {
        Some(user) => format!("Hello {user}"),
        None => "Who are you?".to_owned(),
    };
    Router::new()
        .route("/login", post(login))
        .route("/dashboard", get(dashboard))
}

#[tokio::test]
async fn the_page_of_an_old_session_does_not_prove_a_new_login() {
    let base = serve(kind(Sessions::default())).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    site.login("alice", Some(&Secret::new("right")))
        .await
        .unwrap();
    let wrong = Secret::new("wrong");
    let error = site.login("alice", Some(&wrong)).await.unwrap_err();
    assert!(why(error).contains("as to a stranger"));
    let page = site.fetch("/dashboard", None).await.unwrap();
    assert_eq!(page.body, "Hello alice", "the old session lives");
}

#[tokio::test]
async fn a_server_without_a_login_is_told_from_a_wrong_password() {
    let dir = tempfile::tempdir().unwrap();
    let base = serve(Router::new().route("/dashboard", get(async || "all may see"))).await;
    let error = site(&base, dir.path()).login("a", None).await.unwrap_err();
    assert!(error.to_string().contains("--login-path"), "{error}");

    let open = Router::new()
        .route("/login", get(async || "hello").post(async || "fine"))
        .route("/dashboard", get(async || "all may see"));
    let base = serve(open).await;
    let error = site(&base, dir.path()).login("a", None).await.unwrap_err();
    assert!(why(error).contains("the server set no cookie"));

    let base = serve(Router::new().route("/login", post(async || "fine"))).await;
    let error = site(&base, dir.path()).login("a", None).await.unwrap_err();
    assert!(why(error).contains("--dashboard-path"));
}

#[tokio::test]
async fn other_paths_and_field_names_are_used() {
    let seen = Arc::new(Mutex::new(None));
    let login = {
        let seen = Arc::clone(&seen);
        async move |Form(form): Fields| {
            let mut fields: Vec<_> = form.into_iter().collect();
            fields.sort();
            *seen.lock().unwrap() = Some(fields);
            ([(header::SET_COOKIE, "s=1")], "ok")
        }
    };
    let home = async |headers: HeaderMap| match cookie(&headers, "s") {
        Some(_) => (StatusCode::OK, "home"),
        None => (StatusCode::FORBIDDEN, "no"),
    };
    let router = Router::new()
        .route("/app/signin", post(login))
        .route("/app/home", get(home));
    let base = serve(router).await.join("/app").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let paths = SitePaths {
        login: "signin".into(),
        dashboard: "/home".into(),
        user_field: "email".into(),
        password_field: "pass".into(),
        ..SitePaths::default()
    };
    let site = site_with(&base, dir.path(), paths);
    let done = site
        .login("a@b", Some(&Secret::new("x&y=z")))
        .await
        .unwrap();
    assert_eq!(done.anonymous.status, 403);
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        seen.lock().unwrap().take().unwrap(),
        [field("email", "a@b"), field("pass", "x&y=z")]
    );
    site.jar().forget();
    let page = site.fetch("/home", Some(&done.anonymous)).await;
    assert_eq!(reason(&page.unwrap().verdict), NotSignedIn::AnonymousPage);
}

#[tokio::test]
async fn a_secure_cookie_over_plain_http_is_explained() {
    let router = Router::new()
        .route(
            "/login",
            post(async || ([(header::SET_COOKIE, "sid=1; Secure; Path=/")], "ok")),
        )
        .route(
            "/dashboard",
            get(async |headers: HeaderMap| match cookie(&headers, "sid") {
                Some(_) => "in",
                None => "out",
            }),
        );
    let mut base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    site(&base, dir.path()).login("a", None).await.unwrap();

    // The same machine under a number that is not loopback's.
    base.set_host(Some("0.0.0.0")).unwrap();
    let error = site(&base, dir.path()).login("a", None).await.unwrap_err();
    let why = why(error);
    assert!(
        why.contains("sid as Secure") && why.contains("https://"),
        "{why}"
    );
}

#[tokio::test]
async fn a_dashboard_that_never_equals_itself_is_said_so() {
    let count = Arc::new(Mutex::new(0));
    let dashboard = async move |headers: HeaderMap| {
        *count.lock().unwrap() += 1;
        let who = cookie(&headers, "sid").unwrap_or_default();
        Html(format!("<p>{who} token {}</p>", count.lock().unwrap()))
    };
    let router = Router::new()
        .route(
            "/login",
            post(async || ([(header::SET_COOKIE, "sid=1")], "ok")),
        )
        .route("/dashboard", get(dashboard));
    let base = serve(router).await;
    let dir = tempfile::tempdir().unwrap();
    let done = site(&base, dir.path()).login("a", None).await.unwrap();
    assert!(
        done.notes[0].contains("changes with every request"),
        "{:?}",
        done.notes
    );
}

#[tokio::test]
async fn nothing_is_sent_to_a_dead_port_and_the_error_says_what_to_do() {
    let base: Url = dead().await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    let error = site.login("a", None).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    let at = site.address();
    assert_eq!(format!("{at}/"), base.as_str());
    assert_eq!(
        error.to_string(),
        format!(
            "nothing listens at {at}: connection refused; is the server running, and is the port right? To wait for it: sessctl wait"
        )
    );
}

#[tokio::test]
async fn a_server_that_cannot_serve_is_unreachable_not_a_refusal() {
    let busy = async || (StatusCode::SERVICE_UNAVAILABLE, "store is down");
    let base = serve(Router::new().route("/dashboard", get(busy))).await;
    let dir = tempfile::tempdir().unwrap();
    let error = site(&base, dir.path()).login("a", None).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("store is down"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_asked_once_more_and_told_who_wants_to_be_remembered() {
    // How often it is busy, how long it asks to wait, how often it is asked, and what comes of it.
    for (busy, wait, asked, works) in [
        (0, "1", 1, true),
        (1, "0", 2, true),
        (2, "0", 2, false),
        (1, "3600", 1, false),
        (1, "soon", 1, false),
    ] {
        let posts = Arc::new(Mutex::new(Vec::new()));
        let login = {
            let posts = Arc::clone(&posts);
            async move |Form(form): Fields| {
                let mut posts = posts.lock().unwrap();
                posts.push(form);
                if posts.len() <= busy {
                    let head = [(header::RETRY_AFTER, wait)];
                    return (StatusCode::SERVICE_UNAVAILABLE, head, "busy").into_response();
                }
                ([(header::SET_COOKIE, "sid=in; Path=/")], "welcome").into_response()
            }
        };
        let dashboard = async |headers: HeaderMap| match cookie(&headers, "sid") {
            Some(_) => (StatusCode::OK, "Hello"),
            None => (StatusCode::UNAUTHORIZED, "Please log in"),
        };
        let router = Router::new()
            .route("/login", post(login))
            .route("/dashboard", get(dashboard));
        let dir = tempfile::tempdir().unwrap();
        let site = site(&serve(router).await, dir.path()).remembering();
        let done = site.login("alice", Some(&Secret::new("right"))).await;
        match done {
            Ok(_) => assert!(works, "{busy} {wait}"),
            Err(Error::Unreachable { what, .. }) => {
                assert!(!works && what.contains("503"), "{busy} {wait}: {what}");
            }
            Err(other) => panic!("{other:?}"),
        }
        let posts = posts.lock().unwrap();
        assert_eq!(posts.len(), asked, "{busy} {wait}");
        assert!(posts.iter().all(|form| form["remember"] == "on"));
    }
}
