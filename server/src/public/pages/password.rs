//! The page for changing one's password.

use std::{borrow::Cow, convert::Infallible};

use askama::Template;
use axum::{extract::FromRequestParts, http::request::Parts, response::Html};
use sessctl_api::{PASSWORD_RULES, routes::public as paths, text::clean};
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
    /// It was not changed, why, and which field that is about.
    Fault {
        text: String,
        field: Option<PasswordField>,
    },
}

/// The fields of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::public) enum PasswordField {
    Current,
    New,
    Again,
}

impl PasswordField {
    const ALL: [Self; 3] = [Self::Current, Self::New, Self::Again];

    /// Its name in the form.
    pub(in crate::public) fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::New => "new",
            Self::Again => "again",
        }
    }

    /// The field that a refusal is about, if it says so.
    pub(in crate::public) fn of(fault: &AppError) -> Option<Self> {
        let name = fault.body["field"].as_str()?;
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
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
    /// The field that is wrong: the first thing that a reader has to come to.
    wrong: Option<PasswordField>,
    rules: &'static str,
}

impl PasswordPage<'_> {
    /// What an input says of itself; `hint` is the id of what describes it anyway.
    fn marks(&self, field: PasswordField, hint: &str) -> String {
        let (fault, state) = match self.wrong == Some(field) {
            true => ("fault", " aria-invalid=\"true\" autofocus"),
            false => ("", ""),
        };
        match format!("{hint} {fault}").trim() {
            "" => String::new(),
            ids => format!(" aria-describedby=\"{ids}\"{state}"),
        }
    }
}

/// The form, and what became of what it sent.
pub(in crate::public) fn password(
    state: &PublicState,
    entry: &Entry,
    notice: &PasswordNotice,
) -> Result<Html<String>, AppError> {
    let (notice, fault, wrong) = match notice {
        PasswordNotice::None => (None, None, None),
        PasswordNotice::Changed(ended) => (Some(changed(*ended)), None, None),
        PasswordNotice::Fault { text, field } => (None, Some(&**text), *field),
    };
    render(&PasswordPage {
        frame: Frame::new(state, entry, Here::Password),
        user: clean(entry.user().unwrap_or_default()),
        notice,
        fault,
        wrong,
        rules: PASSWORD_RULES,
    })
}

fn changed(ended: u64) -> String {
    let others = match ended {
        0 => "You had no other session.".to_owned(),
        count => format!("Your {} ended.", counted(count, "other session")),
    };
    format!("Your password is changed. {others}")
}
