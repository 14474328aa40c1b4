//! What the gate and the handlers behind it tell each other, as extensions of requests and responses.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::OptionalFromRequestParts, http::request::Parts};
use sessctl_api::Ended;
use sessctl_store::{Created, Entry};

/// The live session that a request came with.
#[derive(Debug, Clone)]
pub struct CurrentSession(pub Arc<Entry>);

/// The session of the cookie that a request came with, which has ended, and how.
#[derive(Debug, Clone)]
pub struct EndedSession {
    pub entry: Arc<Entry>,
    pub ended: Ended,
}

/// The cookie that a request came with was that of a session that has a newer id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RotatedSession;

/// A response extension: give the client this session's cookie.
#[derive(Debug, Clone)]
pub struct SetSession(pub Arc<Created>);

/// A response extension: take the cookie away.
#[derive(Debug, Clone, Copy)]
pub struct ClearSession;

impl<S: Sync> OptionalFromRequestParts<S> for CurrentSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for EndedSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
