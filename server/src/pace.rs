//! How long a connection may sit without a request, and an answer wait for whoever asked.
//!
//! hyper has a timer for the first, which it sets anew for every request. This is cheaper: a connection notes since
//! when it waits, in ticks of its listener's clock, and the accept loop looks at all of them once a tick
//! (`connections`).

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;

/// How often the accept loop looks.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// How many ticks a client may take to send the headers of its first request.
const HEADERS_WITHIN: u32 = 15;

/// How many ticks may pass between an answer and the headers of the next request. Proxies keep connections for a
/// minute, and must not find them closed when they use them.
const NEXT_WITHIN: u32 = 75;

/// How many ticks a client may take to send the body of a request. Handlers of pages say so before that, in words.
const BODY_WITHIN: u32 = 20;

/// The ticks of a listener's clock.
pub(crate) type Ticks = Arc<AtomicU32>;

/// How many ticks a client may take none of an answer that waits for it.
const READS_WITHIN: u32 = 30;

/// By how many ticks a request that has begun to come is preferred to a connection without one.
const GRACE: u64 = 5;

/// What one connection is doing.
#[derive(Debug)]
pub(crate) struct Pace {
    ticks: Ticks,
    /// Since which tick it waits for a request, with [`FIRST`] if it has had none, or for the body of one, with
    /// [`BODY`]; or [`BUSY`], or [`CLOSED`].
    waits: AtomicU64,
    /// Since which tick an answer waits for the client, or [`NEVER`].
    stuck: AtomicU64,
}

/// A request is being answered. Handlers have limits of their own, and an event stream has none.
const BUSY: u64 = u64::MAX;

/// It is about to be closed.
const CLOSED: u64 = u64::MAX - 1;

/// The client takes what it is sent.
const NEVER: u64 = u64::MAX;

/// Beside the tick: no request has come yet.
const FIRST: u64 = 1 << 32;

/// Beside the tick: a request came then, and its handler waits for the rest of its body.
const BODY: u64 = 1 << 33;

/// All that may stand beside the tick.
const BESIDE: u64 = FIRST | BODY;

impl Pace {
    pub(crate) fn new(ticks: Ticks) -> Arc<Self> {
        let since = u64::from(ticks.load(Ordering::Relaxed));
        Arc::new(Self {
            ticks,
            waits: (since | FIRST).into(),
            stuck: NEVER.into(),
        })
    }

    /// Notes that a request came. It is being answered until what this gives is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Answering {
        self.waits.store(BUSY, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// Notes whether the client takes none of its answer.
    pub(crate) fn stuck(&self, is_stuck: bool) {
        let since = if is_stuck { self.now() } else { NEVER };
        self.stuck.store(since, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed).into()
    }

    /// For what it waits and since when, if it does.
    pub(crate) fn waits(&self) -> Option<Waits> {
        let waits = self.waits.load(Ordering::Relaxed);
        (waits < CLOSED).then_some(Waits(waits))
    }

    /// Notes that it is closed, if it still waits for what it waited for then.
    pub(crate) fn close_if(&self, Waits(waits): Waits) -> bool {
        self.turn(waits, CLOSED)
    }

    /// Notes the one thing in the place of the other, if that is so.
    fn turn(&self, from: u64, to: u64) -> bool {
        let relaxed = Ordering::Relaxed;
        let turned = self.waits.compare_exchange(from, to, relaxed, relaxed);
        turned.is_ok()
    }

    /// Why it must be closed, if it must.
    pub(crate) fn fault(&self, now: u32) -> Option<&'static str> {
        // The tick that was under way counts for nothing.
        let is_over = |since: u64, within: u32| since + u64::from(within) < u64::from(now);
        let waits = self.waits.load(Ordering::Relaxed);
        let (within, fault) = match waits & BESIDE {
            FIRST => (HEADERS_WITHIN, "a connection sent no request in time"),
            BODY => (BODY_WITHIN, "a request did not come in time"),
            _ => (NEXT_WITHIN, "a connection sent no other request in time"),
        };
        if waits < CLOSED && is_over(waits & !BESIDE, within) {
            return Some(fault);
        }
        let stuck = self.stuck.load(Ordering::Relaxed);
        (stuck != NEVER && is_over(stuck, READS_WITHIN))
            .then_some("a client did not take its answer in time")
    }
}

/// What a connection waited for when somebody looked, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits(u64);

impl Waits {
    /// Who has the least goes first: the one that waits the longest.
    pub(crate) fn place(self) -> u64 {
        let since = self.0 & !BESIDE;
        match self.0 & BODY {
            0 => since,
            // The rest of it is mostly on its way.
            _ => since + GRACE,
        }
    }
}

/// A request of a connection that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Pace>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.waits.store(self.0.now(), Ordering::Relaxed);
    }
}

/// The body of a request: whoever waits for it waits for the client.
#[derive(Debug)]
pub(crate) struct Awaited {
    body: Incoming,
    pace: Arc<Pace>,
    /// What is noted while it is waited for: since when the request is here.
    waits: u64,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // Its handler has had enough of it, and may be busy still.
        self.pace.turn(self.waits, BUSY);
    }
}

impl Awaited {
    pub(crate) fn new(body: Incoming, pace: &Arc<Pace>) -> Self {
        Self {
            body,
            waits: pace.now() | BODY,
            pace: Arc::clone(pace),
        }
    }
}

impl hyper::body::Body for Awaited {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        let (from, to) = match frame.is_pending() {
            true => (BUSY, self.waits),
            false => (self.waits, BUSY),
        };
        self.pace.turn(from, to);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// The body of an answer: until it is sent, the request is being answered.
    #[derive(Debug)]
    pub(crate) struct Paced {
        #[pin]
        body: Body,
        answering: Answering,
    }
}

impl Paced {
    pub(crate) fn new(body: Body, answering: Answering) -> Self {
        Self { body, answering }
    }
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
