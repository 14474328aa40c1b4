//! One connection that stays open, and one request at a time on it. A complete client costs more processor time than the
//! servers that are to be measured; this one reads what any server may send, and keeps of it what is asked for.

use std::{future::poll_fn, pin::Pin, task::Poll};

use reqwest::header::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::{
    body::{Body, Malformed},
    head,
};

/// What TCP and TLS have in common.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// The largest body that is kept; login pages are smaller.
const MOST_KEPT: usize = 4 << 20;

/// How much is read at once: the usual answer and its head, then as much as large bodies fill.
const FIRST_READ: usize = 4 << 10;
const NEXT_READ: usize = 64 << 10;

/// Why there is no answer, or none that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// No connection came about.
    Unreachable,
    Timeout,
    /// The connection ended before the answer did.
    Closed,
    /// It is not HTTP/1.1, or breaks its rules.
    Malformed,
}

impl From<Malformed> for Fault {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) set_cookies: Vec<HeaderValue>,
    /// Where a redirect leads.
    pub(super) location: Option<String>,
    pub(super) content_type: Option<String>,
    /// Empty unless it was asked for.
    pub(super) body: Vec<u8>,
    /// All bytes that it took, its head too.
    pub(super) bytes: u64,
}

/// An open connection.
pub(super) struct Connection {
    stream: Box<dyn Duplex>,
    buffer: Vec<u8>,
    /// Whether nothing at all came back to the last request.
    is_silent: bool,
    /// Whether it can take a request: the last answer came to its end, and the server keeps the connection.
    is_clear: bool,
}

impl Connection {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(FIRST_READ),
            is_silent: true,
            is_clear: true,
        }
    }

    /// Whether another request can go here. Whatever arrives unasked, the end of the connection too, says no.
    pub(super) async fn is_ready(&mut self) -> bool {
        let mut byte = [0];
        let mut unasked = ReadBuf::new(&mut byte);
        self.is_clear
            && poll_fn(|context| {
                let read = Pin::new(&mut self.stream).poll_read(context, &mut unasked);
                Poll::Ready(read.is_pending())
            })
            .await
    }

    /// Whether the last request was met with silence, as on a connection that was closed before it came.
    pub(super) fn was_silent(&self) -> bool {
        self.is_silent
    }

    /// Sends a request and reads its whole answer, whose body is kept if somebody wants to read it. Cut short, the
    /// connection is no longer clear.
    pub(super) async fn ask(&mut self, request: &[u8], is_read: bool) -> Result<Answer, Fault> {
        (self.is_clear, self.is_silent) = (false, true);
        self.buffer.clear();
        self.stream
            .write_all(request)
            .await
            .map_err(|_| Fault::Closed)?;
        // TLS may hold it back.
        self.stream.flush().await.map_err(|_| Fault::Closed)?;
        let mut bytes = 0;
        let head = loop {
            self.read_some(FIRST_READ).await?;
            self.is_silent = false;
            if let Some(head) = self.final_head(is_read, &mut bytes)? {
                break head;
            }
        };
        let mut answer = Answer {
            status: head.status,
            set_cookies: head.set_cookies,
            location: head.location,
            content_type: head.content_type,
            body: Vec::new(),
            bytes: bytes + head.length as u64,
        };
        let (mut body, mut start) = (head.body, head.length);
        loop {
            let arrived = &self.buffer[start..];
            let mut is_too_long = false;
            let used = body.take(arrived, |data| {
                if is_read {
                    is_too_long |= answer.body.len() + data.len() > MOST_KEPT;
                    answer.body.extend_from_slice(data);
                }
            })?;
            answer.bytes += used as u64;
            if is_too_long {
                return Err(Fault::Malformed);
            }
            if body.is_whole() {
                // Whoever says more than was asked cannot be followed any further.
                self.is_clear = head.keeps && used == arrived.len();
                return Ok(answer);
            }
            self.buffer.clear();
            start = 0;
            match self.read_some(NEXT_READ).await {
                Err(Fault::Closed) if body == Body::UntilClose => return Ok(answer),
                read => read?,
            }
        }
    }

    /// The head of the answer, if it is there: interim ones (RFC 9110, section 15.2) are passed over.
    fn final_head(
        &mut self,
        is_read: bool,
        bytes: &mut u64,
    ) -> Result<Option<head::Head>, Malformed> {
        loop {
            match head::read(&self.buffer, is_read)? {
                // Nobody asked for another protocol.
                Some(head) if head.status == 101 || head.status < 100 => return Err(Malformed),
                Some(head) if head.status < 200 => {
                    *bytes += head.length as u64;
                    if *bytes > head::MOST_HEAD as u64 {
                        return Err(Malformed);
                    }
                    self.buffer.drain(..head.length);
                }
                other => return Ok(other),
            }
        }
    }

    async fn read_some(&mut self, room: usize) -> Result<(), Fault> {
        if self.buffer.capacity() - self.buffer.len() < room / 2 {
            self.buffer.reserve(room);
        }
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => Err(Fault::Closed),
            Ok(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
