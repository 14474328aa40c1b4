//! What admin handlers share: what they may use, and who may call them.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use sessctl_api::{Filter, Registry, RegistryError, codes};
use sessctl_store::Sessions;
use tokio::sync::watch;

use crate::{
    Cookie,
    error::AppError,
    logged::shown,
    peer::{Peer, own_uid, user_name},
};

/// What every admin handler may use.
#[derive(Debug, Clone)]
pub(super) struct AdminState {
    pub(super) registry: Arc<dyn Registry>,
    pub(super) sessions: Sessions,
    /// What cookies of the public listener look like.
    pub(super) cookie: Cookie,
    pub(super) closing: watch::Receiver<bool>,
}

/// Proof, in a handler's signature, that the caller may administer: the server's own user, or root.
#[derive(Debug)]
pub(super) struct Admin {
    uid: u32,
}

impl Admin {
    /// The caller's name, for logs and for whoever's session it ends.
    pub(super) fn name(&self) -> String {
        user_name(self.uid)
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        let peer = parts.extensions.get::<Peer>();
        match peer {
            Some(Peer::Unix { uid }) if *uid == 0 || *uid == own_uid() => Ok(Self { uid: *uid }),
            _ => {
                tracing::warn!(
                    ?peer,
                    path = shown(parts.uri.path()),
                    "admin request refused"
                );
                let text =
                    "Only root and the user that the server runs as may use the admin socket";
                Err(AppError::new(StatusCode::FORBIDDEN, codes::FORBIDDEN, text))
            }
        }
    }
}

/// Reads the filter of a query.
pub(super) fn parse_filter(text: &str) -> Result<Filter, AppError> {
    Ok(text.parse().map_err(RegistryError::BadFilter)?)
}
