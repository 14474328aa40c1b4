//! How long a connection may sit without a request.
//!
//! hyper has a timer for it, which it sets anew for every request. This is cheaper: a connection notes since when it
//! waits, in ticks of its listener's clock, and the accept loop looks at all of them once a tick.

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
use hyper::body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::task::AbortHandle;

/// How often the accept loop looks.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// How many ticks a client may take to send the headers of its first request.
const HEADERS_WITHIN: u32 = 15;

/// How many ticks may pass between an answer and the headers of the next request. Proxies keep connections for a
/// minute, and must not find them closed when they use them.
const NEXT_WITHIN: u32 = 75;

/// The ticks of a listener's clock.
pub(crate) type Ticks = Arc<AtomicU32>;

/// What one connection is doing.
#[derive(Debug)]
pub(crate) struct Pace {
    ticks: Ticks,
    /// The tick by which the next request has to come, or [`BUSY`].
    due: AtomicU64,
}

/// A request is being answered. Handlers have limits of their own, and an event stream has none.
const BUSY: u64 = u64::MAX;

impl Pace {
    pub(crate) fn new(ticks: Ticks) -> Arc<Self> {
        let pace = Self {
            ticks,
            due: BUSY.into(),
        };
        pace.expect_request(HEADERS_WITHIN);
        Arc::new(pace)
    }

    /// Notes that a request came. It is being answered until what this gives is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Answering {
        self.due.store(BUSY, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    fn expect_request(&self, within: u32) {
        let now = self.ticks.load(Ordering::Relaxed);
        // The tick that is under way counts for nothing.
        let due = u64::from(now) + u64::from(within) + 1;
        self.due.store(due, Ordering::Relaxed);
    }

    fn is_overdue(&self, now: u32) -> bool {
        self.due.load(Ordering::Relaxed) <= u64::from(now)
    }
}

/// A request of a connection that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Pace>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.expect_request(NEXT_WITHIN);
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

/// The connections of one listener.
#[derive(Debug, Default)]
pub(crate) struct Connections(Vec<(Arc<Pace>, AbortHandle)>);

impl Connections {
    pub(crate) fn add(&mut self, pace: Arc<Pace>, task: AbortHandle) {
        self.0.push((pace, task));
    }

    /// Closes those whose next request is overdue, and forgets those that are closed.
    pub(crate) fn sweep(&mut self, now: u32) {
        self.0.retain(|(pace, task)| {
            if pace.is_overdue(now) {
                task.abort();
                tracing::debug!("a connection sent no request in time");
                return false;
            }
            !task.is_finished()
        });
    }
}
