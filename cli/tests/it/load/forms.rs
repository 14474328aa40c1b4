//! Servers that are not ours: any form, any cookies, and pages that only look as if somebody was signed in.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _},
    routing::{get, post},
};

use super::{count, read, two_at};
use crate::{
    home::{Home, ended},
    stub::Stub,
};

/// A login page with a hidden token that must come back, cookies that change with every answer, and a sign-out by GET.
fn classic(live: Arc<AtomicUsize>) -> Router {
    let cookie = |headers: &HeaderMap, name: &str| {
        let all = headers
            .get(header::COOKIE)
            .and_then(|all| all.to_str().ok())
            .unwrap_or_default();
        all.split("; ")
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let form = async || {
        let html = "<form method=post action=/enter><input type=hidden name=token value=t1><input name=who><input type=password name=pw></form>";
        let headers = [
            (header::SET_COOKIE, "seed=t1; Path=/"),
            (header::CONTENT_TYPE, "text/html"),
        ];
        (headers, html)
    };
    let enter = {
        let live = Arc::clone(&live);
        async move |headers: HeaderMap, body: String| {
            let is_right = cookie(&headers, "seed").as_deref() == Some("t1")
                && body.contains("token=t1")
                && body.contains("pw=right")
                && headers.get(header::ORIGIN).is_some();
            if !is_right {
                return (
                    StatusCode::SEE_OTHER,
                    [(header::LOCATION, "/login?again=1")],
                )
                    .into_response();
            }
            live.fetch_add(1, Ordering::SeqCst);
            let answer = [
                (header::LOCATION, "/hop"),
                (header::SET_COOKIE, "seed=; Path=/; Max-Age=0"),
            ];
            (StatusCode::FOUND, answer).into_response()
        }
    };
    let hop = async || {
        let set = [
            (header::SET_COOKIE, "in=0; Path=/"),
            (header::LOCATION, "/gone"),
        ];
        (StatusCode::FOUND, set)
    };
    let home = async move |headers: HeaderMap| match cookie(&headers, "in") {
        Some(number) if cookie(&headers, "seed").is_none() => {
            let next = number.parse::<u64>().unwrap() + 1;
            let set = [(header::SET_COOKIE, format!("in={next}; Path=/"))];
            (set, format!("number {next}")).into_response()
        }
        _ => (
            StatusCode::FOUND,
            [(header::LOCATION, "/login?next=/dashboard")],
        )
            .into_response(),
    };
    let leave = async move || {
        live.fetch_sub(1, Ordering::SeqCst);
        "bye"
    };
    Router::new()
        .route("/login", get(form))
        .route("/enter", post(enter))
        .route("/hop", get(hop))
        .route("/dashboard", get(home))
        .route("/logout", get(leave))
}

#[tokio::test]
async fn any_form_is_filled_in_and_cookies_follow_every_answer() {
    let home = Home::new();
    let live = Arc::new(AtomicUsize::new(0));
    let stub = Stub::serve(classic(Arc::clone(&live))).await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--users",
        "3",
        "--views",
        "4",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let mut load = home.sessctl(&words);
    load.env("SESSCTL_PASSWORD", "right");
    let done = ended(load).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    // The redirect led to a page that is missing, which is no fault of the sign-in.
    assert!(count(&document, "login", "302") >= 3, "{document}");
    assert!(count(&document, "view", "200") >= 12, "{document}");
    assert_eq!(live.load(Ordering::SeqCst), 0, "everybody signed out");
}

#[tokio::test]
async fn whoever_gets_the_strangers_page_is_not_signed_in() {
    let home = Home::new();
    let number = Arc::new(AtomicUsize::new(0));
    // Lets in whoever comes first, for the proof, and nobody after that.
    let login = {
        let number = Arc::clone(&number);
        async move || {
            let turn = number.fetch_add(1, Ordering::SeqCst);
            (
                [(header::SET_COOKIE, format!("sid={turn}; Path=/"))],
                "kind words",
            )
        }
    };
    let dashboard = async |headers: HeaderMap| match headers.get(header::COOKIE) {
        Some(cookie) if cookie == "sid=0" => (StatusCode::OK, "hello").into_response(),
        _ => (StatusCode::OK, "who are you?").into_response(),
    };
    let router = Router::new()
        .route("/login", post(login))
        .route("/logout", post(async || "bye"))
        .route("/dashboard", get(dashboard));
    let stub = Stub::serve(router).await;
    let done = two_at(&home, &stub).await;
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("not one view succeeded"), "{done:?}");
    let document = read(&done);
    assert!(
        count(&document, "login", "not signed in") >= 2,
        "{document}"
    );
    assert_eq!(
        count(&document, "login", "200") + count(&document, "view", "200"),
        0
    );
}

#[tokio::test]
async fn users_who_send_json_fetch_the_cookie_with_its_token_first() {
    let home = Home::new();
    let token = async || {
        let set = [(header::SET_COOKIE, "XSRF-TOKEN=t1; Path=/")];
        // A login form that is not for them.
        (
            set,
            Html("<form method=post><input type=password name=p></form>"),
        )
    };
    let login = async |headers: HeaderMap, body: String| {
        let has_token = headers
            .get("x-xsrf-token")
            .is_some_and(|token| token == "t1");
        match has_token && body.contains("\"password\":\"right\"") {
            true => ([(header::SET_COOKIE, "in=1; Path=/")], "hello").into_response(),
            false => StatusCode::FORBIDDEN.into_response(),
        }
    };
    let me = async |headers: HeaderMap| {
        let cookies = headers.get(header::COOKIE);
        let cookies = cookies.and_then(|all| all.to_str().ok());
        match cookies.is_some_and(|all| all.contains("in=1")) {
            true => StatusCode::OK,
            false => StatusCode::UNAUTHORIZED,
        }
    };
    let router = Router::new()
        .route("/api/login", get(token).post(login))
        .route("/api/me", get(me))
        .route("/logout", post(async || "bye"));
    let stub = Stub::serve(router).await;
    let with_password = async |words: &[&str]| {
        let mut command = home.sessctl(words);
        command.env("SESSCTL_PASSWORD", "right");
        ended(command).await
    };
    let login = [
        "login",
        "ann",
        "--server",
        &stub.url,
        "--via=json",
        "--login-path=/api/login",
        "--check=/api/me",
    ];
    with_password(&login).await.ok();
    let load = ["load", "--users", "2", "--duration", "1s", "-o", "json"];
    let done = with_password(&load).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    assert_eq!(count(&document, "login", "200"), 2);
}
