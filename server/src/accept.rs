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

use axum::{http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use sessctl_store::Clock;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::watch,
};
use tower::Service;

use crate::{
    answer::{Front, Outer},
    closing::closed,
    pace::{Connections, Pace, Paced, TICK, Ticks},
    peer::Peer,
};

/// How long requests that are under way at shutdown may take to end.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// A socket that gives connections.
pub(crate) trait Accept {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection and who is on its other end.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Peer)>> + Send;
}

impl Accept for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, address) = Self::accept(self).await?;
        // Answers are small: waiting to fill a packet only delays them.
        stream.set_nodelay(true)?;
        Ok((stream, Peer::Tcp(address.ip())))
    }
}

impl Accept for UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Peer)> {
        let (stream, _) = Self::accept(self).await?;
        let uid = stream.peer_cred()?.uid();
        Ok((stream, Peer::Unix { uid }))
    }
}

/// Serves connections until `closing` turns true, then lets what is under way end.
pub(crate) async fn serve<L, S>(
    listener: L,
    router: S,
    outer: Outer,
    clock: Arc<dyn Clock>,
    mut closing: watch::Receiver<bool>,
) where
    L: Accept,
    S: Service<Request<Incoming>, Response = Response, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    let front = Arc::new(Front {
        outer,
        clock,
        router,
    });
    let mut builder = http1::Builder::new();
    builder
        // Ours is cheaper: see `pace`.
        .header_read_timeout(None)
        // Whoever has sent all there is to send may say so, and is answered. (Not `pipeline_flush`, which swallows the
        // 400 to a request that cannot be read.)
        .half_close(true);
    let graceful = GracefulShutdown::new();
    let ticks = Ticks::default();
    let mut ticking = tokio::time::interval(TICK);
    let mut connections = Connections::default();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(connection) => connection,
                Err(error) => {
                    // Out of file descriptors, mostly: the next try may do, but not at once.
                    tracing::warn!(%error, "a connection could not be accepted");
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
        let pace = Pace::new(Arc::clone(&ticks));
        let (front, its_pace) = (Arc::clone(&front), Arc::clone(&pace));
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let answering = its_pace.begin();
            request.extensions_mut().insert(peer);
            let front = Arc::clone(&front);
            async move {
                let answer = front.answer(request).await;
                Ok::<_, Infallible>(answer.map(|body| Paced::new(body, answering)))
            }
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        let task = tokio::spawn(async move {
            // A client that goes away in the middle is its own affair.
            if let Err(error) = connection.await {
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
