//! Fetching a page, signing out, and asking whether anybody is there.

use reqwest::{Method, header::HeaderMap};
use url::Url;

use super::{
    ask::{Ask, Reached, Who},
    connection::{ACCEPT_HTML, ACCEPT_PAGE, Site},
    form::{Filling, LoginForm},
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
        let url = self.url(&self.paths.logout)?;
        let had_cookie = self.jar.cookie_header(&url).is_some();
        let mut reached = self.get_page(Method::POST, url.clone(), Who::Jar).await?;
        // Also after a redirect that only added a slash.
        let is_there = |reached: &Reached| page::same_path(&reached.url, &url);
        let mut is_nobody = !had_cookie;
        if is_there(&reached) {
            if let Some(answer) = self.send_form(&reached, &url).await? {
                // It asked whether that was meant.
                reached = answer;
            } else if matches!(reached.status, 400 | 402..=499) {
                let (answer, nobody) = self.insist(reached, &url).await?;
                reached = answer;
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
                    what: format!("there is no logout at {url}: name it with --logout-path"),
                });
            }
            401 => {}
            // Whoever is not signed in has no token to sign out with.
            status if status < 500 && is_nobody => {}
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
        Ok(LogoutDone {
            had_cookie,
            message,
        })
    }

    /// Signs out where a bare POST was refused. Returns the answer, and whether nobody was signed in.
    async fn insist(&self, refused: Reached, url: &Url) -> Result<(Reached, bool), Error> {
        let marks = Marks::of(self)?;
        let dashboard = self.get_html(marks.dashboard.clone()).await?;
        let judged = page::judge(&marks.dashboard, &dashboard, &marks, None);
        let nobody = matches!(judged, Judged::NotSignedIn(_));
        let answer = if let Some(answer) = self.send_form(&dashboard, url).await? {
            answer
        } else if matches!(refused.status, 404 | 405) {
            self.get_page(Method::GET, url.clone(), Who::Jar).await?
        } else {
            let page = self.get_html(url.clone()).await?;
            self.send_form(&page, url).await?.unwrap_or(refused)
        };
        Ok((answer, nobody))
    }

    async fn get_html(&self, url: Url) -> Result<Reached, Error> {
        self.reach(Ask::new(Method::GET, url, ACCEPT_HTML, Who::Jar))
            .await
    }

    /// Sends the form of a page that is posted to this address, as a browser would; `None` if there is none.
    async fn send_form(&self, page: &Reached, to: &Url) -> Result<Option<Reached>, Error> {
        if !page::is_html(page) || page.left.is_some() {
            return Ok(None);
        }
        let is_there =
            |action: &Url| self.jar.origin().covers(action) && page::same_path(action, to);
        let html = String::from_utf8_lossy(&page.body);
        let Some(form) = LoginForm::posted_to(&html, &page.url, is_there) else {
            return Ok(None);
        };
        let nothing = Filling {
            user: "",
            password: "",
            remember: false,
        };
        let ask = Ask {
            headers: form.headers(&self.jar.details()),
            body: Some(form.body(nothing)),
            ..Ask::new(Method::POST, form.action, ACCEPT_PAGE, Who::Jar)
        };
        self.reach(ask).await.map(Some)
    }

    /// Asks `/` as a stranger; any status is an answer, so that an error is a server that cannot be reached.
    pub async fn probe(&self) -> Result<u16, Error> {
        let ask = Ask::new(Method::GET, self.url("/")?, ACCEPT_PAGE, Who::Stranger);
        Ok(self.send(&ask).await?.status().as_u16())
    }
}
