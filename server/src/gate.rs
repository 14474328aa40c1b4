//! The gate: whose session is this, and the only writer of the session cookie.
//!
//! In: it finds the cookie, looks the id up, notes the request, and puts [`CurrentSession`] (or [`EndedSession`])
//! into the request; a cookie that opens nothing is taken out before anything further in can see it. Out: it drops
//! whatever cookie of that name comes from inside and writes its own, judged by the state of the session *after* the
//! handler: a session that was ended meanwhile leaves with a removal cookie, whatever the handler did.

mod cookie;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    extract::OptionalFromRequestParts,
    http::{HeaderMap, Request, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use pin_project_lite::pin_project;
use sessctl_api::{EndReason, Ended};
use sessctl_store::{
    Client, Created, Entry, Found, InFlight, SessionId, Sessions, StoreError, in_flight,
};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

use self::cookie::Presented;
use crate::{error::AppError, peer::Peer};

/// The live session that a request came with.
#[derive(Debug, Clone)]
pub struct CurrentSession(pub Arc<Entry>);

/// The session of the cookie that a request came with, which has ended, and how.
#[derive(Debug, Clone)]
pub struct EndedSession {
    pub entry: Arc<Entry>,
    pub ended: Ended,
}

/// A response extension: give the client this session's cookie.
#[derive(Debug, Clone)]
pub struct SetSession(pub Arc<Created>);

/// A response extension: take the cookie away.
#[derive(Debug, Clone, Copy)]
pub struct ClearSession;

impl<S: Sync> OptionalFromRequestParts<S> for CurrentSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for EndedSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// Puts a [`Gate`] around a service.
#[derive(Debug, Clone)]
pub struct GateLayer {
    sessions: Sessions,
    cookie_name: &'static str,
    /// A path whose requests are no activity of the session.
    untouched: Option<&'static str>,
    is_secure: bool,
}

impl GateLayer {
    /// A gate over these sessions, for a cookie of this name.
    pub fn new(sessions: Sessions, cookie_name: &'static str) -> Self {
        Self {
            sessions,
            cookie_name,
            untouched: None,
            is_secure: false,
        }
    }

    /// The cookie is marked `Secure`: browsers send it by HTTPS alone.
    #[must_use]
    pub fn secure(mut self, is_secure: bool) -> Self {
        self.is_secure = is_secure;
        self
    }

    /// Requests of this path do not move the session's last seen time.
    #[must_use]
    pub fn without_touch(mut self, path: &'static str) -> Self {
        self.untouched = Some(path);
        self
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            config: self.clone(),
        }
    }
}

/// See the module's own text.
#[derive(Debug, Clone)]
pub struct Gate<S> {
    inner: S,
    config: GateLayer,
}

/// What the gate learned on the way in.
#[derive(Debug)]
pub struct Passage {
    session: Option<Arc<Entry>>,
    /// A cookie of our name came that opens nothing.
    is_stale: bool,
}

impl GateLayer {
    fn enter<B>(&self, request: &mut Request<B>) -> Result<(Passage, InFlight), StoreError> {
        let client = client_of(request);
        let found = match cookie::presented(request.headers(), self.cookie_name) {
            Presented::None => None,
            // No id, or two of the name: then one of them was planted, and nobody can say which.
            Presented::Malformed => Some(Found::Unknown),
            Presented::Id { id, is_literal } => {
                let found = self
                    .sessions
                    .lookup(&id)
                    .now()
                    .unwrap_or(Err(StoreError::Loading))?;
                if !is_literal {
                    cookie::rewrite(request.headers_mut(), self.cookie_name, &id);
                }
                Some(found)
            }
        };
        let mut passage = Passage {
            session: None,
            is_stale: false,
        };
        match found {
            None => {}
            Some(Found::Live(entry)) => {
                if self.untouched != Some(request.uri().path()) {
                    self.sessions.touch(&entry, client.ip);
                }
                request
                    .extensions_mut()
                    .insert(CurrentSession(Arc::clone(&entry)));
                passage.session = Some(entry);
            }
            Some(dead) => {
                cookie::strip(request.headers_mut(), self.cookie_name);
                passage.is_stale = true;
                if let Found::Ended { entry, ended } = dead {
                    passage.is_stale = !was_replaced(&ended);
                    request
                        .extensions_mut()
                        .insert(EndedSession { entry, ended });
                }
            }
        }
        let in_flight = InFlight::new(passage.session.clone(), client);
        Ok((passage, in_flight))
    }

