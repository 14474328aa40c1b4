//! The servers that the tests drive. Each behaves like one kind found in the wild.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::json;
use sessctl_client::{Jar, Site, SitePaths};
use tokio::net::TcpListener;
use url::Url;

pub(crate) const SECOND: Duration = Duration::from_secs(5);

/// Serves on a free port for as long as the test's runtime lives.
pub(crate) async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Url::parse(&format!("http://{address}")).unwrap()
}

/// A site with the jar `jar.json` in `dir`.
pub(crate) fn site(base: &Url, dir: &Path) -> Site {
    site_with(base, dir, SitePaths::default())
}

pub(crate) fn site_with(base: &Url, dir: &Path, paths: SitePaths) -> Site {
    let jar = Arc::new(Jar::open(dir.join("jar.json"), base).unwrap());
    Site::new(base.clone(), paths, jar, SECOND, "sessctl/test").unwrap()
}

/// A port that nothing listens at.
pub(crate) async fn dead() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
}

/// The value of a cookie in a request.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split("; "))
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

pub(crate) type Fields = Form<HashMap<String, String>>;

/// Sessions by id, as simple servers keep them.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<String, Option<String>>>>);

impl Sessions {
    pub(crate) fn create(&self, user: Option<&str>) -> String {
        let mut all = self.0.lock().unwrap();
        let id = format!("SECRET-{:06}", all.len() + 1);
        all.insert(id.clone(), user.map(str::to_owned));
        id
    }

    pub(crate) fn user(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let id = cookie(headers, name)?;
        self.0.lock().unwrap().get(&id)?.clone()
    }

    pub(crate) fn end(&self, headers: &HeaderMap, name: &str) {
        if let Some(id) = cookie(headers, name) {
            self.0.lock().unwrap().insert(id, None);
        }
    }

    pub(crate) fn live(&self) -> usize {
        self.0.lock().unwrap().values().flatten().count()
    }

    /// As express-session does: a session for every visitor, its id kept over a sign-in.
    fn express(&self, headers: &HeaderMap) -> (String, HeaderMap) {
        let mut set = HeaderMap::new();
        if let Some(id) = cookie(headers, "connect.sid")
            && self.0.lock().unwrap().contains_key(&id)
        {
            return (id, set);
        }
        let id = self.create(None);
        let value = format!("connect.sid={id}; Path=/; HttpOnly");
        set.insert(header::SET_COOKIE, value.parse().unwrap());
        (id, set)
    }
}

/// The tutorial's Express app: 200 for strangers, a cookie on every hit, plain words as HTML.
pub(crate) fn express(logout_by_get: bool) -> Router {
    let sessions = Sessions::default();
    let login = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap, Form(form): Fields| {
            let (id, set) = sessions.express(&headers);
            let user = form.get("username").cloned();
            sessions.0.lock().unwrap().insert(id, user);
            (set, Html("session data saved"))
        }
    };
    let dashboard = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap| {
            let (_, set) = sessions.express(&headers);
            match sessions.user(&headers, "connect.sid") {
                Some(user) => (set, Html(format!("Welcome back, {user}"))),
                None => (set, Html("Please Login in Again".to_owned())),
            }
        }
    };
    let logout = async move |headers: HeaderMap| {
        sessions
            .0
            .lock()
            .unwrap()
            .remove(&cookie(&headers, "connect.sid").unwrap_or_default());
        Html("Logout successful")
    };
    let logout = if logout_by_get {
        get(logout)
    } else {
        post(logout)
    };
    Router::new()
        .route("/login", post(login))
        .route("/dashboard", get(dashboard))
        .route("/logout", logout)
}

/// A classic: redirects to an HTML form, back to it after a wrong password.
pub(crate) fn classic(sessions: Sessions) -> Router {
    let form = async || {
        Html("<form method=post><input name=username><input type='password' name=password></form>")
    };
    let login = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap, Form(form): Fields| -> Response {
            if form.get("password").map(String::as_str) != Some("right") {
                return Redirect::to("/login?error=1").into_response();
            }
            sessions.end(&headers, "sid");
            let id = sessions.create(form.get("username").map(String::as_str));
            let set = AppendHeaders([(header::SET_COOKIE, format!("sid={id}; Path=/; HttpOnly"))]);
            (set, Redirect::to("/dashboard")).into_response()
        }
    };
    let dashboard = async move |headers: HeaderMap| -> Response {
        match sessions.user(&headers, "sid") {
            Some(user) => Html(format!("<h1>Hello {user}</h1>")).into_response(),
            None => Redirect::to("/login?next=%2Fdashboard").into_response(),
        }
    };
    Router::new()
        .route("/login", get(form).post(login))
        .route("/dashboard", get(dashboard))
}

/// Our own server's ways: 401 in words, a removal cookie for a dead one, `GET /session`.
pub(crate) fn ours(sessions: Sessions) -> Router {
    let login = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap, Form(form): Fields| -> Response {
            if form.get("username").map(String::as_str) == Some("mallory") {
                let body = json!({"code": "wrong_login", "message": "Wrong user name or password"});
                return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
            }
            sessions.end(&headers, "sid");
            let id = sessions.create(form.get("username").map(String::as_str));
            let cookie = format!("sid={id}; Path=/; HttpOnly; SameSite=Lax");
            ([(header::SET_COOKIE, cookie)], "Session data saved!").into_response()
        }
    };
    let dashboard = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap| -> Response {
            match sessions.user(&headers, "sid") {
                Some(user) => format!("Welcome back, {user}").into_response(),
                None => refuse(&headers, "Please log in".into_response()),
            }
        }
    };
    let session = {
        let sessions = sessions.clone();
        async move |headers: HeaderMap| -> Response {
            let at = "2026-11-23T10:00:00Z";
            if let Some(user) = sessions.user(&headers, "sid") {
                let body = json!({"schema": 1, "user": user, "handle": "0123456789ab", "created": at,
                    "seen": at, "idle_expires": at, "expires": at, "data": {}});
                return Json(body).into_response();
            }
            let ended = json!({"code": "session_ended", "message": "Your session was revoked by root",
                "auth": "open", "reason": "revoked", "actor": "root", "at": at});
            let none = json!({"code": "not_signed_in", "message": "Please log in", "auth": "open"});
            let known = cookie(&headers, "sid").is_some();
            refuse(
                &headers,
                Json(if known { ended } else { none }).into_response(),
            )
        }
    };
    let logout = async move |headers: HeaderMap| {
        sessions.end(&headers, "sid");
        ([(header::SET_COOKIE, REMOVAL)], "Logged out successfully")
    };
    Router::new()
        .route("/login", post(login))
        .route("/dashboard", get(dashboard))
        .route("/session", get(session))
        .route("/logout", post(logout))
}

const REMOVAL: &str = "sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";

fn refuse(headers: &HeaderMap, mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    if cookie(headers, "sid").is_some() {
        let removal = REMOVAL.parse().unwrap();
        response.headers_mut().insert(header::SET_COOKIE, removal);
    }
    response
}
