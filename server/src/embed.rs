//! What runs beside the public pages: the admin socket and the sweeper. An application with pages and a server of its
//! own runs these, puts a [`GateLayer`](crate::GateLayer) around its router, and has the whole of the command line.

use std::{sync::Arc, time::Instant};

use futures_util::future::{BoxFuture, join_all};
use sessctl_api::{AuditRecord, AuditResult, audit::actions};
use sessctl_store::{Clock, Expired, SWEEP_EVERY, Sessions, StoreError};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    AdminListener, Audit, Cookie, accept,
    admin::{self, AdminState},
    admin_listen::{AdminSocket, SocketFiles},
    answer::Outer,
    closing,
    host::Hosts,
    metrics::Metrics,
    negotiate::Format,
};

/// Seconds by which the clock may be wrong between two sweeps: less is the work of those who set it by the network.
const JUMP: i64 = 10;

/// How many connections the admin API has at once.
const OPERATORS: usize = 256;

/// Serves the admin socket of an application's sessions and sweeps them for as long as `application` runs, which is
/// the application's own server; then writes what is only in memory, and closes the store.
///
/// The cookie is that of the application's gate: operators may ask which session a value of it opens. What they do is
/// written down in the audit log, where the application may [`note`](Audit::note) its own sign-ins.
///
/// An error says that the store could not be written at the end; last-seen times of the last minutes may be lost.
pub async fn serve_admin(
    admin: AdminListener,
    sessions: Sessions,
    cookie: Cookie,
    audit: Audit,
    application: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let (close, closing) = watch::channel(false);
    let metrics = Metrics::default();
    let state = AdminState::new(&sessions, cookie, audit.clone(), metrics, closing);
    let served = back(admin, state, false);
    let end = async {
        application.await;
        // An error says that nobody listens any more.
        let _ = close.send(true);
    };
    let (files, ()) = tokio::join!(served, end);
    finish(&sessions, &audit, files).await
}

/// Writes what is only in memory, and closes the store.
pub(crate) async fn finish(
    sessions: &Sessions,
    audit: &Audit,
    files: SocketFiles,
) -> Result<(), StoreError> {
    let closed = sessions.close().await;
    let result = match closed {
        Ok(()) => AuditResult::Done,
        Err(_) => AuditResult::Failed,
    };
    audit.note(AuditRecord::new(
        sessions.clock().now(),
        actions::STOP,
        result,
    ));
    audit.flush().await;
    // Last, so that whoever sees the socket gone knows that the store is closed.
    drop(files);
    closed
}

/// The admin sockets and the sweeper. Returns what keeps the sockets' files until it is dropped.
pub(crate) async fn back(
    admin: AdminListener,
    state: AdminState,
    log_requests: bool,
) -> SocketFiles {
    let (sessions, audit) = (state.sessions().clone(), state.audit().clone());
    audit.note(AuditRecord::new(
        sessions.clock().now(),
        actions::START,
        AuditResult::Done,
    ));
    let outer = Outer {
        paths: &[],
        log_requests,
        is_https: false,
        refusals: Some(Format::Json),
        // Whoever calls brings a token, which no page of another site has.
        hosts: Hosts::Any,
        proxies: Vec::new(),
        most_connections: OPERATORS,
    };
    let (sockets, files) = admin.into_parts();
    let served = sockets
        .into_iter()
        .map(|socket| serve_socket(socket, state.clone(), outer.clone(), sessions.clock()));
    tokio::join!(
        join_all(served),
        sweep(&sessions, &audit, state.closing().clone())
    );
    files
}

fn serve_socket(
    socket: AdminSocket,
    state: AdminState,
    outer: Outer,
    clock: Arc<dyn Clock>,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (closing, open) = (state.closing().clone(), state.open_connections().clone());
        match socket {
            AdminSocket::Unix { socket, group } => {
                let router = admin::router(state.for_group(group));
                accept::serve(socket, router, outer, clock, &open, closing).await;
            }
            AdminSocket::Tcp { socket, .. } => {
                let router = admin::router(state);
                accept::serve(socket, router, outer, clock, &open, closing).await;
            }
        }
    })
}

async fn sweep(sessions: &Sessions, audit: &Audit, mut closing: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let clock = sessions.clock();
    let mut last = (Instant::now(), clock.now());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = closing::closed(&mut closing) => return,
        }
        let now = clock.now();
        last = note_jump(last, (Instant::now(), now));
        match sessions.sweep().await {
            Ok(expired) => note_expired(&expired, audit, now),
            Err(error) => tracing::error!(%error, "the sweep failed and is tried again"),
        }
        audit.tell_floods(now);
    }
}

/// Writes down what the clock ended: one by one up to a number, the rest of a sweep together.
fn note_expired(expired: &[Expired], audit: &Audit, now: OffsetDateTime) {
    const EACH: usize = 100;
    let record = || AuditRecord::new(now, actions::EXPIRE, AuditResult::Done);
    for session in expired.iter().take(EACH) {
        audit.note(AuditRecord {
            user: session.user.clone(),
            handle: Some(session.handle),
            why: Some(session.reason.to_string()),
            ..record()
        });
    }
    let others = expired.len().saturating_sub(EACH);
    if others > 0 {
        audit.note(AuditRecord {
            count: Some(others as u64),
            ..record()
        });
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
