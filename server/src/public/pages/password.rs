//! The page for changing one's password.

use std::{borrow::Cow, convert::Infallible};

use askama::Template;
use axum::{extract::FromRequestParts, http::request::Parts, response::Html};
use sessctl_api::{routes::public as paths, text::clean};
use sessctl_store::Entry;

use super::{
    frame::{Frame, Here},
    render,
};
use crate::{
    error::AppError,
    public::{state::PublicState, words::counted},
};

/// What the page says above the form.
#[derive(Debug)]
pub(crate) enum PasswordNotice {
    None,
    /// It was changed, and so many other sessions ended.
    Changed(u64),
    /// It was not changed, and why.
    Fault(String),
}

impl<S: Sync> FromRequestParts<S> for PasswordNotice {
    type Rejection = Infallible;

    /// Only a number is taken from the address: anybody can write it.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let count = query.strip_prefix("changed=").and_then(|n| n.parse().ok());
        Ok(count.map_or(Self::None, Self::Changed))
    }
}

/// The page's address after a change that ended so many other sessions.
pub(in crate::public) fn password_changed(ended: u64) -> String {
    format!("{}?changed={ended}", paths::PASSWORD)
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    frame: Option<Frame>,
    /// For password managers, which keep it with the name.
    user: Cow<'a, str>,
    notice: Option<String>,
    fault: Option<&'a str>,
}

/// The form, and what became of what it sent.
pub(in crate::public) fn password(
    state: &PublicState,
    entry: &Entry,
    notice: &PasswordNotice,
) -> Result<Html<String>, AppError> {
    let (notice, fault) = match notice {
        PasswordNotice::None => (None, None),
        PasswordNotice::Changed(ended) => (Some(changed(*ended)), None),
        PasswordNotice::Fault(text) => (None, Some(&**text)),
    };
    render(&PasswordPage {
        frame: Frame::new(state, entry, Here::Password),
        user: clean(entry.user().unwrap_or_default()),
        notice,
        fault,
    })
}

fn changed(ended: u64) -> String {
    let others = match ended {
        0 => "You had no other session.".to_owned(),
        count => format!("Your {} ended.", counted(count, "other session")),
    };
    format!("Your password is changed. {others}")
}
