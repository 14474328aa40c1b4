//! Putting it together: two listeners, the sweeper, an orderly end.

use sessctl_api::routes;
use sessctl_store::{Sessions, StoreError};
use tokio::sync::watch;

use crate::{
    AdminListener, BadCookie, Config, GateLayer, PublicListener, accept, admin::AdminState,
    answer::Outer, descriptors, embed, host::Hosts, metrics::Metrics, public,
};

/// Why a server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing was served.
    #[error(transparent)]
    Cookie(#[from] BadCookie),
    /// The store could not be written at the end; last-seen times of the last minutes may be lost.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Serves until `shutdown` resolves, lets what is under way end, writes what is only in memory, and closes the store.
pub async fn run(
    public: PublicListener,
    admin: AdminListener,
    sessions: Sessions,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let config = if public.is_tls() {
        config.over_tls()
    } else {
        config
    };
    warn_of(&public, &config);
    let is_https = config.is_https(public.is_tls());
    let cookie = config.cookie.check(config.public_origin.as_deref())?;
    let (close, closing) = watch::channel(false);
    let (log_requests, audit) = (config.log_requests, config.audit.clone());
    let metrics = Metrics::default();
    let outer = Outer {
        paths: &routes::public::ALL,
        log_requests,
        is_https,
        refusals: None,
        hosts: Hosts::of(&config),
        proxies: config.trusted_proxies.clone(),
        most_connections: descriptors::connections(config.max_connections),
    };
    let gate = GateLayer::new(sessions.clone(), cookie.clone())
        .rolling(config.rolling)
        .telling_session(log_requests)
        .noting_guesses(config.audit.clone())
        .without_touch(routes::public::SESSION);
    let pages = public::router(sessions.clone(), config, &cookie, is_https);
    let front = accept::serve(
        public.socket,
        tower::Layer::layer(&gate, pages),
        outer,
        sessions.clock(),
        &metrics.public,
        closing.clone(),
    );
    let state = AdminState::new(&sessions, cookie, audit.clone(), metrics.clone(), closing);
    let back = embed::back(admin, state, log_requests);
    let end = async {
        shutdown.await;
        // An error says that nobody listens any more.
        let _ = close.send(true);
    };
    let ((), files, ()) = tokio::join!(front, back, end);
    Ok(embed::finish(&sessions, &audit, files).await?)
}

/// Says what may surprise somebody.
fn warn_of(public: &PublicListener, config: &Config) {
    if config.cookie.path != "/" {
        tracing::warn!(
            path = config.cookie.path,
            "browsers send the session cookie below this path alone: other pages do not know who asks"
        );
    }
    if public.is_readable_by_others() {
        tracing::warn!(
            address = %public.address(),
            "plain HTTP off this machine: whoever is on the way can read passwords and take over sessions"
        );
    }
    let origin = config.public_origin.as_deref().unwrap_or_default();
    if public.is_tls() && origin.starts_with("http://") {
        tracing::warn!(
            origin,
            "the public address is an http:// one, but the server speaks TLS: browsers may send the cookie in the open"
        );
    }
}
