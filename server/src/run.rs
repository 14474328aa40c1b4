//! Putting it together: two listeners, the sweeper, an orderly end.

use std::sync::Arc;

use sessctl_api::{Registry, routes};
use sessctl_store::{SWEEP_EVERY, Sessions, StoreError};
use tokio::sync::watch;

use crate::{
    AdminListener, Config, GateLayer, PublicListener, accept, admin, answer::Outer, closing,
    negotiate::Format, public,
};

/// Serves until `shutdown` resolves, lets what is under way end, writes what is only in memory, and closes the store.
///
/// An error says that the store could not be written at the end; last-seen times of the last minutes may be lost.
pub async fn run(
    public: PublicListener,
    admin: AdminListener,
    sessions: Sessions,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let (close, closing) = watch::channel(false);
    let clock = sessions.clock();
    let for_everybody = Outer {
        paths: &routes::public::ALL,
        log_requests: config.log_requests,
        refusals: None,
    };
    let for_operators = Outer {
        paths: &[],
        refusals: Some(Format::Json),
        ..for_everybody
    };
    let gate = GateLayer::new(sessions.clone(), config.cookie_name)
        .secure(config.is_https())
        .without_touch(routes::public::SESSION);
    let front = tower::Layer::layer(&gate, public::router(sessions.clone(), config.clone()));
    let registry: Arc<dyn Registry> = Arc::new(sessions.clone());
    let back = admin::router(registry, sessions.clone(), closing.clone());
    let (admin_socket, admin_file) = admin.into_parts();

    let public_loop = accept::serve(
        public.socket,
        front,
        for_everybody,
        Arc::clone(&clock),
        closing.clone(),
    );
    let admin_loop = accept::serve(admin_socket, back, for_operators, clock, closing.clone());
    let served = async {
        tokio::join!(public_loop, admin_loop, sweep(&sessions, closing));
    };
    let end = async {
        shutdown.await;
        // An error says that nobody listens any more.
        let _ = close.send(true);
    };
    tokio::join!(served, end);
    let closed = sessions.close().await;
    // Last, so that whoever sees the socket gone knows that the store is closed.
    drop(admin_file);
    closed
}

async fn sweep(sessions: &Sessions, mut closing: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = closing::closed(&mut closing) => return,
        }
        match sessions.sweep().await {
            Ok(expired) => {
                for session in expired {
                    let user = session.user.as_deref().map(sessctl_api::text::clean);
                    tracing::info!(handle = %session.handle, user = user.as_deref(), reason = %session.reason, "expired");
                }
            }
            Err(error) => tracing::error!(%error, "the sweep failed and is tried again"),
        }
    }
}
