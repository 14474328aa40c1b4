//! Fetching a page, signing out, and asking whether anybody is there.

use reqwest::{Method, header::HeaderMap};
use url::Url;

use super::{
    ask::{Ask, Reached, Who},
    connection::{ACCEPT_HTML, ACCEPT_PAGE, Site},
    form::Form,
    page::{self, Fetched, Judged, Marks, NotSignedIn},
};
use crate::{Error, Fingerprint, Jar, Payload, wire};

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
    /// Whether it tells browsers to forget all cookies (`Clear-Site-Data`).
    pub clears_cookies: bool,
}

/// How a server signs out: by this request, or by the form that stands in the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WayOut {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) by_form: bool,
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

    /// Signs out: by POST; by the form that the server shows to those who are signed in, where it wants the token that
    /// stands there; by GET where it has no POST. Then the jar is emptied.
    ///
    /// A 401 is an answer too: there was nothing to sign out of. Any other failing answer is an error, as is none at
    /// all, and the cookies stay.
    pub async fn logout(&self) -> Result<LogoutDone, Error> {
        let done = self.send_logout().await?;
        self.jar.forget();
        Ok(done)
    }

    /// The same, but the jar has then what the server's answers made of it.
    pub(crate) async fn send_logout(&self) -> Result<LogoutDone, Error> {
        self.find_way_out().await.map(|(done, _)| done)
    }

    /// The same, and by which way it went.
    pub(super) async fn find_way_out(&self) -> Result<(LogoutDone, WayOut), Error> {
        let url = self.url(&self.paths.logout)?;
        let had_cookie = self.jar.cookie_header(&url).is_some();
        let mut reached = self.get_page(Method::POST, url.clone(), Who::Jar).await?;
        let mut way = way(Method::POST, &url, false);
        // Also after a redirect that only added a slash.
        let is_there = |reached: &Reached| page::same_path(&reached.url, &url);
        let mut is_nobody = !had_cookie;
        if is_there(&reached) {
            if let Some(answer) = self.send_form(&reached).await? {
                // It asked whether that was meant.
                (reached, way.by_form) = (answer, true);
            } else if matches!(reached.status, 400 | 402..=499) {
                let nobody;
                (reached, way, nobody) = self.insist(reached, way).await?;
                is_nobody |= nobody;
            }
        }
        let message = wire::said(reached.content_type.as_deref(), &reached.body);
        let direct = reached.hops.is_empty() || is_there(&reached);
        match reached.status {
            503 => return Err(self.unavailable(&reached)),
            404 | 405 if reached.hops.is_empty() => {
                return Err(Error::Status {
                    status: reached.status,
                    what: format!(
                        "there is no logout at {url}: say where with sessctl login --logout-path PATH, which the profile keeps; sessctl logout --local only forgets the cookie"
                    ),
                });
            }
            401 => {}
            // Whoever is not signed in has no token to sign out with.
            status if status < 500 && is_nobody => {}
            status if is_logout_refused(status, !direct) => {
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
        let clears = reached.headers.get_all("clear-site-data").iter();
        let mut clears = clears.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let done = LogoutDone {
            had_cookie,
            message,
            clears_cookies: clears
                .any(|value| value.contains("\"cookies\"") || value.contains("\"*\"")),
        };
        Ok((done, way))
    }

    /// Signs out where a bare POST was refused. Returns the answer, the way, and whether nobody was signed in.
    async fn insist(
        &self,
        refused: Reached,
        refused_way: WayOut,
    ) -> Result<(Reached, WayOut, bool), Error> {
        let (marks, url) = (Marks::of(self)?, &refused_way.url);
        let dashboard = self.get_html(marks.dashboard.clone()).await?;
        let judged = page::judge(&marks.dashboard, &dashboard, &marks, None);
        let nobody = matches!(judged, Judged::NotSignedIn(_));
        if let Some(answer) = self.send_form(&dashboard).await? {
            return Ok((answer, way(Method::GET, &marks.dashboard, true), nobody));
        }
        if matches!(refused.status, 404 | 405) {
            let answer = self.get_page(Method::GET, url.clone(), Who::Jar).await?;
            return Ok((answer, way(Method::GET, url, false), nobody));
        }
        let page = self.get_html(url.clone()).await?;
        Ok(match self.send_form(&page).await? {
            Some(answer) => (answer, way(Method::GET, url, true), nobody),
            None => (refused, refused_way, nobody),
        })
    }

    async fn get_html(&self, url: Url) -> Result<Reached, Error> {
        self.reach(Ask::new(Method::GET, url, ACCEPT_HTML, Who::Jar))
            .await
    }

    /// Sends the form of a page that signs out, as a browser would; `None` if there is none.
    async fn send_form(&self, page: &Reached) -> Result<Option<Reached>, Error> {
        if page.left.is_some() {
            return Ok(None);
        }
        let kind = page.content_type.as_deref();
        match self.logout_form(&page.url, kind, &page.body, &self.jar)? {
            Some(ask) => self.reach(ask).await.map(Some),
            None => Ok(None),
        }
    }

    /// The form of a page that signs out whoever has these cookies, ready to be sent.
    pub(crate) fn logout_form(
        &self,
        at: &Url,
        content_type: Option<&str>,
        body: &[u8],
        jar: &Jar,
    ) -> Result<Option<Ask<'static>>, Error> {
        if !page::is_html_type(content_type) {
            return Ok(None);
        }
        let logout = self.url(&self.paths.logout)?;
        let is_there =
            |action: &Url| jar.origin().covers(action) && page::same_path(action, &logout);
        let form = Form::posted_to(&String::from_utf8_lossy(body), at, is_there);
        Ok(form.map(|form| form.ask(jar, None)))
    }

    /// Asks `/` as a stranger; any status is an answer, so that an error is a server that cannot be reached.
    pub async fn probe(&self) -> Result<u16, Error> {
        let ask = Ask::new(Method::GET, self.url("/")?, ACCEPT_PAGE, Who::Stranger);
        Ok(self.send(&ask).await?.status().as_u16())
    }
}

/// Whether the answer to a sign-out says that it failed. Where a redirect leads afterwards is no matter, as long as the
/// server works.
pub(crate) fn is_logout_refused(status: u16, was_redirected: bool) -> bool {
    status >= 500 || (status >= 400 && !was_redirected)
}

fn way(method: Method, url: &Url, by_form: bool) -> WayOut {
    WayOut {
        method,
        url: url.clone(),
        by_form,
    }
}
