//! Which format an answer has: HTML for browsers, JSON for programs, else plain text.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};

/// The format of an answer, by the request's Accept header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Html,
    Json,
    Text,
}

impl Format {
    /// The first known type that the header names decides; weights are not weighed, because browsers and scripts
    /// put what they want first.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::of_accept(headers.get(header::ACCEPT))
    }

    /// The same from the header alone.
    pub(crate) fn of_accept(accept: Option<&HeaderValue>) -> Self {
        let accept = accept
            .and_then(|accept| accept.to_str().ok())
            .unwrap_or_default();
        let types = accept
            .split(',')
            .map(|kind| kind.split(';').next().unwrap_or_default().trim());
        types
            .filter_map(|kind| match kind {
                "text/html" | "application/xhtml+xml" => Some(Self::Html),
                "application/json" => Some(Self::Json),
                "text/plain" => Some(Self::Text),
                _ => None,
            })
            .next()
            .unwrap_or(Self::Text)
    }
}

impl<S: Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_html_programs_json_and_curl_text() {
        for (accept, format) in [
            (
                Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                Format::Html,
            ),
            (Some("application/json"), Format::Json),
            (Some("application/json, text/html"), Format::Json),
            (Some("text/plain, application/json;q=0.9"), Format::Text),
            (Some("*/*"), Format::Text),
            (Some("\u{1}"), Format::Text),
            (None, Format::Text),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = accept.and_then(|accept| accept.parse().ok()) {
                headers.insert(header::ACCEPT, value);
            }
            assert_eq!(Format::of(&headers), format, "{accept:?}");
        }
    }
}