    fn leave(&self, passage: &Passage, response: &mut Response) {
        let from_inside = cookie::take(response.headers_mut(), self.cookie_name);
        let set = response.extensions_mut().remove::<SetSession>();
        let cleared = response.extensions_mut().remove::<ClearSession>().is_some();
        let new = match set {
            Some(SetSession(created)) => (!created.entry.is_over()).then_some(created.id),
            None => from_inside
                .and_then(|value| SessionId::parse(&value))
                .filter(|id| self.opens(id)),
        };
        let has_ended = passage
            .session
            .as_ref()
            .and_then(|entry| entry.ended())
            .is_some_and(|ended| !was_replaced(&ended));
        let cookie = match new {
            // Also when the session it came with has ended: it was replaced by this one.
            Some(id) => Some(cookie::set(self.cookie_name, &id, self.is_secure)),
            // A failure signs nobody out: the end may be in memory alone, and a dead cookie in the client's hands does
            // no harm until the next request takes it away.
            None if response.status().is_server_error() => None,
            None if cleared || has_ended || passage.is_stale => {
                Some(cookie::removal(self.cookie_name, self.is_secure))
            }
            None => None,
        };
        if let Some(entry) = &passage.session {
            // For the request's log line.
            response
                .extensions_mut()
                .insert(CurrentSession(Arc::clone(entry)));
        }
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    fn opens(&self, id: &SessionId) -> bool {
        matches!(self.sessions.lookup(id).now(), Ok(Ok(Found::Live(_))))
    }
}

/// Whether the client signed in anew. It holds the new session's cookie already, or is about to get it, and a removal
/// that arrives later would take that one away.
fn was_replaced(ended: &Ended) -> bool {
    ended.reason == EndReason::Replaced
}

/// Who sent a request.
pub(crate) fn client_of<B>(request: &Request<B>) -> Client {
    let ip = request
        .extensions()
        .get::<Peer>()
        .and_then(|peer| peer.ip());
    Client {
        ip,
        ua: user_agent(request.headers()).map(Into::into),
    }
}

/// The User-Agent header, cut where no honest one goes on.
fn user_agent(headers: &HeaderMap) -> Option<String> {
    const LONGEST: usize = 512;
    let ua = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes()).into_owned();
    Some(ua.chars().take(LONGEST).collect())
}

impl<S, B> Service<Request<B>> for Gate<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = GateFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.config.enter(&mut request) {
            Ok((passage, request_in_flight)) => {
                let inner = in_flight(request_in_flight, self.inner.call(request));
                GateFuture::Inside {
                    inner,
                    passage,
                    config: self.config.clone(),
                }
            }
            // Fail closed: not let in, and not signed out either.
            Err(error) => GateFuture::Refused {
                response: Some(AppError::from(error).into_response()),
            },
        }
    }
}

pin_project! {
    /// The answer of a [`Gate`].
    #[project = Stage]
    #[derive(Debug)]
    pub enum GateFuture<F> {
        Inside { #[pin] inner: TaskLocalFuture<InFlight, F>, passage: Passage, config: GateLayer },
        Refused { response: Option<Response> },
    }
}

impl<F, E> Future for GateFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Stage::Inside {
                inner,
                passage,
                config,
            } => {
                let mut response = ready!(inner.poll(cx))?;
                config.leave(passage, &mut response);
                Poll::Ready(Ok(response))
            }
            Stage::Refused { response } => Poll::Ready(Ok(response
                .take()
                .expect("a future is not polled after it was ready"))),
        }
    }
}
