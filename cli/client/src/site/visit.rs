//! Fetching a page, signing out, and asking whether anybody is there.

use reqwest::{Method, header::HeaderMap};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_PAGE, Site},
    page::{self, Fetched, Judged, Marks, NotSignedIn},
};
use crate::{Error, Fingerprint, Payload, wire};

/// A request to a server. Cookies go along by themselves.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// Below the path of the server's own address; it may have a query.
    pub path: String,
    /// They take the place of those that every request has.
    pub headers: HeaderMap,
    pub body: Option<Payload>,
    /// Whether redirects that stay on the server are followed.
    pub follows: bool,
}

impl Request {
    /// A plain one.
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
            follows: true,
        }
    }
}

/// What became of a sign-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutDone {
    /// Whether there was a cookie to sign out with.
    pub had_cookie: bool,
    /// What the server said, in one clean line.
    pub message: Option<String>,
}

impl Site {
    /// Fetches a page with the jar's cookies and judges the answer.
    ///
    /// `anonymous` is the page that strangers got at login; an answer equal to it means signed out. After a 401 our
    /// own server is asked how the session ended. A refusal is a verdict; an error is a `path` that is an
    /// address, or no usable answer.
    pub async fn fetch(
        &self,
        path: &str,
        anonymous: Option<&Fingerprint>,
    ) -> Result<Fetched, Error> {
        self.request(&Request::get(path), anonymous).await
    }

    /// The same for any request.
    pub async fn request(
        &self,
        request: &Request,
        anonymous: Option<&Fingerprint>,
    ) -> Result<Fetched, Error> {
        let url = self.url(&request.path)?;
        // The 401 takes the cookie away, so the follow-up question needs it kept.
        let cookies = self.jar.cookie_header(&url);
        let ask = Ask {
            headers: request.headers.clone(),
            follows: request.follows,
            body: request.body.clone(),
            ..Ask::new(request.method.clone(), url.clone(), ACCEPT_PAGE, Who::Jar)
        };
        let reached = self.reach(ask).await?;
        let judged = page::judge(&url, &reached, &Marks::of(self)?, anonymous);
        let ended = match (&judged, cookies) {
            (Judged::NotSignedIn(NotSignedIn::Unauthorized), Some(cookies)) => {
                self.how_ended(&cookies).await
            }
            _ => None,
        };
        Ok(Fetched::new(reached, judged, ended))
    }

    /// Signs out: POST, or GET where the server has no POST. Then the jar is emptied.
    ///
    /// A 401 is an answer too: there was nothing to sign out of. Any other failing answer is an error, as is none at
    /// all, and the cookies stay.
    pub async fn logout(&self) -> Result<LogoutDone, Error> {
        let url = self.url(&self.paths.logout)?;
        let had_cookie = self.jar.cookie_header(&url).is_some();
        let mut reached = self.get_page(Method::POST, url.clone(), Who::Jar).await?;
        // Also after a redirect that only added a slash.
        if matches!(reached.status, 404 | 405) && page::same_path(&reached.url, &url) {
            reached = self.get_page(Method::GET, url.clone(), Who::Jar).await?;
        }
        let message = wire::said(reached.content_type.as_deref(), &reached.body);
        let direct = reached.hops.is_empty();
        match reached.status {
            503 => return Err(self.unavailable(&reached)),
            404 | 405 if direct => {
                return Err(Error::Status {
                    status: reached.status,
                    what: format!("there is no logout at {url}: name it with --logout-path"),
                });
            }
            401 => {}
            // Where a redirect leads after a sign-out is no matter, as long as the server works.
            status if status >= 500 || (status >= 400 && direct) => {
                return Err(Error::Status {
                    status,
                    what: format!(
                        "{url} answered {status}{}; the cookie is kept",
                        wire::colon(message.as_deref())
                    ),
                });
            }
            _ => {}
        }
        self.jar.forget();
        Ok(LogoutDone {
            had_cookie,
            message,
        })
    }

    /// Asks `/` as a stranger; any status is an answer, so that an error is a server that cannot be reached.
    pub async fn probe(&self) -> Result<u16, Error> {
        let ask = Ask::new(Method::GET, self.url("/")?, ACCEPT_PAGE, Who::Stranger);
        Ok(self.send(&ask).await?.status().as_u16())
    }
}
