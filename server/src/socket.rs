//! A TCP socket that speaks plain HTTP or TLS, which are one to everything further in.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::Either;
use sessctl_api::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::server::TlsStream;

use crate::{Tls, accept::Accept, peer::Peer};

/// A listening TCP socket, with a certificate or without.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) tcp: TcpListener,
    pub(crate) tls: Option<Tls>,
}

impl Accept for Socket {
    type Stream = Stream;
    type Opening =
        Either<std::future::Ready<io::Result<Stream>>, BoxFuture<'static, io::Result<Stream>>>;

    async fn accept(&self) -> io::Result<(Self::Opening, Peer)> {
        let (stream, address) = self.tcp.accept().await?;
        // Answers are small: waiting to fill a packet only delays them. Whoever is gone by now shows it soon enough.
        let _ = stream.set_nodelay(true);
        let opening = match self.tls.clone() {
            None => Either::Left(std::future::ready(Ok(Stream::Plain(stream)))),
            Some(tls) => Either::Right(Box::pin(async move {
                let stream = tls.greet(stream).await?;
                Ok(Stream::Tls(Box::new(stream)))
            }) as BoxFuture<'static, _>),
        };
        Ok((opening, Peer::Tcp(address.ip())))
    }
}

/// A connection that is ready for requests.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Calls the same of whichever it is.
macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write_vectored(cx, parts))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
