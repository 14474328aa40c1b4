//! The public listener: sign in, dashboard, sign out, and what a session holds.

mod body;
mod cross_site;
mod data;
mod fields;
mod forget;
mod hot;
mod login;
mod logout;
mod next;
mod own_sessions;
pub(crate) mod pages;
mod password;
mod password_check;
mod session;
mod signed_in;
mod state;
mod visitor;
mod words;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{Html, IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::json;
use sessctl_api::routes::public as paths;
use sessctl_store::Sessions;

use self::{
    hot::Hot,
    state::{PublicState, signed_out},
    visitor::Visitor,
};
use crate::{
    Auth, Config, Cookie,
    error::AppError,
    gate::{CurrentSession, EndedSession},
    negotiate::Format,
};

/// Every public route, behind a gate for this cookie. `is_https`: browsers reach it so.
pub(crate) fn router(
    sessions: Sessions,
    config: Config,
    cookie: &Cookie,
    is_https: bool,
) -> Hot<Router> {
    let state = PublicState::new(sessions.clone(), config, is_https);
    let mut router = Router::new()
        .route(paths::ROOT, get(home))
        .route(paths::LOGIN, post(login::login).get(home))
        .route(paths::DASHBOARD, get(dashboard))
        .route(paths::LOGOUT, post(logout::post).get(logout::get))
        .route(paths::SESSION, get(session::session))
        .route(paths::SESSIONS, get(own_sessions::list))
        .route(paths::END_SESSION, post(own_sessions::end_one))
        .route(paths::END_OTHERS, post(own_sessions::end_others))
        .route(paths::OTHERS, delete(own_sessions::delete_others))
        .route(paths::DATA, data::route(sessions, cookie))
        .route(paths::HEALTHZ, get(async || "ok\n"))
        .route(paths::STYLE, get(style))
        .route(paths::FORGET, get(forget::style))
        .route(paths::ICON, get(icon));
    if state.config.auth == Auth::Users {
        let page = get(password::form).post(password::change);
        router = router.route(paths::PASSWORD, page);
    }
    Hot::new(router.with_state(state))
}

async fn home(
    State(state): State<PublicState>,
    Visitor(visitor): Visitor,
    session: Option<CurrentSession>,
    query: pages::HomeQuery,
) -> Result<Response, AppError> {
    let entry = session.as_ref().map(|CurrentSession(entry)| &**entry);
    let page: Html<String> = pages::home(&state, entry, &query)?;
    Ok((visitor, page).into_response())
}

async fn dashboard(
    State(state): State<PublicState>,
    Visitor(visitor): Visitor,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, AppError> {
    let entry = session.map(|CurrentSession(entry)| entry);
    let Some((entry, user)) = entry
        .as_ref()
        .and_then(|entry| Some((entry, entry.user()?)))
    else {
        if format == Format::Html {
            let form = signed_in::to_form(paths::DASHBOARD, ended);
            return Ok((visitor, form).into_response());
        }
        return Ok((visitor, signed_out(&state.config, ended)).into_response());
    };
    Ok(match format {
        Format::Html => {
            let sessions = state.sessions.sessions_of(user).await?.len();
            pages::dashboard(&state, entry, sessions)?.into_response()
        }
        Format::Json => {
            let message = format!("Welcome back, {user}");
            axum::Json(json!({"message": message, "user": user, "handle": entry.handle()}))
                .into_response()
        }
        Format::Text => hot::welcome(user),
    })
}

async fn style() -> impl IntoResponse {
    unchanging(
        "text/css; charset=utf-8",
        include_str!("../templates/style.css"),
    )
}

async fn icon() -> impl IntoResponse {
    unchanging("image/svg+xml", include_str!("../templates/icon.svg"))
}

/// What is the same for everybody, and may be kept for a while.
fn unchanging(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text)
}
