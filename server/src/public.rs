//! The public listener: sign in, dashboard, sign out.

mod cross_site;
mod login;
mod logout;
pub(crate) mod pages;
mod session;
mod state;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::json;
use sessctl_api::{routes::public as paths, text::clean};
use sessctl_store::Sessions;

use self::state::{PublicState, signed_out};
use crate::{
    Config,
    error::AppError,
    gate::{CurrentSession, EndedSession},
    negotiate::Format,
};

/// Every public route.
pub(crate) fn router(sessions: Sessions, config: Config) -> Router {
    Router::new()
        .route(paths::ROOT, get(home))
        .route(paths::LOGIN, post(login::login).get(home))
        .route(paths::DASHBOARD, get(dashboard))
        .route(paths::LOGOUT, post(logout::post).get(logout::get))
        .route(paths::SESSION, get(session::session))
        .route(paths::HEALTHZ, get(async || "ok\n"))
        .route(paths::STYLE, get(style))
        .with_state(PublicState { sessions, config })
}

async fn home(
    session: Option<CurrentSession>,
    query: pages::HomeQuery,
) -> Result<Html<String>, AppError> {
    pages::home(session.as_ref().map(|session| &*session.0), &query, None)
}

async fn dashboard(
    State(state): State<PublicState>,
    format: Format,
    session: Option<CurrentSession>,
    ended: Option<EndedSession>,
) -> Result<Response, AppError> {
    let Some(CurrentSession(entry)) = session else {
        if format == Format::Html {
            return Ok(Redirect::to(&pages::home_and_back_to(
                paths::DASHBOARD,
                ended.map(|session| session.ended.reason),
            ))
            .into_response());
        }
        return Err(signed_out(&state.config, ended));
    };
    let welcome = format!("Welcome back, {}", entry.user().unwrap_or_default());
    Ok(match format {
        Format::Html => pages::dashboard(&entry)?.into_response(),
        Format::Json => {
            axum::Json(json!({"message": welcome, "user": entry.user(), "handle": entry.handle()}))
                .into_response()
        }
        Format::Text => format!("{}\n", clean(&welcome)).into_response(),
    })
}

async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../templates/style.css"))
}
