//! Who is signed in, for handlers that are for nobody else.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse as _, Redirect, Response},
};
use sessctl_api::routes::public as paths;
use sessctl_store::Entry;

use super::{
    pages,
    state::{PublicState, signed_out},
};
use crate::{
    gate::{CurrentSession, EndedSession},
    negotiate::Format,
};

/// Proof, in a handler's signature, that somebody is signed in. A browser without a session is sent to the form and
/// back to the page that it was on.
#[derive(Debug)]
pub(crate) struct SignedIn(pub(super) Arc<Entry>);

impl SignedIn {
    /// `None`: a session of a visitor who has not signed in.
    pub(super) fn new(CurrentSession(entry): CurrentSession) -> Option<Self> {
        entry.user().is_some().then_some(Self(entry))
    }

    pub(super) fn user(&self) -> &str {
        self.0.user().unwrap_or_default()
    }
}

impl FromRequestParts<PublicState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Response> {
        let extensions = &parts.extensions;
        let session = extensions.get::<CurrentSession>().cloned();
        if let Some(me) = session.and_then(Self::new) {
            return Ok(me);
        }
        let ended = extensions.get::<EndedSession>().cloned();
        Err(match Format::of(&parts.headers) {
            Format::Html => to_form(parts.uri.path(), ended),
            _ => signed_out(&state.config, ended).into_response(),
        })
    }
}

/// Sends a browser to the form, and back from there to the page that a path belongs to.
pub(super) fn to_form(path: &str, ended: Option<EndedSession>) -> Response {
    let page = [paths::SESSIONS, paths::PASSWORD]
        .into_iter()
        .find(|page| path.starts_with(page))
        .unwrap_or(paths::DASHBOARD);
    Redirect::to(&pages::home_and_back_to(page, ended)).into_response()
}
