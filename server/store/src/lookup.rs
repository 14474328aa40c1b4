//! What a presented id opens, now or once it is known.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use sessctl_api::{BoxFuture, Ended};

use crate::{Entry, StoreError};

/// What a presented id opens.
#[derive(Debug, Clone)]
pub enum Found {
    Live(Arc<Entry>),
    /// It was a session; this is how it ended.
    Ended {
        entry: Arc<Entry>,
        ended: Ended,
    },
    /// It was the id of a session that has another one since: not let in, and nothing is told of the session.
    Rotated,
    Unknown,
}

/// The answer to a lookup: a future, and nearly always one that is ready.
pub struct Lookup(Stage);

enum Stage {
    Ready(Option<Result<Found, StoreError>>),
    Later(BoxFuture<'static, Result<Found, StoreError>>),
}

impl Lookup {
    pub(crate) fn ready(found: Result<Found, StoreError>) -> Self {
        Self(Stage::Ready(Some(found)))
    }

    pub(crate) fn later(found: BoxFuture<'static, Result<Found, StoreError>>) -> Self {
        Self(Stage::Later(found))
    }

    /// The answer, if it is there without waiting; else what to wait for.
    pub fn now(self) -> Result<Result<Found, StoreError>, Self> {
        match self.0 {
            Stage::Ready(Some(found)) => Ok(found),
            stage => Err(Self(stage)),
        }
    }
}

impl Future for Lookup {
    type Output = Result<Found, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Stage::Ready(found) => Poll::Ready(
                found
                    .take()
                    .expect("a future is not polled after it was ready"),
            ),
            Stage::Later(found) => found.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup(..)")
    }
}
