//! A connection's stream as hyper reads and writes it: heads are judged as they come, and a client that does not read
//! its answer shows.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{lines::Lines, pace::Pace};

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    lines: Lines,
    pace: Arc<Pace>,
    /// Whether the client takes nothing for now.
    is_stuck: bool,
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S, pace: Arc<Pace>) -> Self {
        Self {
            stream,
            lines: Lines::default(),
            pace,
            is_stuck: false,
        }
    }

    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        // Nearly always both are false, and nothing is shared.
        if written.is_pending() != self.is_stuck {
            self.is_stuck = !self.is_stuck;
            self.pace.stuck(self.is_stuck);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.lines.check(&mut buf.filled_mut()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.note(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.note(ended)
    }
}
