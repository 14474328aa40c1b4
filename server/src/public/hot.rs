//! The one page that is asked for all day, answered before the router.
//!
//! Router, extractors and their boxes are a large part of what a checked request costs beside the system's own. What is
//! answered here is what [`super::dashboard`] would answer; everything else goes on to it.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, header},
    response::Response,
};
use futures_util::future::Either;
use sessctl_api::{routes::public as paths, text::clean};
use tower::Service;

use crate::{gate::CurrentSession, negotiate::Format};

/// Headers that a text answer ends up with, so that their map is made once.
const HEADERS: usize = 6;

/// The public router with the dashboard's text in front.
#[derive(Debug, Clone)]
pub(crate) struct Hot<S> {
    router: S,
}

impl<S> Hot<S> {
    pub(super) fn new(router: S) -> Self {
        Self { router }
    }
}

impl<S, B> Service<Request<B>> for Hot<S>
where
    S: Service<Request<B>, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.router.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match answer(&request) {
            Some(answer) => Either::Left(ready(Ok(answer))),
            None => Either::Right(self.router.call(request)),
        }
    }
}

fn answer<B>(request: &Request<B>) -> Option<Response> {
    if request.method() != Method::GET || request.uri().path() != paths::DASHBOARD {
        return None;
    }
    let CurrentSession(entry) = request.extensions().get()?;
    let user = entry.user()?;
    (Format::of(request.headers()) == Format::Text).then(|| welcome(user))
}

/// The dashboard as text.
pub(super) fn welcome(user: &str) -> Response {
    let mut headers = HeaderMap::with_capacity(HEADERS);
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    let text = ["Welcome back, ", &clean(user), "\n"].concat();
    let mut response = Response::new(Body::from(text));
    *response.headers_mut() = headers;
    response
}
