//! Whether a browser sends a request on behalf of another site.
//!
//! The rule is that of Go 1.25's `net/http.CrossOriginProtection`, stricter in two points: the whole origin counts,
//! scheme and port too, and `same-site` is not trusted. No token: a request without the headers that every current
//! browser sends comes from a program, which holds its own cookie.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, Method, Request, StatusCode, header, request::Parts},
};
use sessctl_api::{AuditRecord, AuditResult, audit::actions, codes};

use super::state::PublicState;
use crate::{
    error::AppError,
    gate::{CurrentSession, client},
    logged::shown,
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

/// Proof, in a handler's signature, that no other site sent the request.
#[derive(Debug)]
pub(crate) struct OwnSite;

impl FromRequestParts<PublicState> for OwnSite {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, AppError> {
        let scheme = if state.is_https {
            "https://"
        } else {
            "http://"
        };
        let site = match state.config.public_origin.as_deref() {
            Some(origin) => Site::Origin(origin),
            None => Site::Host { scheme },
        };
        if is_own_site(&parts.method, &parts.headers, site) {
            return Ok(Self);
        }
        // Only a refusal pays for the copy.
        let from = client::ip_of(&Request::from_parts(parts.clone(), ()));
        let session = parts.extensions.get::<CurrentSession>();
        state.config.audit.note(AuditRecord {
            user: session.and_then(|session| Some(session.0.user()?.to_owned())),
            handle: session.map(|session| session.0.handle()),
            why: Some(format!("{} {}", parts.method, shown(parts.uri.path()))),
            ..state.record(actions::CROSS_SITE, AuditResult::Refused, from)
        });
        let text = "Refused: the request was sent by another site";
        Err(AppError::new(
            StatusCode::FORBIDDEN,
            codes::CROSS_SITE,
            text,
        ))
    }
}

/// What browsers see as this site.
#[derive(Debug, Clone, Copy)]
enum Site<'a> {
    /// A public address that was configured.
    Origin(&'a str),
    /// Whichever host they ask for.
    Host { scheme: &'static str },
}

fn is_own_site(method: &Method, headers: &HeaderMap, site: Site<'_>) -> bool {
    if method.is_safe() {
        return true;
    }
    match single(headers, &SEC_FETCH_SITE) {
        Sent::Once(site) => return matches!(site, "same-origin" | "none"),
        Sent::Badly => return false,
        Sent::Never => {}
    }
    match (
        single(headers, &header::ORIGIN),
        single(headers, &header::HOST),
    ) {
        (Sent::Never, _) => true,
        (Sent::Once(origin), host) => match (site, host) {
            (Site::Origin(public), _) => origin == public,
            (Site::Host { scheme }, Sent::Once(host)) => origin.strip_prefix(scheme) == Some(host),
            (Site::Host { .. }, _) => false,
        },
        (Sent::Badly, _) => false,
    }
}

/// Whether a GET that changes something (log out by link) may do so: typed, or followed on our own page, and not
/// fetched ahead by a browser that guesses what comes next.
pub(crate) fn is_followed_here(headers: &HeaderMap) -> bool {
    let from_here = match single(headers, &SEC_FETCH_SITE) {
        Sent::Never => true,
        Sent::Once(site) => matches!(site, "same-origin" | "none"),
        Sent::Badly => false,
    };
    from_here && !headers.contains_key(SEC_PURPOSE)
}

enum Sent<'a> {
    Never,
    Once(&'a str),
    /// More than once, or not as text.
    Badly,
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Sent<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        (Some(value), None) => value.to_str().map_or(Sent::Badly, Sent::Once),
        (Some(_), Some(_)) => Sent::Badly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Site<'_> = Site::Host { scheme: "http://" };

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_things() {
        let host = ("host", "127.0.0.1:3000");
        let own = ("origin", "http://127.0.0.1:3000");
        for (sent, allowed) in [
            (&[host][..], true),
            (&[host, ("sec-fetch-site", "same-origin")], true),
            (&[host, ("sec-fetch-site", "none")], true),
            (&[host, ("sec-fetch-site", "same-site")], false),
            (&[host, ("sec-fetch-site", "cross-site")], false),
            (&[host, ("sec-fetch-site", "cross-site"), own], false),
            (&[host, ("sec-fetch-site", "garbage")], false),
            (
                &[
                    host,
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "same-origin"),
                ],
                false,
            ),
            (&[host, own], true),
            (&[host, own, own], false),
            (&[host, ("origin", "http://127.0.0.1:3001")], false),
            (&[host, ("origin", "https://127.0.0.1:3000")], false),
            (&[host, ("origin", "http://evil.example")], false),
            (&[host, ("origin", "null")], false),
            (&[own], false),
        ] {
            assert_eq!(
                is_own_site(&Method::POST, &headers(sent), PLAIN),
                allowed,
                "{sent:?}"
            );
            assert!(is_own_site(&Method::GET, &headers(sent), PLAIN), "{sent:?}");
        }
        let public = Site::Origin("https://example.org");
        assert!(is_own_site(
            &Method::POST,
            &headers(&[host, ("origin", "https://example.org")]),
            public
        ));
        assert!(
            !is_own_site(&Method::POST, &headers(&[host, own]), public),
            "the Host header beat the public URL"
        );
    }

    #[test]
    fn over_tls_the_whole_origin_counts_too() {
        let tls = Site::Host { scheme: "https://" };
        for (origin, allowed) in [
            ("https://example.org", true),
            ("http://example.org", false),
            ("https://example.org:8443", false),
            ("https://evil.example", false),
            ("null", false),
        ] {
            let sent = headers(&[("host", "example.org"), ("origin", origin)]);
            assert_eq!(is_own_site(&Method::POST, &sent, tls), allowed, "{origin}");
        }
    }

    #[test]
    fn a_link_logs_out_only_from_here_and_never_ahead_of_time() {
        assert!(is_followed_here(&headers(&[])));
        assert!(is_followed_here(&headers(&[("sec-fetch-site", "none")])));
        assert!(!is_followed_here(&headers(&[(
            "sec-fetch-site",
            "cross-site"
        )])));
        assert!(!is_followed_here(&headers(&[(
            "sec-fetch-site",
            "same-site"
        )])));
        assert!(!is_followed_here(&headers(&[("sec-purpose", "prefetch")])));
    }
}
