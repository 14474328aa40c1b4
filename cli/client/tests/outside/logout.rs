//! Signing out of servers that want more than a bare POST: the token of a form that they show to those signed in.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use sessctl_client::{Error, Site};

use crate::servers::{Sessions, serve, site};

/// Where the form stands that a server wants to be signed out with.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Dashboard,
    /// The page that asks once more.
    Logout,
    /// On the dashboard, but it is sent to another server.
    Elsewhere,
}

/// A server that signs nobody out without its token. `with_slash` is how it writes its paths.
fn wary(sessions: &Sessions, place: Place, with_slash: bool) -> Router {
    let form = match place {
        Place::Elsewhere => "<form method=post action=http://127.0.0.1:1/logout>",
        _ if with_slash => "<form method=post action=/logout/>",
        _ => "<form method=post action=/logout>",
    };
    let form = format!("{form}<input type=hidden name=token value=t0k><button>Out</button></form>");
    let on_page = form.clone();
    let dashboard = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap| -> Response {
            match sessions.user(&headers, "sid") {
                Some(user) if place == Place::Logout => Html(user).into_response(),
                Some(user) => Html(format!("{user}{on_page}")).into_response(),
                None => Redirect::to("/login").into_response(),
            }
        }
    };
    let confirm = async move || match place {
        Place::Logout => Html(form).into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    let sessions = sessions.clone();
    let logout = async move |headers: HeaderMap, form: String| -> Response {
        let is_from_here =
            headers.contains_key(header::ORIGIN) && headers.contains_key(header::REFERER);
        if form != "token=t0k" || !is_from_here {
            return (StatusCode::FORBIDDEN, "no token").into_response();
        }
        sessions.end(&headers, "sid");
        Redirect::to("/login").into_response()
    };
    let logout = get(confirm).post(logout);
    let router = Router::new()
        .route("/dashboard", get(dashboard))
        .route("/login", get(async || "who are you?"));
    if with_slash {
        let to_slash = async || Redirect::permanent("/logout/");
        router
            .route(
                "/logout",
                get(to_slash).post(async || {
                    // As servers do that were made before 308.
                    (
                        StatusCode::MOVED_PERMANENTLY,
                        [(header::LOCATION, "/logout/")],
                    )
                }),
            )
            .route("/logout/", logout)
    } else {
        router.route("/logout", logout)
    }
}

/// A site with a session at such a server.
async fn signed_in(sessions: &Sessions, router: Router) -> (Site, tempfile::TempDir) {
    let id = sessions.create(Some("ann"));
    let set = async move || ([(header::SET_COOKIE, format!("sid={id}; Path=/"))], "set");
    let base = serve(router.route("/set", get(set))).await;
    let dir = tempfile::tempdir().unwrap();
    let site = site(&base, dir.path());
    site.fetch("/set", None).await.unwrap();
    (site, dir)
}

#[tokio::test]
async fn a_logout_that_wants_a_token_gets_the_one_of_its_form() {
    for (place, with_slash) in [
        (Place::Dashboard, false),
        (Place::Dashboard, true),
        (Place::Logout, false),
        (Place::Logout, true),
    ] {
        let sessions = Sessions::default();
        let (site, _dir) = signed_in(&sessions, wary(&sessions, place, with_slash)).await;
        assert_eq!(sessions.live(), 1);
        let done = site.logout().await.unwrap();
        assert!(done.had_cookie);
        assert_eq!(sessions.live(), 0);
        assert!(site.jar().is_empty());
        // Nothing is left to sign out of, and no form is shown to strangers.
        assert!(!site.logout().await.unwrap().had_cookie);
    }
}

#[tokio::test]
async fn a_token_is_not_taken_to_another_server_and_the_cookie_stays() {
    let sessions = Sessions::default();
    let (site, _dir) = signed_in(&sessions, wary(&sessions, Place::Elsewhere, false)).await;
    let error = site.logout().await.unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 403, .. }),
        "{error:?}"
    );
    assert_eq!(sessions.live(), 1);
    assert!(!site.jar().is_empty());
}

#[tokio::test]
async fn whoever_is_signed_out_already_needs_no_token() {
    let sessions = Sessions::default();
    let (site, _dir) = signed_in(&sessions, wary(&sessions, Place::Dashboard, false)).await;
    let mut headers = HeaderMap::new();
    let cookies = site.jar().details();
    let sid = format!("sid={}", cookies[0].value.expose());
    headers.insert(header::COOKIE, sid.parse().unwrap());
    sessions.end(&headers, "sid");
    assert_eq!(sessions.live(), 0);
    assert!(site.logout().await.unwrap().had_cookie);
    assert!(site.jar().is_empty());
}
