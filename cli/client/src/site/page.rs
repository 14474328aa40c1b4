//! What an answer means: signed in, signed out and how that shows, or something else. No I/O.

use std::{fmt, time::Duration};

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};
use sessctl_api::Ended;
use url::Url;

use super::{ask::Reached, connection::Site, form};
pub(crate) use crate::address::without_query;
use crate::{Error, Fingerprint, wire};

/// An answer and what it means.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub content_type: Option<String>,
    pub headers: HeaderMap,
    /// Every cookie that was set on the way, by redirects too: the values of `Set-Cookie` (RFC 6265, section 4.1).
    pub set_cookies: Vec<HeaderValue>,
    /// How long the server wants not to be asked again, where it says so in seconds.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
    /// The addresses of the redirects that were followed, the last one's too.
    pub hops: Vec<Url>,
    /// The path (and query) that answered, after redirects.
    pub path: String,
    pub verdict: Verdict,
}

/// What an answer means for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The page, and nothing says that nobody is signed in.
    Ok,
    /// The answer that strangers get.
    NotSignedIn {
        reason: NotSignedIn,
        /// How the session ended, where the server tells.
        ended: Option<Ended>,
    },
    /// 403.
    Forbidden,
    /// 503: says nothing about the session.
    Unavailable,
    /// Any other status of 400 and more.
    Failed(u16),
    /// A redirect to another server, which is not followed.
    LeftSite { location: String },
}

/// How an answer shows that nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSignedIn {
    /// Status 401.
    Unauthorized,
    /// A redirect to the login page.
    RedirectedToLogin,
    /// The very page that strangers got when the sign-in was made.
    AnonymousPage,
    /// A login form instead of the dashboard.
    LoginForm,
}

impl Fetched {
    pub(super) fn new(reached: Reached, judged: Judged, ended: Option<Ended>) -> Self {
        Self {
            status: reached.status,
            path: path_of(&reached.url),
            content_type: reached.content_type,
            headers: reached.headers,
            set_cookies: reached.set_cookies,
            retry_after: reached.retry_after,
            body: reached.body,
            hops: reached.hops,
            verdict: match judged {
                Judged::NotSignedIn(reason) => Verdict::NotSignedIn { reason, ended },
                Judged::Other(verdict) => verdict,
            },
        }
    }

    /// What the answer says in one clean line, if it is text or JSON with a message.
    pub fn message(&self) -> Option<String> {
        wire::said(self.content_type.as_deref(), &self.body)
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body is the user's business.
        f.debug_struct("Fetched")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("path", &self.path)
            .field("verdict", &self.verdict)
            .finish()
    }
}

/// The two places that tell.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) login: Url,
    pub(crate) dashboard: Url,
}

impl Marks {
    pub(crate) fn of(site: &Site) -> Result<Self, Error> {
        Ok(Self {
            login: site.url(&site.paths.login)?,
            dashboard: site.url(&site.paths.dashboard)?,
        })
    }
}

/// A verdict before anybody asked how the session ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    NotSignedIn(NotSignedIn),
    Other(Verdict),
}

/// Judges the answer to a request for `asked`.
pub(super) fn judge(
    asked: &Url,
    reached: &Reached,
    marks: &Marks,
    anonymous: Option<&Fingerprint>,
) -> Judged {
    use NotSignedIn::{AnonymousPage, LoginForm, RedirectedToLogin, Unauthorized};

    let status = reached.status;
    if status == 401 {
        return Judged::NotSignedIn(Unauthorized);
    }
    if sent_to_login(asked, reached, marks) {
        return Judged::NotSignedIn(RedirectedToLogin);
    }
    // A stranger's page may have any status, but a failing server says nothing about a session.
    if status < 500 && anonymous == Some(&fingerprint(reached)) {
        return Judged::NotSignedIn(AnonymousPage);
    }
    // Elsewhere a single password field may be a page's own, such as "confirm to delete".
    let instead_of_page = same_path(asked, &marks.dashboard) || !reached.hops.is_empty();
    if status < 400 && instead_of_page && is_login_form(reached) && !same_path(asked, &marks.login)
    {
        return Judged::NotSignedIn(LoginForm);
    }
    Judged::Other(match (&reached.left, status) {
        (Some(left), _) => Verdict::LeftSite {
            location: without_query(left),
        },
        (_, 403) => Verdict::Forbidden,
        (_, 503) => Verdict::Unavailable,
        (_, 400..) => Verdict::Failed(status),
        _ => Verdict::Ok,
    })
}

/// Whether redirects led to the login page, or through it to another server.
pub(crate) fn sent_to_login(asked: &Url, reached: &Reached, marks: &Marks) -> bool {
    let is_login = |url: &Url| same_path(url, &marks.login);
    let through = reached.left.is_some() && reached.hops.iter().any(is_login);
    !same_path(asked, &marks.login)
        && !reached.hops.is_empty()
        && (is_login(&reached.url) || through)
}

/// What the answer looked like.
pub(crate) fn fingerprint(reached: &Reached) -> Fingerprint {
    let location = match (&reached.left, reached.hops.is_empty()) {
        (Some(left), _) => Some(without_query(left)),
        (None, false) => Some(reached.url.path().to_owned()),
        (None, true) => None,
    };
    Fingerprint::new(reached.status, &reached.body, location)
}

/// Whether the answer is a page for browsers.
pub(crate) fn is_html(reached: &Reached) -> bool {
    is_html_type(reached.content_type.as_deref())
}

pub(super) fn is_html_type(content_type: Option<&str>) -> bool {
    let kind = wire::media_type(content_type);
    matches!(kind.as_str(), "text/html" | "application/xhtml+xml")
}

/// Whether the answer is a login form, as [`shows_login_form`] says.
pub(crate) fn is_login_form(reached: &Reached) -> bool {
    shows_login_form(reached.content_type.as_deref(), &reached.body)
}

/// Whether a page is HTML with exactly one password field: forms to sign up or to change a password have two.
pub(crate) fn shows_login_form(content_type: Option<&str>, body: &[u8]) -> bool {
    is_html_type(content_type) && form::password_fields(&String::from_utf8_lossy(body)) == 1
}

/// Whether two addresses of one server have the same path, without regard to case and a slash at the end.
pub(crate) fn same_path(one: &Url, other: &Url) -> bool {
    let trim = |url: &Url| url.path().trim_end_matches('/').to_ascii_lowercase();
    trim(one) == trim(other)
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_without_case_and_last_slash() {
        let url = |text| Url::parse(text).unwrap();
        assert!(same_path(
            &url("http://h/Login/?next=1"),
            &url("http://h/login")
        ));
        assert!(!same_path(&url("http://h/login2"), &url("http://h/login")));
    }
}
