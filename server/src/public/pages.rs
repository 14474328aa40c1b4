//! The pages: server-rendered, without JavaScript. The template engine escapes whatever it is given.

mod dashboard;
mod frame;
mod password;
mod sessions;
mod sign_in;

use askama::Template;
use axum::response::Html;
use sessctl_api::routes::public as paths;

use self::frame::{Frame, Here};
pub(super) use self::{
    dashboard::dashboard,
    password::{PasswordField, PasswordNotice, password, password_changed},
    sessions::{SessionsNotice, ended_sessions, sessions},
    sign_in::{HomeQuery, SignIn, confirm_logout, home, sign_in},
};
use crate::{
    error::{AppError, internal},
    gate::EndedSession,
};

/// Where a browser goes after signing out.
pub(super) const SIGNED_OUT: &str = "/?signed_out=1";

/// The page of a refusal.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    frame: Option<Frame>,
    title: String,
    status: u16,
}

impl ErrorPage {
    pub(crate) fn new(title: String, status: u16) -> Self {
        Self {
            frame: None,
            title,
            status,
        }
    }
}

/// The start page's address for somebody who wanted to go elsewhere, and why that did not work.
pub(super) fn home_and_back_to(path: &str, ended: Option<EndedSession>) -> String {
    let ended = ended.map(|session| ("ended", session.ended.reason.as_str()));
    let pairs: Vec<_> = [("next", path)].into_iter().chain(ended).collect();
    format!(
        "{}?{}",
        paths::ROOT,
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    )
}

fn render(page: &impl Template) -> Result<Html<String>, AppError> {
    page.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        internal()
    })
}
