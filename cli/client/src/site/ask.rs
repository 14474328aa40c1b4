//! A request, whose cookies go with it, and where it ended up. No I/O.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method, Response,
    header::{self, HeaderMap, HeaderValue},
};
use url::Url;

use super::payload::Payload;
use crate::CookieHeader;

/// Whose cookies go along.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    /// The jar's, and the answer's go into it.
    Jar,
    /// None, in neither direction.
    Stranger,
    /// These; the answer's are not kept.
    Holder(&'a CookieHeader),
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) accept: &'static str,
    pub(crate) who: Who<'a>,
    /// They take the place of those that every request has.
    pub(crate) headers: HeaderMap,
    /// Whether redirects on this server are followed.
    pub(crate) follows: bool,
    /// It may hold a password and is only sent to this server.
    pub(crate) body: Option<Payload>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(method: Method, url: Url, accept: &'static str, who: Who<'a>) -> Self {
        Self {
            method,
            url,
            accept,
            who,
            headers: HeaderMap::new(),
            follows: true,
            body: None,
        }
    }

    pub(super) fn with_json(self, json: String) -> Self {
        self.with(Payload::json(json))
    }

    fn with(self, body: Payload) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }
}

/// Where a request ended up, and with what. It holds cookies, so it does not show itself.
#[derive(Clone)]
pub(crate) struct Reached {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: HeaderMap,
    /// Every cookie that was set on the way, the redirects' too.
    pub(crate) set_cookies: Vec<HeaderValue>,
    pub(crate) body: Bytes,
    pub(crate) url: Url,
    /// The targets of the redirects that were followed.
    pub(crate) hops: Vec<Url>,
    /// The address on another server that the last answer redirects to.
    pub(crate) left: Option<Url>,
    /// How long the server wants not to be asked again.
    pub(crate) retry_after: Option<Duration>,
}

impl Reached {
    /// Where the answer redirects to, if it does.
    pub(crate) fn next(&self) -> Option<Url> {
        target_of(&self.url, self.status, location(&self.headers))
    }
}

/// The cookies that an answer sets.
pub(super) fn set_cookies(response: &Response) -> impl Iterator<Item = HeaderValue> + '_ {
    let values = response.headers().get_all(header::SET_COOKIE);
    values.into_iter().cloned()
}

/// How long an answer wants its server not to be asked again, where that is said in seconds.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// Where a redirect leads.
pub(super) fn redirect_target(from: &Url, response: &Response) -> Option<Url> {
    let status = response.status().as_u16();
    target_of(from, status, location(response.headers()))
}

fn location(headers: &HeaderMap) -> Option<&str> {
    let location = headers.get(header::LOCATION)?;
    std::str::from_utf8(location.as_bytes()).ok()
}

/// Where an answer redirects to, if it does.
pub(crate) fn target_of(from: &Url, status: u16, location: Option<&str>) -> Option<Url> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut target = from.join(location?).ok()?;
    target.set_fragment(None);
    Some(target)
}
