//! What a jar holds, for those who ask to see it or carry it elsewhere.

use cookie_store::{CookieDomain, CookieExpiration};
use sessctl_api::Secret;
use time::OffsetDateTime;
use url::Url;

use super::{Jar, netscape};
use crate::Error;

/// A cookie with every attribute (RFC 6265, section 5.3).
#[derive(Debug, Clone)]
pub struct CookieDetail {
    pub name: String,
    pub value: Secret,
    pub domain: String,
    /// Whether subdomains get it too: it came with a `Domain`.
    pub with_subdomains: bool,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    /// `Strict`, `Lax` or `None`, where the server said so.
    pub same_site: Option<String>,
    /// Nothing: with the session of a browser. A jar keeps it.
    pub expires: Option<OffsetDateTime>,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub taken: usize,
    /// Left out, for they are other servers'.
    pub elsewhere: usize,
    /// Left out, for they have expired.
    pub expired: usize,
}

impl Jar {
    /// The cookies with all that is known of them, by path and name.
    pub fn details(&self) -> Vec<CookieDetail> {
        let cookies = self.kept().into_values();
        cookies
            .map(|cookie| {
                let (domain, with_subdomains) = match &cookie.domain {
                    CookieDomain::Suffix(domain) => (domain.clone(), true),
                    CookieDomain::HostOnly(host) => (host.clone(), false),
                    CookieDomain::NotPresent | CookieDomain::Empty => (String::new(), false),
                };
                CookieDetail {
                    name: cookie.name().to_owned(),
                    value: Secret::new(cookie.value()),
                    domain,
                    with_subdomains,
                    path: String::from(&cookie.path),
                    secure: cookie.secure().unwrap_or(false),
                    http_only: cookie.http_only().unwrap_or(false),
                    same_site: cookie.same_site().map(|same_site| same_site.to_string()),
                    expires: match &cookie.expires {
                        CookieExpiration::AtUtc(at) => Some(*at),
                        CookieExpiration::SessionEnd => None,
                    },
                }
            })
            .collect()
    }

    /// All cookies as a `cookies.txt` for curl and wget. Whoever has it is signed in.
    pub fn export(&self, base: &Url) -> Secret {
        Secret::new(netscape::write(
            &self.kept(),
            base.host_str().unwrap_or_default(),
        ))
    }

    /// Takes the cookies of a `cookies.txt` that are this server's; of two with one name the new one stays. The file
    /// follows with [`Jar::save`]. A file that is not whole changes nothing.
    pub fn import(&self, text: &str, base: &Url) -> Result<Imported, Error> {
        let found = netscape::read(text, base)?;
        let mut store = self.store();
        let mut imported = Imported {
            taken: 0,
            elsewhere: found.elsewhere,
            expired: found.expired,
        };
        for cookie in found.cookies {
            match store.insert(cookie, base) {
                Ok(_) => imported.taken += 1,
                Err(_) => imported.elsewhere += 1,
            }
        }
        Ok(imported)
    }
}
