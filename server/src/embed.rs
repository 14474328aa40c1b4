//! What runs beside the public pages: the admin socket and the sweeper. An application with pages and a server of its
//! own runs these, puts a [`GateLayer`](crate::GateLayer) around its router, and has the whole of the command line.

use std::{sync::Arc, time::Instant};

use sessctl_api::Registry;
use sessctl_store::{SWEEP_EVERY, Sessions, StoreError};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{AdminListener, Cookie, accept, admin, answer::Outer, closing, negotiate::Format};

/// Seconds by which the clock may be wrong between two sweeps: less is the work of those who set it by the network.
const JUMP: i64 = 10;

/// How many connections the admin API has at once.
const OPERATORS: usize = 256;

/// Serves the admin socket of an application's sessions and sweeps them for as long as `application` runs, which is
/// the application's own server; then writes what is only in memory, and closes the store.
///
/// The cookie is that of the application's gate: operators may ask which session a value of it opens.
///
/// An error says that the store could not be written at the end; last-seen times of the last minutes may be lost.
pub async fn serve_admin(
    admin: AdminListener,
    sessions: Sessions,
    cookie: Cookie,
    application: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let (close, closing) = watch::channel(false);
    let served = back(admin, &sessions, cookie, false, closing);
    let end = async {
        application.await;
        // An error says that nobody listens any more.
        let _ = close.send(true);
    };
    let (file, ()) = tokio::join!(served, end);
    let closed = sessions.close().await;
    // Last, so that whoever sees the socket gone knows that the store is closed.
    drop(file);
    closed
}

/// The admin socket and the sweeper. Returns what keeps the socket's file until it is dropped.
pub(crate) async fn back(
    admin: AdminListener,
    sessions: &Sessions,
    cookie: Cookie,
    log_requests: bool,
    closing: watch::Receiver<bool>,
) -> impl Drop + use<> {
    let outer = Outer {
        paths: &[],
        log_requests,
        is_https: false,
        refusals: Some(Format::Json),
        proxies: Vec::new(),
        most_connections: OPERATORS,
    };
    let registry: Arc<dyn Registry> = Arc::new(sessions.clone());
    let router = admin::router(registry, sessions.clone(), cookie, closing.clone());
    let (socket, file) = admin.into_parts();
    let served = accept::serve(socket, router, outer, sessions.clock(), closing.clone());
    tokio::join!(served, sweep(sessions, closing));
    file
}

async fn sweep(sessions: &Sessions, mut closing: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let clock = sessions.clock();
    let mut last = (Instant::now(), clock.now());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = closing::closed(&mut closing) => return,
        }
        last = note_jump(last, (Instant::now(), clock.now()));
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

/// Limits are judged by the wall clock: one that jumps ends sessions early or late, which should not pass unnoticed.
fn note_jump(
    before: (Instant, OffsetDateTime),
    now: (Instant, OffsetDateTime),
) -> (Instant, OffsetDateTime) {
    let passed = now.0 - before.0;
    let jump = (now.1 - before.1 - passed).whole_seconds();
    if jump.abs() >= JUMP {
        tracing::warn!(
            seconds = jump,
            "the system's clock jumped: sessions may end earlier or later than they should"
        );
    }
    now
}
