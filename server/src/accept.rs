//! The accept loop: from a socket to requests.
//!
//! Our own, on hyper-util, because `axum::serve` has no timeout for request headers and serves no Unix socket with
//! its peer's credentials.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use sessctl_store::Clock;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::watch,
};
use tower::Service;

use crate::{
    answer::{Outer, answer},
    closing::closed,
    peer::Peer,
};

/// How long a client may take to send the headers of a request.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);

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
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN);
    let graceful = GracefulShutdown::new();
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
            () = closed(&mut closing) => break,
        };
        let (router, clock) = (router.clone(), Arc::clone(&clock));
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let (router, clock) = (router.clone(), Arc::clone(&clock));
            request.extensions_mut().insert(peer);
            async move { Ok::<_, Infallible>(answer(outer, &*clock, router, request).await) }
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away in the middle is its own affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_WITHIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time; the server ends without them");
    }
}
