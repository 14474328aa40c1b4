//! The session cookie as it leaves, and what its value says when it comes back.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderValue;
use sessctl_store::SessionId;

use super::mac::Secrets;

/// Browsers cut whatever is longer.
pub(super) const LONGEST_MAX_AGE: Duration = Duration::from_secs(400 * 86_400);

/// A session cookie whose options were checked ([`CookieOptions::check`](crate::CookieOptions::check)); the default
/// one is called `sid`, and `__Host-sid` where it is secure. Clones share it.
#[derive(Debug, Clone)]
pub struct Cookie(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    path: String,
    /// Path, Domain and what follows: the same when the cookie is set and when it is taken away, or a browser may
    /// keep it.
    attributes: String,
    /// `; Max-Age=N`, or nothing for a cookie that ends with the browser.
    lifetime: String,
    secrets: Secrets,
}

/// A value that may open a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) id: SessionId,
    /// Whether its signature is that of an older secret.
    pub(crate) is_outdated: bool,
}

impl Cookie {
    /// The parts must be valid in a Set-Cookie line.
    pub(super) fn new(
        name: String,
        path: String,
        attributes: String,
        max_age: Option<u64>,
        secrets: Secrets,
    ) -> Self {
        let lifetime = max_age.map_or_else(String::new, self::max_age);
        Self(Arc::new(Inner {
            name,
            path,
            attributes,
            lifetime,
            secrets,
        }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it ends at a time of its own, which every new copy of it moves on.
    pub(super) fn has_max_age(&self) -> bool {
        !self.0.lifetime.is_empty()
    }

    /// Whether its value holds more than the id.
    pub(super) fn is_signed(&self) -> bool {
        !self.0.secrets.is_empty()
    }

    /// Whether browsers send it with requests of this path: those of its own path and below, by whole segments.
    pub(super) fn covers(&self, path: &str) -> bool {
        let own = &*self.0.path;
        // Nearly always so, and then there is nothing to compare.
        own == "/"
            || path
                .strip_prefix(own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || own.ends_with('/'))
    }

    /// Reads a value: an id, and if there are secrets a signature by one of them.
    pub(crate) fn read(&self, value: &[u8]) -> Option<Read> {
        let value = std::str::from_utf8(value).ok()?;
        if !self.is_signed() {
            let id = SessionId::parse(value)?;
            return Some(Read {
                id,
                is_outdated: false,
            });
        }
        let (text, signature) = value.split_once('.')?;
        let id = SessionId::parse(text)?;
        let secret = self
            .0
            .secrets
            .verify(self.name(), text, signature.as_bytes())?;
        Some(Read {
            id,
            is_outdated: secret > 0,
        })
    }

    /// The Set-Cookie line that gives an id, for as long as a session that is remembered has left.
    pub(super) fn set(&self, id: &SessionId, left: Option<Duration>) -> HeaderValue {
        let Inner {
            name,
            attributes,
            lifetime,
            secrets,
            ..
        } = &*self.0;
        let id = id.cookie_value();
        let signature = secrets.sign(name, &id);
        let (dot, signature) = signature.as_deref().map_or(("", ""), |text| (".", text));
        let left = left.map(|left| max_age(left.min(LONGEST_MAX_AGE).as_secs()));
        let lifetime = left.as_ref().unwrap_or(lifetime);
        let parts = [name, "=", &id, dot, signature, lifetime, "; ", attributes];
        let mut line = line(&parts.concat());
        line.set_sensitive(true);
        line
    }

    /// The Set-Cookie line that takes it away.
    pub(super) fn removal(&self) -> HeaderValue {
        let Inner {
            name, attributes, ..
        } = &*self.0;
        line(&format!(
            "{name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; {attributes}"
        ))
    }
}

fn max_age(seconds: u64) -> String {
    format!("; Max-Age={seconds}")
}

fn line(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("checked options and an id are printable ASCII")
}
