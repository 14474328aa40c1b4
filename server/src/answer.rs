//! The outermost layer of both listeners: paths, refusals, fixed headers, the log line of a request.
//!
//! One function around the router instead of a stack of layers, because every layer costs each request.

use std::{any::Any, convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

use askama::Template as _;
use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header,
        uri::PathAndQuery,
    },
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use sessctl_api::{Network, codes, span, text::clean};
use sessctl_store::Clock;
use time::OffsetDateTime;
use tower::{Service, ServiceExt as _};

use crate::{
    error::{self, AppError},
    gate::CurrentSession,
    host::Hosts,
    logged::shown,
    negotiate::Format,
    peer::Peer,
    proxy::client_behind,
    public::pages::ErrorPage,
};

/// What the outermost layer knows of its listener.
#[derive(Debug, Clone)]
pub(crate) struct Outer {
    /// Paths that are matched without regard to case and a trailing slash.
    pub(crate) paths: &'static [&'static str],
    pub(crate) log_requests: bool,
    /// Whether browsers come by HTTPS, and are told to stay with it.
    pub(crate) is_https: bool,
    /// The format of every refusal, where the Accept header does not decide.
    pub(crate) refusals: Option<Format>,
    /// For which hosts it answers.
    pub(crate) hosts: Hosts,
    /// Whose word about the client's address is taken.
    pub(crate) proxies: Vec<Network>,
    /// How many connections it has at once.
    pub(crate) most_connections: usize,
}

/// A listener's router with all that surrounds it.
#[derive(Debug)]
pub(crate) struct Front<S> {
    pub(crate) outer: Outer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) router: S,
}

impl<S> Front<S> {
    /// Answers one request; whatever happens inside, an answer comes out.
    pub(crate) async fn answer<B>(&self, mut request: Request<B>) -> Response
    where
        S: Service<Request<B>, Response = Response, Error = Infallible> + Clone,
    {
        let Self { outer, clock, .. } = self;
        // Only a refusal reads it.
        let accept = request.headers().get(header::ACCEPT).cloned();
        let refused = outer.refuse(&mut request);
        let seen = outer.log_requests.then(|| Seen::of(&request, clock.now()));
        let mut response = match refused {
            Some(refusal) => refusal,
            None => self.route(request).await,
        };
        render_refusal(&mut response, || {
            outer
                .refusals
                .unwrap_or_else(|| Format::of_accept(accept.as_ref()))
        });
        fix_headers(response.headers_mut(), outer.is_https);
        if let Some(seen) = seen {
            seen.log(&response, clock.now());
        }
        response
    }

    async fn route<B>(&self, mut request: Request<B>) -> Response
    where
        S: Service<Request<B>, Response = Response, Error = Infallible> + Clone,
    {
        normalise(request.uri_mut(), self.outer.paths);
        let answered = AssertUnwindSafe(self.router.clone().oneshot(request))
            .catch_unwind()
            .await;
        match answered {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => {
                tracing::error!(
                    panic = clean(message_of(&*panic)).as_ref(),
                    "a request failed: a handler panicked"
                );
                error::internal().into_response()
            }
        }
    }
}

impl Outer {
    /// Refuses what no handler should see, and puts the client in its proxy's place.
    fn refuse<B>(&self, request: &mut Request<B>) -> Option<Response> {
        if !is_known(request.method()) {
            return Some(
                (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, METHODS)]).into_response(),
            );
        }
        if let Some(meant) = request.uri().authority()
            && let Some(host) = request.headers().get(header::HOST)
            && !host
                .as_bytes()
                .eq_ignore_ascii_case(meant.as_str().as_bytes())
        {
            let text =
                "The request names two hosts: one in its first line, another in its Host header";
            // Whoever sent it and whoever passed it on may not mean the same.
            let close = [(header::CONNECTION, "close")];
            return Some((close, AppError::bad_request(text)).into_response());
        }
        if let Err(refusal) = self.hosts.check(request) {
            return Some(refusal.into_response());
        }
        if self.proxies.is_empty() {
            return None;
        }
        let peer = *request.extensions().get::<Peer>()?;
        match client_behind(peer, request.headers(), &self.proxies) {
            Ok(client) => {
                request.extensions_mut().insert(client);
                None
            }
            Err(refusal) => {
                tracing::warn!(proxy = ?peer.ip(), "refused: {}", refusal.text);
                Some(refusal.into_response())
            }
        }
    }
}

