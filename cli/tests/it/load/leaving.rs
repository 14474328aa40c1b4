//! Sign-outs that the server refuses, and the first user's when nobody wants the load any more.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _},
    routing::{MethodRouter, get, post},
};
use rustix::process::Signal;
use tokio::sync::Semaphore;

use super::{count, read, two_at};
use crate::{
    home::{Home, finished, until},
    server::signal,
    stub::Stub,
};

/// Lets everybody in, but answers only as many sign-ins as there are permits.
fn doors(
    live: &Arc<AtomicUsize>,
    permits: &Arc<Semaphore>,
    with_logout: impl FnOnce(Router) -> Router,
) -> Router {
    let login = {
        let (live, permits) = (Arc::clone(live), Arc::clone(permits));
        async move || {
            live.fetch_add(1, Ordering::SeqCst);
            permits.acquire().await.unwrap().forget();
            ([(header::SET_COOKIE, "sid=in; Path=/")], "hello")
        }
    };
    let dashboard = async |headers: HeaderMap| match headers.contains_key(header::COOKIE) {
        true => StatusCode::OK,
        false => StatusCode::UNAUTHORIZED,
    };
    let router = Router::new()
        .route("/login", post(login))
        .route("/dashboard", get(dashboard));
    with_logout(router)
}

/// A sign-out that works.
fn leaving(live: &Arc<AtomicUsize>) -> MethodRouter {
    let live = Arc::clone(live);
    post(async move || {
        live.fetch_sub(1, Ordering::SeqCst);
        "bye"
    })
}

#[tokio::test]
async fn a_sign_out_that_is_refused_is_told_before_and_after() {
    let home = Home::new();
    let (live, permits) = (Arc::default(), Arc::new(Semaphore::new(100)));
    let refused = post(async || StatusCode::FORBIDDEN);
    let door = doors(&live, &permits, |router| router.route("/logout", refused));
    let stub = Stub::serve(door).await;
    let done = two_at(&home, &stub).await;
    assert_eq!(done.code, 7, "{done:?}");
    let said: Vec<_> = done.stderr.lines().collect();
    assert!(
        said[0].contains("signing out does not work") && said[0].contains("403"),
        "{done:?}"
    );
    let result = "could not sign out (403): 2 sessions may live on";
    assert!(said[1].contains(result), "{done:?}");
    let document = read(&done);
    assert_eq!(count(&document, "logout", "403"), 2);
    assert_eq!(document["left_behind"], 2);
    let doubts = document["doubts"].to_string();
    assert!(doubts.contains(result), "{document}");
}

#[tokio::test]
async fn ctrl_c_cuts_no_sign_in_short() {
    let home = Home::new();
    let (live, permits) = (Arc::default(), Arc::new(Semaphore::new(1)));
    let door = doors(&live, &permits, |router| {
        router.route("/logout", leaving(&live))
    });
    let stub = Stub::serve(door).await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--users",
        "2",
        "--duration",
        "1h",
        "-o",
        "json",
    ];
    let mut load = home.sessctl(&words);
    load.env("SESSCTL_PASSWORD", "any");
    let child = load.spawn().unwrap();
    let are_in = || live.load(Ordering::SeqCst) == 2;
    until("the two, after the first has left again", are_in).await;
    signal(&child, Signal::INT);
    permits.add_permits(2);
    let done = finished(child).await;
    assert_eq!(done.code, 130, "{done:?}");
    let document = read(&done);
    let of = |phase| count(&document, phase, "200");
    assert_eq!([of("login"), of("logout")], [2, 2], "{document}");
    assert_eq!(live.load(Ordering::SeqCst), 0);
    assert_eq!(document["left_behind"], 0, "{document}");
}

#[tokio::test]
async fn ctrl_c_signs_the_first_user_out_before_the_others_come() {
    let home = Home::new();
    let (live, permits) = (Arc::default(), Arc::new(Semaphore::new(0)));
    let door = doors(&live, &permits, |router| {
        router.route("/logout", leaving(&live))
    });
    let stub = Stub::serve(door).await;
    let begin = || {
        let mut load = home.sessctl(&["load", "--server", &stub.url, "--duration", "1h"]);
        load.env("SESSCTL_PASSWORD", "any");
        load.spawn().unwrap()
    };
    let come = async |many| {
        let is_in = || live.load(Ordering::SeqCst) == many;
        until("the first user", is_in).await;
    };

    let child = begin();
    come(1).await;
    signal(&child, Signal::INT);
    permits.add_permits(100);
    let done = finished(child).await;
    assert_eq!((done.code, &*done.stdout), (130, ""), "{done:?}");
    assert!(done.stderr.contains("stopped before it"), "{done:?}");
    assert_eq!(live.load(Ordering::SeqCst), 0);

    // A server that has stopped answering is not waited for.
    permits.forget_permits(100);
    let child = begin();
    come(1).await;
    signal(&child, Signal::TERM);
    let done = finished(child).await;
    assert_eq!(done.code, 143, "{done:?}");
    assert!(done.stderr.contains("a session may live on"), "{done:?}");
}

#[tokio::test]
async fn a_sign_out_that_asks_first_is_answered_as_by_a_browser() {
    const FORM: &str =
        "<form method=post action=/logout><input type=hidden name=sure value=yes></form>";
    for asks_at_post in [false, true] {
        let home = Home::new();
        let (live, permits) = (Arc::default(), Arc::new(Semaphore::new(100)));
        let leave = {
            let live: Arc<AtomicUsize> = Arc::clone(&live);
            async move |body: String| match (body.as_str(), asks_at_post) {
                ("sure=yes", _) => {
                    live.fetch_sub(1, Ordering::SeqCst);
                    StatusCode::OK.into_response()
                }
                (_, true) => Html(FORM).into_response(),
                (_, false) => StatusCode::FORBIDDEN.into_response(),
            }
        };
        let door = doors(&live, &permits, |router| {
            router.route("/logout", get(async || Html(FORM)).post(leave))
        });
        let stub = Stub::serve(door).await;
        let done = two_at(&home, &stub).await;
        assert_eq!((done.code, &*done.stderr), (0, ""), "{done:?}");
        assert_eq!(count(&read(&done), "logout", "200"), 2, "{done:?}");
        assert_eq!(live.load(Ordering::SeqCst), 0, "everybody signed out");
    }
}
