//! Signing in, and the proof of it: the dashboard answers otherwise than to a stranger, and is no login form.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use super::{
    ask::{Reached, Who},
    connection::Site,
    credentials::template,
    fates::{CookieFate, fates},
    form::Credentials,
    page::{self, Fetched, Judged, Marks, NotSignedIn, Verdict},
};
use crate::{Error, Fingerprint, Secret, address, wire};

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
    /// The path of the login page, where nobody had said it and the server led there.
    pub login_path: Option<String>,
    /// What became of each cookie, by name.
    pub cookies: Vec<CookieFate>,
}

impl Site {
    /// Signs in with the server's form.
    ///
    /// The cookies that the jar holds go along, so that the server can end the session they replace. On any failure
    /// the jar is as it was: a sign-in that is refused costs no session. A sign-in that the dashboard does not prove is
    /// [`Error::LoginRefused`].
    pub async fn login(&self, user: &str, password: Option<&Secret>) -> Result<LoggedIn, Error> {
        let mut marks = Marks::of(self)?;
        if let Some(body) = &self.paths.login_body {
            template::read(body)?;
        }
        // Also shows that the server is there before a password is sent.
        let stranger = self.dashboard(&marks, Who::Stranger).await?;
        let anonymous = page::fingerprint(&stranger);
        let is_led = stranger.left.is_none() && !stranger.hops.is_empty();
        let led_to = (is_led && !self.login_is_said() && page::is_login_form(&stranger))
            .then_some(&stranger.url);
        let pages = self.login_pages(&marks.login, led_to);
        if let Some(led_to) = led_to {
            marks.login = led_to.clone();
        }
        let way = Way {
            pages: &pages,
            marks: &marks,
            anonymous: &anonymous,
            who: self.credentials(user, password),
        };

        let draft = self.jar.draft();
        let old = self.jar.cookie_header(&marks.dashboard);
        let before = match &old {
            Some(_) => Some(page::fingerprint(&self.dashboard(&marks, Who::Jar).await?)),
            None => None,
        };
        let (mut page, mut cookies) = self.attempt(&way).await?;
        let unchanged = self.jar.cookie_header(&marks.dashboard) == old;
        if before == Some(page::fingerprint(&page)) && unchanged {
            // The page may still be that of the session we came with, and the sign-in refused with kind words.
            // Only a sign-in from nothing can tell.
            self.jar.forget();
            (page, cookies) = self.attempt(&way).await?;
        }
        let notes = self.notes(&marks, &anonymous, &page).await?;
        draft.keep();
        Ok(LoggedIn {
            anonymous,
            page: Fetched::new(page, Judged::Other(Verdict::Ok), None),
            notes,
            login_path: led_to.and_then(|led_to| self.path_below(led_to)),
            cookies,
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

    /// Sends name and password, and returns the dashboard if that proves the sign-in, and what became of the cookies.
    async fn attempt(&self, way: &Way<'_>) -> Result<(Reached, Vec<CookieFate>), Error> {
        let filled = self.fill_in(way.pages, &way.marks.login, way.who).await?;
        let before = self.jar.details();
        let held = self.jar.cookie_header(&way.marks.dashboard);
        let post = || self.reach(filled.ask.clone());
        let mut posted = post().await?;
        // Too many sign-ins at once: a server that says when to come back is asked once more.
        if posted.status == 503
            && let Some(wait) = posted.retry_after.filter(|wait| *wait <= LONGEST_WAIT)
        {
            tokio::time::sleep(wait).await;
            posted = post().await?;
        }
        let names = filled.names.as_ref();
        self.check_posted(way, &filled.ask.url, &posted, names)?;
        let page = self.dashboard(way.marks, Who::Jar).await?;
        let checked = self.check_page(way.marks, &page, way.anonymous, names);
        if checked.is_err() && self.jar.cookie_header(&way.marks.dashboard) != held {
            // Somebody may be signed in all the same, and only the proof is missing.
            let _ = self.send_logout().await;
        }
        checked?;
        Ok((page, fates(&before, &self.jar.details())))
    }

    fn check_posted(
        &self,
        way: &Way<'_>,
        sent_to: &Url,
        posted: &Reached,
        names: Option<&[String; 2]>,
    ) -> Result<(), Error> {
        let status = posted.status;
        let message = wire::said(posted.content_type.as_deref(), &posted.body);
        // Some servers repeat what they were sent.
        let message = message.map(|message| way.who.hide(&message));
        let message = wire::colon(message.as_deref());
        if status == 503 {
            return Err(self.unavailable(posted));
        }
        // Where a redirect leads may well be missing (the tutorial's second variant has no page at /).
        if posted.hops.is_empty() {
            if matches!(status, 404 | 405) {
                let why = format!(
                    "there is no login at {}: name it with sessctl login --login-path",
                    page::without_query(sent_to)
                );
                return Err(refused(why, Some(status)));
            }
            if status >= 500 {
                return Err(Error::Status {
                    status,
                    what: format!(
                        "{} answered {status}{message}",
                        page::without_query(sent_to)
                    ),
                });
            }
            if status >= 400 {
                let why = format!("the server answered {status}{message}");
                return Err(refused(why, Some(status)));
            }
        }
        let kind = posted.content_type.as_deref();
        let led_to = (!posted.hops.is_empty()).then_some(&posted.url);
        if is_login_again(&way.marks.login, led_to, status, kind, &posted.body) {
            return Err(self.refused_as("the server shows its login form again", names));
        }
        Ok(())
    }

    fn check_page(
        &self,
        marks: &Marks,
        page: &Reached,
        anonymous: &Fingerprint,
        names: Option<&[String; 2]>,
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
                let why = format!(
                    "there is no page at {at}: name one that only signed-in users get with --check (--dashboard-path)"
                );
                return Err(refused(why, Some(404)));
            }
            Judged::NotSignedIn(NotSignedIn::AnonymousPage) => {
                format!("{at} still answers as to a stranger")
            }
            Judged::Other(Verdict::LeftSite { location }) => {
                let server = Url::parse(&location).map(|url| url.origin().ascii_serialization());
                let server = server.unwrap_or_default();
                format!("{at} leads to another server, {server}, which sessctl does not follow")
            }
            Judged::Other(_) => format!("{at} answered {}", page.status),
        };
        Err(self.refused_as(&why, names))
    }

    /// A refusal that the answers alone do not explain: adds what may be behind it.
    fn refused_as(&self, why: &str, names: Option<&[String; 2]>) -> Error {
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
        } else if let Some(names) = names {
            let [user, password] = names
                .each_ref()
                .map(|name| sessctl_api::text::fit(name, 64));
            format!(
                "is the name or password wrong? They were sent as {user} and {password} (--user-field, --password-field)"
            )
        } else {
            "is the name or password wrong, or the template (--body)?".to_owned()
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

/// What every try of one sign-in goes by.
struct Way<'a> {
    pages: &'a [Url],
    marks: &'a Marks,
    anonymous: &'a Fingerprint,
    who: Credentials<'a>,
}

/// Whether a login was answered by its form, or by the login page, to which redirects led back. A page for browsers is
/// that only with the form: some apps have both at one address.
pub(crate) fn is_login_again(
    login: &Url,
    led_to: Option<&Url>,
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
) -> bool {
    if status < 400 && page::is_html_type(content_type) {
        return page::shows_login_form(content_type, body);
    }
    led_to.is_some_and(|led_to| page::same_path(led_to, login))
}

fn refused(why: String, status: Option<u16>) -> Error {
    Error::LoginRefused { why, status }
}
