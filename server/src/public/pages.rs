//! The pages: server-rendered, without JavaScript. The template engine escapes whatever it is given.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;
use sessctl_api::{EndReason, routes::public as paths, span, text::clean};
use sessctl_store::Entry;

use crate::error::{AppError, internal};

/// Where a browser goes after signing out.
pub(crate) const SIGNED_OUT: &str = "/?signed_out=1";

/// What the address of the start page may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct HomeQuery {
    next: Option<String>,
    signed_out: Option<String>,
    /// Why the session that the browser came with has ended.
    ended: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for HomeQuery {
    type Rejection = Infallible;

    /// A query that cannot be read says nothing.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default())
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    user: Option<String>,
    next: &'a str,
    notice: Option<&'a str>,
    fault: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    user: String,
    client: String,
    ip: String,
    handle: String,
    since: String,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage;

/// The page of a refusal.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) title: String,
    pub(crate) status: u16,
}

/// The start page: the login form, or who is signed in.
pub(crate) fn home(
    session: Option<&Entry>,
    query: &HomeQuery,
    fault: Option<&str>,
) -> Result<Html<String>, AppError> {
    let user = session
        .and_then(Entry::user)
        .map(|user| clean(user).into_owned());
    let notice = notice(query);
    let next = safe_next(query.next.as_deref());
    render(&HomePage {
        user,
        next,
        notice,
        fault,
    })
}

/// What the page says above the form. Only words of ours: anybody can write the address.
fn notice(query: &HomeQuery) -> Option<&'static str> {
    if query.signed_out.is_some() {
        return Some("Logged out successfully");
    }
    Some(match EndReason::parse(query.ended.as_deref()?)? {
        EndReason::Revoked => "Your session was ended by an operator. Please sign in again",
        EndReason::Idle => "Your session was not used for too long. Please sign in again",
        EndReason::Absolute => "Your session reached its longest lifetime. Please sign in again",
        EndReason::Logout | EndReason::Replaced | EndReason::Limit => {
            "Your session has ended. Please sign in again"
        }
    })
}

/// The login form again, with what was wrong.
pub(crate) fn home_with_fault(
    next: Option<String>,
    fault: &AppError,
) -> Result<Response, AppError> {
    let page = home(
        None,
        &HomeQuery {
            next,
            ..HomeQuery::default()
        },
        Some(&fault.text),
    )?;
    Ok((fault.status, page).into_response())
}

/// The page of a live session.
pub(crate) fn dashboard(entry: &Entry) -> Result<Html<String>, AppError> {
    let shown = entry.describe();
    let words = |text: Option<String>| {
        text.map_or_else(|| "unknown".to_owned(), |text| clean(&text).into_owned())
    };
    let since = shown.created.map(span::utc);
    render(&DashboardPage {
        user: words(shown.user),
        client: words(shown.client),
        ip: words(shown.ip.map(|ip| ip.to_string())),
        handle: shown.handle.to_string(),
        since: words(since),
    })
}

/// The question whether to sign out.
pub(crate) fn confirm_logout() -> Result<Html<String>, AppError> {
    render(&LogoutPage)
}

/// The start page's address for somebody who wanted to go elsewhere, and why that did not work.
pub(crate) fn home_and_back_to(path: &str, ended: Option<EndReason>) -> String {
    let ended = ended.map(|reason| ("ended", reason.as_str()));
    let pairs: Vec<_> = [("next", path)].into_iter().chain(ended).collect();
    format!(
        "{}?{}",
        paths::ROOT,
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    )
}

/// Where to go after signing in: a path on this server, else the dashboard.
pub(crate) fn safe_next(next: Option<&str>) -> &str {
    next.filter(|next| is_own_path(next))
        .unwrap_or(paths::DASHBOARD)
}

/// Whether it is a path on this server for every browser: one slash first, and nothing that a browser drops or
/// reads as a second slash.
fn is_own_path(next: &str) -> bool {
    let mut chars = next.chars();
    chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && next.chars().all(|c| c.is_ascii_graphic() && c != '\\')
        && !signs_out(next)
}

/// Whether following it would undo the sign-in.
fn signs_out(next: &str) -> bool {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/')
        .eq_ignore_ascii_case(paths::LOGOUT)
}

fn render(page: &impl Template) -> Result<Html<String>, AppError> {
    page.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        internal()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_on_only_to_this_server() {
        for own in ["/", "/dashboard", "/a/b?c=d&e=%2F#f"] {
            assert_eq!(safe_next(Some(own)), own);
        }
        for foreign in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "https:evil",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/ /evil",
            " /x",
            "/a\\..\\b",
            "/\u{2024}",
            "/logout",
            "/LogOut/?x=1",
        ] {
            assert_eq!(safe_next(Some(foreign)), "/dashboard", "{foreign:?}");
        }
    }
}
