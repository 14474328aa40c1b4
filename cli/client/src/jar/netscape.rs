//! Netscape's `cookies.txt`, which curl, wget and the exporters of browsers have in common.
//!
//! Seven fields a line with tabs between them: domain, whether subdomains get it too, path, whether it is for https
//! alone, when it expires (seconds since 1970, 0 for the end of the session), name, value. curl marks `HttpOnly` by
//! `#HttpOnly_` before the domain; there is no place for `SameSite`. Errors tell the line, and never what stands in it.

use cookie_store::{Cookie, CookieDomain, CookieExpiration, RawCookie};
use time::OffsetDateTime;
use url::Url;

use super::merge::Kept;
use crate::Error;

const HEAD: &str =
    "# Netscape HTTP Cookie File\n# Written by sessctl. Whoever reads it is signed in.\n\n";
const HTTP_ONLY: &str = "#HttpOnly_";

/// The file for these cookies.
pub(super) fn write(cookies: &Kept, host: &str) -> String {
    let mut text = HEAD.to_owned();
    for cookie in cookies.values() {
        let (domain, subdomains) = match &cookie.domain {
            CookieDomain::Suffix(domain) => (format!(".{domain}"), true),
            CookieDomain::HostOnly(host) => (host.clone(), false),
            CookieDomain::NotPresent | CookieDomain::Empty => (host.to_owned(), false),
        };
        let expires = match &cookie.expires {
            CookieExpiration::AtUtc(at) => at.unix_timestamp(),
            CookieExpiration::SessionEnd => 0,
        };
        let mark = match cookie.http_only() {
            Some(true) => HTTP_ONLY,
            _ => "",
        };
        let fields = [
            format!("{mark}{domain}"),
            flag(subdomains),
            String::from(&cookie.path),
            flag(cookie.secure().unwrap_or(false)),
            expires.to_string(),
            cookie.name().to_owned(),
            cookie.value().to_owned(),
        ];
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    text
}

fn flag(is: bool) -> String {
    if is { "TRUE" } else { "FALSE" }.to_owned()
}

/// What a file has for one server.
#[derive(Default)]
pub(super) struct Found {
    pub(super) cookies: Vec<Cookie<'static>>,
    /// Cookies of other servers.
    pub(super) elsewhere: usize,
    /// Cookies that have expired.
    pub(super) expired: usize,
}

/// Reads a file; all of it or nothing.
pub(super) fn read(text: &str, base: &Url) -> Result<Found, Error> {
    let mut found = Found::default();
    for (number, line) in text.lines().enumerate() {
        let (line, http_only) = match line.strip_prefix(HTTP_ONLY) {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| {
            Error::BadInput(format!(
                "line {} is not of a cookies.txt: {why}; nothing was imported",
                number + 1
            ))
        };
        let fields: Vec<_> = line.split('\t').collect();
        let [domain, subdomains, path, secure, expires, name, value] = fields[..] else {
            return Err(wrong(
                "it has not seven fields with a tab between them: domain, subdomains, path, secure, expires, name, value",
            ));
        };
        let [subdomains, secure] = [subdomains, secure].map(|word| match word {
            "TRUE" => Some(true),
            "FALSE" => Some(false),
            _ => None,
        });
        let (Some(subdomains), Some(secure)) = (subdomains, secure) else {
            return Err(wrong(
                "its second and fourth field have to be TRUE or FALSE",
            ));
        };
        // Some write fractions.
        let expires = expires
            .split('.')
            .next()
            .and_then(|whole| whole.parse().ok());
        let Some(expires) =
            expires.and_then(|at: i64| OffsetDateTime::from_unix_timestamp(at).ok())
        else {
            return Err(wrong("its fifth field has to be a number of seconds"));
        };
        if name.is_empty() {
            return Err(wrong("its cookie has no name"));
        }
        let domain = domain.trim_start_matches('.');
        let is_this_host = base.host_str() == Some(domain);
        if !subdomains && !is_this_host {
            found.elsewhere += 1;
            continue;
        }
        let mut raw = RawCookie::build((name.to_owned(), value.to_owned()))
            .path(path.to_owned())
            .secure(secure)
            .http_only(http_only);
        if expires != OffsetDateTime::UNIX_EPOCH {
            raw = raw.expires(expires);
        }
        // An address has no subdomains: curl writes FALSE for it, some exporters TRUE.
        let is_name = base.domain().is_some();
        if subdomains && is_name {
            raw = raw.domain(domain.to_owned());
        }
        match Cookie::try_from_raw_cookie(&raw.build(), base) {
            Ok(cookie) if cookie.is_expired() => found.expired += 1,
            Ok(cookie) if is_this_host || is_name => found.cookies.push(cookie.into_owned()),
            // The domain is not this server's.
            _ => found.elsewhere += 1,
        }
    }
    Ok(found)
}
