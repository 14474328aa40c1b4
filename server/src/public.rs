//! The public listener: sign in, dashboard, sign out, and what a session holds.

mod body;
mod cross_site;
mod data;
mod hot;
mod login;
mod logout;
pub(crate) mod pages;
mod session;
mod state;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
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
    Config, Cookie,
    error::AppError,
    gate::{CurrentSession, EndedSession},
    negotiate::Format,
};

/// Every public route, for a gate with this cookie and a listener that speaks TLS itself or not.
pub(crate) fn router(
    sessions: Sessions,
    config: Config,
    cookie: &Cookie,
    is_tls: bool,
) -> Hot<Router> {
    let is_https = config
        .public_origin
        .as_ref()
        .map_or(is_tls, |origin| origin.starts_with("https://"));
    let config = Arc::new(config);
    let router = Router::new()
        .route(paths::ROOT, get(home))
        .route(paths::LOGIN, post(login::login).get(home))
        .route(paths::DASHBOARD, get(dashboard))
        .route(paths::LOGOUT, post(logout::post).get(logout::get))
        .route(paths::SESSION, get(session::session))
        .route(paths::DATA, data::route(sessions.clone(), cookie))
        .route(paths::HEALTHZ, get(async || "ok\n"))
        .route(paths::STYLE, get(style))
        .with_state(PublicState {
            sessions,
            config,
            is_https,
        });
    Hot::new(router)
}

async fn home(
    Visitor(visitor): Visitor,
    session: Option<CurrentSession>,
    query: pages::HomeQuery,
) -> Result<Response, AppError> {
    let page = pages::home(session.as_ref().map(|session| &*session.0), &query, None)?;
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
            let reason = ended.map(|session| session.ended.reason);
            let form = Redirect::to(&pages::home_and_back_to(paths::DASHBOARD, reason));
            return Ok((visitor, form).into_response());
        }
        return Ok((visitor, signed_out(&state.config, ended)).into_response());
    };
    Ok(match format {
        Format::Html => pages::dashboard(entry)?.into_response(),
        Format::Json => {
            let message = format!("Welcome back, {user}");
            axum::Json(json!({"message": message, "user": user, "handle": entry.handle()}))
                .into_response()
        }
        Format::Text => hot::welcome(user),
    })
}

async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../templates/style.css"))
}
