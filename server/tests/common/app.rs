//! An application behind a gate of its own, which holds data through tower-sessions; asked in process.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Request, Response, StatusCode, header},
    response::AppendHeaders,
    routing::get,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sessctl_api::{Filter, ListQuery, Registry as _, Revocation, Selection};
use sessctl_server::{CookieOptions, CurrentSession, Gate, GateLayer};
use sessctl_store::{Client, Entry, Found, ManualClock, SessionId, Sessions, USER_KEY};
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::{Session, SessionManagerLayer};

use super::{clock, settings};

/// An application under test.
pub(crate) struct App {
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<ManualClock>,
    service: Gate<Router>,
}

pub(crate) fn app() -> App {
    let clock = clock();
    let sessions = Sessions::in_memory(settings(&clock));
    over(sessions, clock)
}

pub(crate) fn over(sessions: Sessions, clock: Arc<ManualClock>) -> App {
    with_cookie(sessions, clock, &CookieOptions::default())
}

/// The same behind a gate for another cookie, which the application knows by the gate's name for it.
pub(crate) fn with_cookie(
    sessions: Sessions,
    clock: Arc<ManualClock>,
    cookie: &CookieOptions,
) -> App {
    let cookie = cookie.check(None).unwrap();
    let manager = SessionManagerLayer::new(sessions.clone()).with_name(cookie.name().to_owned());
    let router = Router::new()
        .route("/begin/{user}", get(begin))
        .route("/write/{key}", get(write))
        .route("/visit", get(visit))
        .route("/flush", get(flush))
        .route("/cycle", get(cycle))
        .route("/see", get(see))
        .route("/plant", get(plant))
        .route("/cut-off/{act}", get(cut_off))
        .layer(manager)
        .with_state(sessions.clone());
    App {
        service: GateLayer::new(sessions.clone(), cookie).layer(router),
        sessions,
        clock,
    }
}

async fn begin(session: Session, Path(user): Path<String>) {
    session.insert(USER_KEY, user).await.unwrap();
}

async fn write(session: Session, Path(key): Path<String>) {
    session.insert(&key, 1).await.unwrap();
}

/// Writes something as a page does that counts anonymous visits.
async fn visit(session: Session) {
    session.insert("visits", 1).await.unwrap();
}

async fn flush(session: Session) -> StatusCode {
    match session.flush().await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn cycle(session: Session) {
    session.cycle_id().await.unwrap();
}

/// What arrives behind the gate.
async fn see(session: Session, current: Option<CurrentSession>, headers: HeaderMap) -> Json<Value> {
    let cookies: Vec<_> = headers.get_all(header::COOKIE).iter().collect();
    let cookies: Vec<_> = cookies.iter().map(|line| line.to_str().unwrap()).collect();
    let mark: Option<String> = session.get("mark").await.unwrap();
    Json(json!({
        "cookies": cookies,
        "user": current.as_ref().and_then(|current| current.0.user()),
        "mark": mark,
    }))
}

/// Sets cookies by hand, one of them under our name.
async fn plant() -> AppendHeaders<[(header::HeaderName, &'static str); 3]> {
    AppendHeaders([
        (header::SET_COOKIE, "theme=dark; Path=/"),
        (
            header::SET_COOKIE,
            "sid=AAAAAAAAAAAAAAAAAAAAAA; Domain=example.org; Max-Age=99999",
        ),
        (header::SET_COOKIE, "lang=en"),
    ])
}

/// Is revoked by somebody else in the middle of its work, and goes on.
async fn cut_off(State(sessions): State<Sessions>, session: Session, Path(act): Path<String>) {
    let loads_before = act != "begin-unloaded";
    if loads_before {
        let _: Option<i64> = session.get("cart").await.unwrap();
    }
    if act == "save" {
        session.insert("cart", 1).await.unwrap();
    }
    let all = Revocation {
        select: Selection::All,
        expect: None,
        dry_run: false,
    };
    // Another task, as another request would be.
    tokio::spawn(async move { sessions.revoke(all, "root").await.unwrap() })
        .await
        .unwrap();
    match &*act {
        "insert" => session.insert("cart", 1).await.unwrap(),
        "save" => session.save().await.unwrap(),
        "cycle" => {
            session.insert(USER_KEY, "alice").await.unwrap();
            session.cycle_id().await.unwrap();
        }
        "flush-begin" => {
            session.flush().await.unwrap();
            session.insert(USER_KEY, "alice").await.unwrap();
        }
        _ => session.insert(USER_KEY, "alice").await.unwrap(),
    }
}

impl App {
    pub(crate) async fn ask(&self, path: &str, cookie: Option<&str>) -> Response<Body> {
        let mut request = Request::get(path);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Body::empty()).unwrap();
        self.service.clone().oneshot(request).await.unwrap()
    }

    /// Signs in and returns the cookie's value.
    pub(crate) async fn login(&self, user: &str) -> String {
        let created = self.sessions.create(user, &Client::default(), None).await;
        created.unwrap().id.cookie_value()
    }

    pub(crate) async fn listed(&self) -> u64 {
        let query = ListQuery::first(Filter::default(), 10);
        self.sessions.list(query).await.unwrap().total
    }

    pub(crate) async fn created(&self) -> u64 {
        self.sessions.stats().await.unwrap().created.unwrap()
    }

    fn found(&self, value: &str) -> Found {
        let lookup = self.sessions.lookup(&SessionId::parse(value).unwrap());
        lookup.now().expect("everything is loaded").unwrap()
    }

    pub(crate) fn entry(&self, value: &str) -> Arc<Entry> {
        let Found::Live(entry) = self.found(value) else {
            panic!("no session")
        };
        entry
    }

    pub(crate) fn opens(&self, value: &str) -> bool {
        matches!(self.found(value), Found::Live(_))
    }
}

pub(crate) fn set_cookies(response: &Response<Body>) -> Vec<&str> {
    let lines = response.headers().get_all(header::SET_COOKIE);
    lines.iter().map(|line| line.to_str().unwrap()).collect()
}

/// The id that an answer gives in exactly our form.
pub(crate) fn given(response: &Response<Body>) -> String {
    let lines = set_cookies(response);
    let [line] = lines[..] else {
        panic!("not one cookie: {lines:?}")
    };
    let value = line
        .strip_prefix("sid=")
        .and_then(|line| line.strip_suffix("; Path=/; HttpOnly; SameSite=Lax"));
    value
        .unwrap_or_else(|| panic!("not our form: {line}"))
        .to_owned()
}

pub(crate) async fn seen(app: &App, cookie: &str) -> Value {
    let response = app.ask("/see", Some(cookie)).await;
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}