/// Every method that some page takes, as an `Allow` header says it.
const METHODS: &str = "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS";

/// Whether a method is one that pages may take. TRACE would echo cookies, and CONNECT is for proxies.
fn is_known(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::PATCH
            | Method::DELETE
            | Method::OPTIONS
    )
}

/// Makes `/Login/` mean `/login`, as in the tutorial's router. Paths with a variable part keep their case.
fn normalise(uri: &mut Uri, paths: &'static [&'static str]) {
    let sent = uri.path();
    let bare = if sent.len() > 1 {
        sent.strip_suffix('/').unwrap_or(sent)
    } else {
        sent
    };
    let Some(path) = paths.iter().find(|path| path.eq_ignore_ascii_case(bare)) else {
        return;
    };
    if *path == sent {
        return;
    }
    let with_query = uri
        .query()
        .map_or_else(|| (*path).to_owned(), |query| format!("{path}?{query}"));
    let mut parts = std::mem::take(uri).into_parts();
    parts.path_and_query =
        Some(PathAndQuery::try_from(with_query).expect("a known path and a parsed query fit"));
    *uri = Uri::from_parts(parts).expect("only the path of a valid URI changed");
}

/// Writes the body of a refusal in the format that was asked for.
fn render_refusal(response: &mut Response, format: impl FnOnce() -> Format) {
    let refusal = match response.extensions_mut().remove::<AppError>() {
        Some(refusal) => refusal,
        None if response.headers().contains_key(header::CONTENT_TYPE) => return,
        None => match response.status() {
            StatusCode::NOT_FOUND => AppError::new(
                StatusCode::NOT_FOUND,
                codes::NOT_FOUND,
                "There is no such page",
            ),
            StatusCode::METHOD_NOT_ALLOWED => {
                let text = "This page does not take that method";
                AppError::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    codes::METHOD_NOT_ALLOWED,
                    text,
                )
            }
            _ => return,
        },
    };
    let (kind, body) = match format() {
        Format::Json => ("application/json", refusal.body.to_string()),
        Format::Text => (
            "text/plain; charset=utf-8",
            format!("{}\n", clean(&refusal.text)),
        ),
        Format::Html => {
            let page = ErrorPage::new(clean(&refusal.text).into_owned(), refusal.status.as_u16());
            (
                "text/html; charset=utf-8",
                page.render().unwrap_or(refusal.text),
            )
        }
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
}

/// For this host alone: what is below it is not ours to decide.
const A_YEAR_OF_HTTPS: &str = "max-age=31536000";

/// Two headers for every answer, all of them for HTML.
fn fix_headers(headers: &mut HeaderMap, is_https: bool) {
    const HTML: [(HeaderName, &str); 6] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; object-src 'none'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: with that a browser sends `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (header::VARY, "Accept"),
    ];
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Whatever else it says: a cookie is for one client alone.
    if headers.contains_key(header::SET_COOKIE) {
        headers.remove(header::CACHE_CONTROL);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    {
        for (name, value) in HTML {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if is_https {
            let value = HeaderValue::from_static(A_YEAR_OF_HTTPS);
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
    }
}

/// What a request's log line says of the request.
#[derive(Debug)]
struct Seen {
    method: Method,
    path: String,
    peer: Option<Peer>,
    start: OffsetDateTime,
}

impl Seen {
    fn of<B>(request: &Request<B>, start: OffsetDateTime) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            peer: request.extensions().get::<Peer>().copied(),
            start,
        }
    }

    fn log(&self, response: &Response, end: OffsetDateTime) {
        let handle = response
            .extensions()
            .get::<CurrentSession>()
            .map(|session| session.0.handle().to_string());
        let millis = span::between(self.start, end).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        let ip = self.peer.and_then(Peer::ip).map(|ip| ip.to_string());
        // The path without its query, which may hold what people typed.
        tracing::info!(method = %self.method, path = shown(&self.path), status = response.status().as_u16(), ms = millis, ip, handle, "request");
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
