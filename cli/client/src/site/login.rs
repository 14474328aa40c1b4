//! Signing in, and the proof of it: the dashboard answers otherwise than to a stranger, and is no login form.

use std::time::Duration;

use reqwest::Method;
use url::form_urlencoded;

use super::{
    ask::{Ask, Reached, Who},
    connection::{ACCEPT_PAGE, Site, SitePaths},
    form::{Filling, LoginForm, Names},
    page::{self, Fetched, Judged, Marks, NotSignedIn, Verdict},
};
use crate::{Error, Fingerprint, Secret, address, wire};

/// A form is for browsers.
const ACCEPT_HTML: &str = "text/html, application/xhtml+xml, */*;q=0.1";

/// The longest that a server's wish to be asked again later is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A proved sign-in. The jar holds its cookies; the caller saves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The dashboard as strangers get it, to recognise later that the session has ended.
    pub anonymous: Fingerprint,
    /// The dashboard as it answers now.
    pub page: Fetched,
    /// What the user should know about this proof.
    pub notes: Vec<String>,
}

impl Site {
    /// Signs in with the server's form.
    ///
    /// The cookies that the jar holds go along, so that the server can end the session they replace. On any failure
    /// the jar is as it was: a sign-in that is refused costs no session. A sign-in that the dashboard does not prove is
    /// [`Error::LoginRefused`].
    pub async fn login(&self, user: &str, password: Option<&Secret>) -> Result<LoggedIn, Error> {
        let marks = Marks::of(self)?;
        // Also shows that the server is there before a password is sent.
        let stranger = self.dashboard(&marks, Who::Stranger).await?;
        let anonymous = page::fingerprint(&stranger);

        let draft = self.jar.draft();
        let old = self.jar.cookie_header(&marks.dashboard);
        let before = match &old {
            Some(_) => Some(page::fingerprint(&self.dashboard(&marks, Who::Jar).await?)),
            None => None,
        };
        let mut page = self.attempt(&marks, user, password, &anonymous).await?;
        let unchanged = self.jar.cookie_header(&marks.dashboard) == old;
        if before == Some(page::fingerprint(&page)) && unchanged {
            // The page may still be that of the session we came with, and the sign-in refused with kind words.
            // Only a sign-in from nothing can tell.
            self.jar.forget();
            page = self.attempt(&marks, user, password, &anonymous).await?;
        }
        let notes = self.notes(&marks, &anonymous, &page).await?;
        draft.keep();
        Ok(LoggedIn {
            anonymous,
            page: Fetched::new(page, Judged::Other(Verdict::Ok), None),
            notes,
        })
    }

    async fn dashboard(&self, marks: &Marks, who: Who<'_>) -> Result<Reached, Error> {
        let reached = self
            .get_page(Method::GET, marks.dashboard.clone(), who)
            .await?;
        match reached.status {
            503 => Err(self.unavailable(&reached)),
            _ => Ok(reached),
        }
    }

