//! The gate: whose session is this, and the only writer of the session cookie.
//!
//! In: it finds the cookie, verifies its signature if there are secrets, looks the id up, notes the request, and puts
//! [`CurrentSession`] (or [`EndedSession`]) into the request; a cookie that opens nothing is taken out before anything
//! further in can see it. Out: it drops whatever cookie of that name comes from inside and writes its own, judged by
//! the state of the session *after* the handler: a session that was ended meanwhile leaves with a removal cookie,
//! whatever the handler did.

pub(crate) mod client;
mod cookie;
mod guessing;
mod headers;
mod mac;
mod marks;
mod options;
mod passage;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use sessctl_api::BoxFuture;
use sessctl_store::{InFlight, Lookup, Sessions, StoreError, in_flight};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

pub(crate) use self::marks::RotatedSession;
pub use self::{
    cookie::Cookie,
    mac::{BadSecrets, Secrets},
    marks::{ClearSession, CurrentSession, EndedSession, SetSession},
    options::{BadCookie, CookieOptions, SameSite, Secure},
};
use self::{
    cookie::Read,
    guessing::Guessing,
    passage::{Arrival, Passage, Rules},
};
use crate::{Audit, error::AppError};

/// Puts a [`Gate`] around a service.
#[derive(Debug, Clone)]
pub struct GateLayer(Arc<Rules>);

impl GateLayer {
    /// A gate over these sessions, for this cookie. tower-sessions further in must know the cookie by the same name.
    pub fn new(sessions: Sessions, cookie: Cookie) -> Self {
        Self(Arc::new(Rules {
            sessions,
            cookie,
            is_rolling: false,
            untouched: None,
            tells_session: false,
            guessing: None,
        }))
    }

    /// Whether every answer to a live session gives its cookie again, so that its Max-Age counts from there.
    #[must_use]
    pub fn rolling(self, is_rolling: bool) -> Self {
        self.with(|rules| rules.is_rolling = is_rolling)
    }

    /// Requests of this path do not move the session's last seen time.
    #[must_use]
    pub fn without_touch(self, path: &'static str) -> Self {
        self.with(|rules| rules.untouched = Some(path))
    }

    /// Whether answers carry [`CurrentSession`] too, for a layer outside that logs whose they are.
    #[must_use]
    pub fn telling_session(self, tells_session: bool) -> Self {
        self.with(|rules| rules.tells_session = tells_session)
    }

    /// Notes there when many ids that open nothing come from one address.
    #[must_use]
    pub fn noting_guesses(self, audit: Audit) -> Self {
        self.with(|rules| rules.guessing = Some(Arc::new(Guessing::new(audit))))
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            rules: Arc::clone(&self.0),
        }
    }
}

/// See the module's own text.
#[derive(Debug, Clone)]
pub struct Gate<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S, B> Service<Request<B>> for Gate<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = GateFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let rules = Arc::clone(&self.rules);
        let stage = match rules.arrive(&mut request) {
            Ok(Arrival::Known(found)) => {
                let (passage, request_in_flight) = rules.enter(&mut request, found);
                Stage::Inside {
                    inner: in_flight(request_in_flight, self.inner.call(request)),
                    passage,
                    rules,
                }
            }
            Ok(Arrival::Later(lookup, read)) => {
                // The service that was polled ready is the one to call.
                let next = self.inner.clone();
                let inner = std::mem::replace(&mut self.inner, next);
                Stage::Waiting {
                    answer: Box::pin(wait(rules, lookup, read, inner, request)),
                }
            }
            Err(error) => Stage::Refused {
                response: Some(refusal(error)),
            },
        };
        GateFuture { stage }
    }
}

/// Fails closed: not let in, and not signed out either.
fn refusal(error: StoreError) -> Response {
    AppError::from(error).into_response()
}

/// The way of a request whose session is not loaded yet.
async fn wait<S, B>(
    rules: Arc<Rules>,
    lookup: Lookup,
    read: Read,
    mut inner: S,
    mut request: Request<B>,
) -> Result<Response, S::Error>
where
    S: Service<Request<B>, Response = Response>,
{
    let found = match lookup.await {
        Ok(found) => found,
        Err(error) => return Ok(refusal(error)),
    };
    let (passage, request_in_flight) = rules.enter(&mut request, Some((found, Some(read))));
    let mut response = in_flight(request_in_flight, inner.call(request)).await?;
    rules.leave(&passage, &mut response);
    Ok(response)
}

pin_project! {
    /// The answer of a [`Gate`].
    pub struct GateFuture<F, E> {
        #[pin]
        stage: Stage<F, E>,
    }
}

pin_project! {
    #[project = At]
    enum Stage<F, E> {
        Inside { #[pin] inner: TaskLocalFuture<InFlight, F>, passage: Passage, rules: Arc<Rules> },
        Waiting { answer: BoxFuture<'static, Result<Response, E>> },
        Refused { response: Option<Response> },
    }
}

impl<F, E> fmt::Debug for GateFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateFuture").finish_non_exhaustive()
    }
}

impl<F, E> Future for GateFuture<F, E>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            At::Inside {
                inner,
                passage,
                rules,
            } => {
                let mut response = ready!(inner.poll(cx))?;
                rules.leave(passage, &mut response);
                Poll::Ready(Ok(response))
            }
            At::Waiting { answer } => answer.as_mut().poll(cx),
            At::Refused { response } => Poll::Ready(Ok(response
                .take()
                .expect("a future is not polled after it was ready"))),
        }
    }
}
