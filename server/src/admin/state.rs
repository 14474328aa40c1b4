//! What admin handlers share.

use std::sync::Arc;

use axum::extract::{Path, rejection::PathRejection};
use sessctl_api::{Accounts, BadHandle, Filter, Handle, Registry, RegistryError};
use sessctl_store::Sessions;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    Audit, Cookie, Group,
    error::AppError,
    metrics::{Gauge, Metrics},
};

/// What every admin handler may use.
#[derive(Debug, Clone)]
pub(crate) struct AdminState {
    pub(super) registry: Arc<dyn Registry>,
    pub(super) accounts: Arc<dyn Accounts>,
    pub(super) sessions: Sessions,
    /// What cookies of the public listener look like.
    pub(super) cookie: Cookie,
    pub(super) audit: Audit,
    pub(super) metrics: Metrics,
    /// Whose members may call over this socket besides the server's own user and root.
    pub(super) group: Option<Group>,
    pub(super) closing: watch::Receiver<bool>,
}

impl AdminState {
    pub(crate) fn new(
        sessions: &Sessions,
        cookie: Cookie,
        audit: Audit,
        metrics: Metrics,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self {
            registry: Arc::new(sessions.clone()),
            accounts: Arc::new(sessions.clone()),
            sessions: sessions.clone(),
            cookie,
            audit,
            metrics,
            group: None,
            closing,
        }
    }

    /// The same for a socket that a group may use.
    pub(crate) fn for_group(&self, group: Option<Group>) -> Self {
        Self {
            group,
            ..self.clone()
        }
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn audit(&self) -> &Audit {
        &self.audit
    }

    pub(crate) fn closing(&self) -> &watch::Receiver<bool> {
        &self.closing
    }

    pub(crate) fn open_connections(&self) -> &Gauge {
        &self.metrics.admin
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.sessions.clock().now()
    }
}

/// Reads the filter of a query.
pub(super) fn parse_filter(text: &str) -> Result<Filter, AppError> {
    Ok(text.parse().map_err(RegistryError::BadFilter)?)
}

/// Reads the handle in a path.
pub(super) fn parse_handle(
    handle: Result<Path<String>, PathRejection>,
) -> Result<Handle, AppError> {
    let Path(handle) = handle.map_err(|rejection| AppError::bad_request(rejection.body_text()))?;
    handle
        .parse()
        .map_err(|bad: BadHandle| AppError::bad_request(bad.to_string()))
}