    /// The request that signs in: the form of the login page as a browser would send it, or, where there is no such
    /// page, the fields by their names.
    async fn filled(
        &self,
        marks: &Marks,
        user: &str,
        password: Option<&Secret>,
    ) -> Result<Ask<'_>, Error> {
        let mut form = self.login_form(marks, Who::Jar).await?;
        // Whoever is signed in may be sent past the form: then only a stranger gets it, and it is a stranger's to send.
        if form.is_none()
            && self.jar.cookie_header(&marks.login).is_some()
            && self.login_form(marks, Who::Stranger).await?.is_some()
        {
            self.jar.forget();
            form = self.login_form(marks, Who::Jar).await?;
        }
        let Some(form) = form else {
            let ask = Ask::new(Method::POST, marks.login.clone(), ACCEPT_PAGE, Who::Jar);
            return Ok(ask.with_form(self.form(user, password)));
        };
        if !self.jar.origin().covers(&form.action) {
            let why = format!(
                "the login form is sent to another server, {}: name that one with --server",
                page::without_query(&form.action)
            );
            return Err(refused(why, None));
        }
        if form.is_get {
            let why = "the login form would put the password into the address (method GET); nothing was sent";
            return Err(refused(why.to_owned(), None));
        }
        let filling = Filling {
            user,
            password: password.map_or("", Secret::expose),
            remember: self.remember,
        };
        Ok(Ask {
            headers: form.headers(&self.jar.details()),
            body: Some(form.body(filling)),
            ..Ask::new(Method::POST, form.action, ACCEPT_PAGE, Who::Jar)
        })
    }

    async fn login_form(&self, marks: &Marks, who: Who<'_>) -> Result<Option<LoginForm>, Error> {
        let ask = Ask::new(Method::GET, marks.login.clone(), ACCEPT_HTML, who);
        let page = self.reach(ask).await?;
        if page.left.is_some() || page.status >= 500 || !page::is_html(&page) {
            return Ok(None);
        }
        let own = SitePaths::default();
        let names = Names {
            user: &self.paths.user_field,
            password: &self.paths.password_field,
            user_is_said: self.paths.user_field != own.user_field,
            password_is_said: self.paths.password_field != own.password_field,
        };
        let html = String::from_utf8_lossy(&page.body);
        Ok(LoginForm::find(&html, &page.url, names))
    }

    fn form(&self, user: &str, password: Option<&Secret>) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(&self.paths.user_field, user);
        if let Some(password) = password {
            form.append_pair(&self.paths.password_field, password.expose());
        }
        if self.remember {
            form.append_pair("remember", "on");
        }
        form.finish()
    }

    /// Posts the form and returns the dashboard if that proves the sign-in.
    async fn attempt(
        &self,
        marks: &Marks,
        user: &str,
        password: Option<&Secret>,
        anonymous: &Fingerprint,
    ) -> Result<Reached, Error> {
        let ask = self.filled(marks, user, password).await?;
        let post = || self.reach(ask.clone());
        let mut posted = post().await?;
        // Too many sign-ins at once: a server that says when to come back is asked once more.
        if posted.status == 503
            && let Some(wait) = posted.retry_after.filter(|wait| *wait <= LONGEST_WAIT)
        {
            tokio::time::sleep(wait).await;
            posted = post().await?;
        }
        self.check_posted(marks, &posted)?;
        let page = self.dashboard(marks, Who::Jar).await?;
        self.check_page(marks, &page, anonymous)?;
        Ok(page)
    }

    fn check_posted(&self, marks: &Marks, posted: &Reached) -> Result<(), Error> {
        let status = posted.status;
        let message = wire::said(posted.content_type.as_deref(), &posted.body);
        let message = wire::colon(message.as_deref());
        if status == 503 {
            return Err(self.unavailable(posted));
        }
        // Where a redirect leads may well be missing (the tutorial's second variant has no page at /).
        if posted.hops.is_empty() {
            if matches!(status, 404 | 405) {
                let why = format!(
                    "there is no login at {}: name it with --login-path",
                    marks.login
                );
                return Err(refused(why, Some(status)));
            }
            if status >= 500 {
                return Err(Error::Status {
                    status,
                    what: format!("{} answered {status}{message}", marks.login),
                });
            }
            if status >= 400 {
                let why = format!("the server answered {status}{message}");
                return Err(refused(why, Some(status)));
            }
        }
        let back = !posted.hops.is_empty() && page::same_path(&posted.url, &marks.login);
        if back || (status < 400 && page::is_login_form(posted)) {
            return Err(self.refused_as("the server shows its login form again"));
        }
        Ok(())
    }

    fn check_page(
        &self,
        marks: &Marks,
        page: &Reached,
        anonymous: &Fingerprint,
    ) -> Result<(), Error> {
        let at = &marks.dashboard;
        let why = match page::judge(at, page, marks, Some(anonymous)) {
            Judged::Other(Verdict::Ok) if page.status < 300 => return Ok(()),
            Judged::NotSignedIn(NotSignedIn::Unauthorized) => {
                format!("{at} still answers 401")
            }
            Judged::NotSignedIn(NotSignedIn::RedirectedToLogin) => {
                format!("{at} still sends us to the login page")
            }
            Judged::NotSignedIn(NotSignedIn::LoginForm) => {
                format!("{at} still shows a login form")
            }
            _ if page.status == 404 => {
                let why = format!("there is no page at {at}: name one with --dashboard-path");
                return Err(refused(why, Some(404)));
            }
            Judged::NotSignedIn(NotSignedIn::AnonymousPage) => {
                format!("{at} still answers as to a stranger")
            }
            Judged::Other(Verdict::LeftSite { location }) => {
                format!("{at} leads to another server ({location}), which sessctl does not follow")
            }
            Judged::Other(_) => format!("{at} answered {}", page.status),
        };
        Err(self.refused_as(&why))
    }

    /// A refusal that the answers alone do not explain: adds what may be behind it.
    fn refused_as(&self, why: &str) -> Error {
        let secure: Vec<String> = self
            .jar
            .names()
            .into_iter()
            .filter(|cookie| cookie.secure)
            .map(|cookie| sessctl_api::text::clean(&cookie.name).into_owned())
            .collect();
        let plain = self.base.scheme() == "http" && !address::is_loopback(&self.base);
        let hint = if plain && !secure.is_empty() {
            format!(
                "the server marked its cookie {} as Secure, so it is never sent over plain http to {}: use https://",
                secure.join(", "),
                self.base.host_str().unwrap_or_default()
            )
        } else if self.jar.is_empty() {
            "the server set no cookie; is the name or password wrong, or the path (--login-path)?"
                .to_owned()
        } else {
            format!(
                "is the name or password wrong? The form's fields were sent as {} and {} (--user-field, --password-field)",
                self.paths.user_field, self.paths.password_field
            )
        };
        refused(format!("{why}; {hint}"), None)
    }

    /// Notices a dashboard that differs with every request: its difference then proves little.
    async fn notes(
        &self,
        marks: &Marks,
        anonymous: &Fingerprint,
        page: &Reached,
    ) -> Result<Vec<String>, Error> {
        let now = page::fingerprint(page);
        // Another status or place cannot come from a token in the text.
        if now.status != anonymous.status || now.location != anonymous.location {
            return Ok(Vec::new());
        }
        let again = page::fingerprint(&self.dashboard(marks, Who::Stranger).await?);
        if again == *anonymous {
            return Ok(Vec::new());
        }
        Ok(vec![format!(
            "{} changes with every request, also for strangers: that it changed proves little, and sessctl cannot tell by this page when the session has ended",
            marks.dashboard.path()
        )])
    }
}

fn refused(why: String, status: Option<u16>) -> Error {
    Error::LoginRefused { why, status }
}
