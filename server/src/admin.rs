//! The admin listener: list, show, end, watch; accounts and tokens; the audit log and what is measured. It consumes a
//! [`Registry`](sessctl_api::Registry) and [`Accounts`](sessctl_api::Accounts) and knows nothing else of where they are
//! kept; only a cookie's lookup, tokens and readiness ask the serving half.
//!
//! Who may call is in each handler's signature: see `caller`.

mod accounts;
mod caller;
mod data;
mod deed;
mod events;
mod health;
mod log;
mod metrics;
mod revoke;
mod sessions;
mod state;

use axum::{
    Router,
    routing::{delete, get, post},
};
use sessctl_api::routes::admin as paths;

pub(crate) use self::state::AdminState;

/// Every admin route.
pub(crate) fn router(state: AdminState) -> Router {
    Router::new()
        .route(paths::SESSIONS, get(sessions::list))
        .route(paths::SESSION, get(sessions::show))
        .route(paths::SESSION_DATA, get(data::data))
        .route(paths::TOP, get(sessions::top))
        .route(paths::LOOKUP, post(sessions::lookup))
        .route(paths::STATS, get(sessions::stats))
        .route(paths::REVOCATIONS, post(revoke::revoke))
        .route(paths::EVENTS, get(events::events))
        .route(paths::USERS, get(accounts::users).post(accounts::add_user))
        .route(
            paths::USER,
            get(accounts::user)
                .patch(accounts::change_user)
                .delete(accounts::remove_user),
        )
        .route(
            paths::TOKENS,
            get(accounts::tokens).post(accounts::add_token),
        )
        .route(paths::TOKEN, delete(accounts::remove_token))
        .route(paths::LOG, get(log::log))
        .route(paths::METRICS, get(metrics::metrics))
        .route(paths::READYZ, get(health::readyz))
        .with_state(state)
}
