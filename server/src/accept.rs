//! The accept loop: from a socket to requests.
//!
//! Our own, on hyper-util, because `axum::serve` has no limit on how long a client may sit without a request, and
//! serves no Unix socket with its peer's credentials.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderValue, Request, header},
    response::Response,
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use sessctl_store::Clock;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixListener,
    sync::watch,
};
use tower::Service;

use crate::{
    answer::{Front, Outer},
    closing::closed,
    connections::Connections,
    metrics::Gauge,
    pace::{Awaited, Pace, Paced, TICK, Ticks},
    peer::Peer,
    turned_away::TurnedAway,
    wire::Wire,
};

/// How long requests that are under way at shutdown may take to end.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// A socket that gives connections.
pub(crate) trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What a connection goes through before its first request, off the accept loop.
    type Opening: Future<Output = io::Result<Self::Stream>> + Send + 'static;

    /// The next connection and who is on its other end.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Opening, Peer)>> + Send;
}

impl Accept for UnixListener {
    type Stream = tokio::net::UnixStream;
    type Opening = std::future::Ready<io::Result<Self::Stream>>;

    async fn accept(&self) -> io::Result<(Self::Opening, Peer)> {
        let (stream, _) = Self::accept(self).await?;
        let credentials = stream.peer_cred()?;
        let (uid, gid) = (credentials.uid(), credentials.gid());
        Ok((std::future::ready(Ok(stream)), Peer::Unix { uid, gid }))
    }
}

/// Serves connections until `closing` turns true, then lets what is under way end. `open` counts them.
pub(crate) async fn serve<L, S>(
    listener: L,
    router: S,
    outer: Outer,
    clock: Arc<dyn Clock>,
    open: &Gauge,
    mut closing: watch::Receiver<bool>,
) where
    L: Accept,
    S: Service<Request<Body>, Response = Response, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    let mut connections = Connections::new(outer.most_connections);
    let front = Arc::new(Front {
        outer,
        clock,
        router,
    });
    let mut builder = http1::Builder::new();
    builder
        // Ours is cheaper: see `pace`.
        .header_read_timeout(None)
        .max_buf_size(LONGEST_HEAD)
        // Whoever has sent all there is to send may say so, and is answered. (Not `pipeline_flush`, which swallows the
        // 400 to a request that cannot be read.)
        .half_close(true);
    let graceful = GracefulShutdown::new();
    let turned_away = TurnedAway::default();
    let ticks = Ticks::default();
    let mut ticking = tokio::time::interval(TICK);
    loop {
        let (opening, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(connection) => connection,
                Err(error) if is_the_clients(&error) => continue,
                Err(error) => {
                    // Out of file descriptors, mostly: the next try may do, but not at once.
                    tracing::warn!(%error, "a connection could not be accepted");
                    connections.make_room();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            _ = ticking.tick() => {
                connections.sweep(ticks.fetch_add(1, Ordering::Relaxed));
                continue;
            }
            () = closed(&mut closing) => break,
        };
        if !connections.has_room() {
            turned_away.add(opening);
            continue;
        }
        let pace = Pace::new(Arc::clone(&ticks));
        let (front, its_pace) = (Arc::clone(&front), Arc::clone(&pace));
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let answering = its_pace.begin();
            let is_chunked = request.body().size_hint().exact().is_none();
            let mut request = request.map(|body| match body.is_end_stream() {
                true => Body::empty(),
                false => Body::new(Awaited::new(body, &its_pace)),
            });
            request.extensions_mut().insert(peer);
            let front = Arc::clone(&front);
            async move {
                let mut answer = front.answer(request).await;
                if is_chunked {
                    // Where its end is has been a matter of opinion: see `lines`.
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, Infallible>(answer.map(|body| Paced::new(body, answering)))
            }
        });
        let (builder, watcher, wire_pace) =
            (builder.clone(), graceful.watcher(), Arc::clone(&pace));
        let (counted, open) = (open.count(), connections.open());
        let mut its_closing = closing.clone();
        let task = tokio::spawn(async move {
            let _counted = (counted, open);
            let opened = tokio::select! {
                biased;
                opened = opening => opened,
                () = closed(&mut its_closing) => return,
            };
            // A client that goes away in the middle, or speaks another language, is its own affair.
            let stream = match opened {
                Ok(stream) => TokioIo::new(Wire::new(stream, wire_pace)),
                Err(error) => {
                    tracing::debug!(%error, ip = ?peer.ip(), "a connection was not opened");
                    return;
                }
            };
            if let Err(error) = watcher
                .watch(builder.serve_connection(stream, service))
                .await
            {
                tracing::debug!(%error, "a connection broke");
            }
        });
        connections.add(pace, task.abort_handle());
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_WITHIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time; the server ends without them");
    }
}

/// Whether a connection went wrong before it was taken; the next one is none the worse for it.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
