//! The start page: the sign-in form, or who is signed in; and the question whether to sign out.

use std::convert::Infallible;

use askama::Template;
use axum::{extract::FromRequestParts, http::request::Parts, response::Html};
use serde::Deserialize;
use sessctl_api::EndReason;
use sessctl_store::Entry;

use super::{
    frame::{Frame, Here},
    render,
};
use crate::{
    Auth,
    error::AppError,
    public::{next::safe_next, state::PublicState, words},
};

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

/// What the sign-in form says and holds.
#[derive(Debug, Default)]
pub(in crate::public) struct SignIn<'a> {
    pub(in crate::public) name: &'a str,
    pub(in crate::public) next: Option<&'a str>,
    pub(in crate::public) remember: bool,
    /// What was wrong with the try before.
    pub(in crate::public) fault: Option<&'a str>,
    pub(in crate::public) notice: Option<Notice>,
}

/// What stands above the form where nothing was wrong with it. Only words of ours: anybody can write the address.
#[derive(Debug, Clone, Copy)]
pub(in crate::public) enum Notice {
    /// What was asked for is done.
    Done(&'static str),
    /// Why somebody who was signed in sees the form.
    Why(&'static str),
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Option<Frame>,
    name: String,
    next: &'a str,
    is_open: bool,
    /// Nobody can sign in yet.
    lacks_users: bool,
    /// For how long somebody may be remembered, in words.
    remember_for: Option<String>,
    remember: bool,
    fault: Option<&'a str>,
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Option<Frame>,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    frame: Option<Frame>,
}

/// The start page.
pub(in crate::public) fn home(
    state: &PublicState,
    session: Option<&Entry>,
    query: &HomeQuery,
) -> Result<Html<String>, AppError> {
    let frame = session.and_then(|entry| Frame::new(state, entry, Here::Home));
    if frame.is_some() {
        return render(&HomePage { frame });
    }
    let form = SignIn {
        next: query.next.as_deref(),
        notice: notice(query),
        ..SignIn::default()
    };
    sign_in(state, &form)
}

/// The sign-in form.
pub(in crate::public) fn sign_in(
    state: &PublicState,
    form: &SignIn<'_>,
) -> Result<Html<String>, AppError> {
    let is_open = state.config.auth == Auth::Open;
    let remember = state.sessions.settings().remember;
    render(&SignInPage {
        frame: None,
        name: sessctl_api::text::clean(form.name).into_owned(),
        next: safe_next(form.next),
        is_open,
        lacks_users: !is_open && !state.sessions.has_users(),
        remember_for: remember.filter(|_| !is_open).map(words::span),
        remember: form.remember,
        fault: form.fault,
        notice: form.notice,
    })
}

fn notice(query: &HomeQuery) -> Option<Notice> {
    if query.signed_out.is_some() {
        return Some(Notice::Done("Logged out successfully"));
    }
    Some(Notice::Why(
        match EndReason::parse(query.ended.as_deref()?)? {
            EndReason::Revoked => "Your session was ended by an operator. Please sign in again",
            EndReason::Idle => "Your session was not used for too long. Please sign in again",
            EndReason::Absolute => {
                "Your session reached its longest lifetime. Please sign in again"
            }
            EndReason::Limit => {
                "Your session ended because you signed in elsewhere, and an account may have only so many. \
             Please sign in again"
            }
            EndReason::Elsewhere => "You ended this session from another one. Please sign in again",
            EndReason::Password => {
                "Your session ended because the password was changed. Please sign in with the new one"
            }
            EndReason::Disabled => {
                "Your session ended because your account was disabled. Whoever runs this server can enable it"
            }
            EndReason::Removed => {
                "Your session ended because your account was removed. Ask whoever runs this server"
            }
            EndReason::Logout => "You signed out of this session. Please sign in again",
            EndReason::Replaced => "Your session has ended. Please sign in again",
        },
    ))
}

/// The question whether to sign out.
pub(in crate::public) fn confirm_logout(
    state: &PublicState,
    session: Option<&Entry>,
) -> Result<Html<String>, AppError> {
    let frame = session.and_then(|entry| Frame::new(state, entry, Here::Home));
    render(&LogoutPage { frame })
}
