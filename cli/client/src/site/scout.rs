//! What [`crate::load`] asks of a site: one sign-in that is proved, before many are made that are only counted, and the
//! login form filled in for one user among them. Who sends it is not this room's business.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::Url;

use super::{
    ask::Who,
    connection::Site,
    credentials::Credentials,
    form::{Filling, LoginForm},
    login::LoggedIn,
    page::Marks,
};
use crate::{Error, Fingerprint, Jar, Secret};

/// What was found out by signing in once, and out again.
#[derive(Debug)]
pub(crate) struct Scouted {
    /// Where logins are sent that have no form, and what says that nobody is signed in where it is led to.
    pub(crate) login: Url,
    /// The page with the login form, which each user has to fetch: it may hold a token.
    pub(crate) form_page: Option<Url>,
    /// The dashboard as strangers get it.
    pub(crate) anonymous: Fingerprint,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// A login that is ready to be posted. It holds a password, so it does not show itself.
pub(crate) struct Ready {
    pub(crate) action: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Site {
    /// The same server with an empty jar that is kept nowhere.
    pub(crate) fn apart(&self, timeout: Duration, user_agent: &str) -> Result<Self, Error> {
        let jar = Arc::new(Jar::in_memory(self.jar.origin().clone()));
        let (base, paths) = (self.base.clone(), self.paths.clone());
        Self::new(base, paths, jar, timeout, user_agent)
    }

    /// Signs in as a user, proves it as [`Site::login`] does, and signs out again.
    pub(crate) async fn scout(
        &self,
        user: &str,
        password: Option<&Secret>,
    ) -> Result<Scouted, Error> {
        let LoggedIn {
            anonymous,
            mut notes,
            login_path,
            ..
        } = self.login(user, password).await?;
        if let Err(error) = self.logout().await {
            notes.push(format!(
                "signing out does not work, so sessions will stay on the server: {error}"
            ));
        }
        let login = self.url(login_path.as_ref().unwrap_or(&self.paths.login))?;
        let pages = self.login_pages(&login, None);
        let form = self.login_form(&pages, Who::Stranger).await?;
        Ok(Scouted {
            form_page: form.map(|found| found.form.page),
            login,
            anonymous,
            notes,
        })
    }

    /// The page that proves a sign-in.
    pub(crate) fn proof_url(&self) -> Result<Url, Error> {
        Marks::of(self).map(|marks| marks.dashboard)
    }

    /// Where the sign-out is.
    pub(crate) fn logout_url(&self) -> Result<Url, Error> {
        self.url(&self.paths.logout)
    }

    /// The login of a user for a server without a form: by the fields' names, or as JSON.
    pub(crate) fn without_form(
        &self,
        login: &Url,
        jar: &Jar,
        user: &str,
        password: Option<&Secret>,
    ) -> Result<Ready, Error> {
        let who = Credentials { user, password };
        let (headers, body) = self.formless(login, jar, who)?;
        let (content_type, body) = body.encoded();
        Ok(Ready {
            action: login.clone(),
            headers,
            content_type,
            body,
        })
    }

    /// The form of a login page, filled in for a user who has these cookies; nothing where there is none that may be
    /// sent: to this server, and not by an address with the password in it.
    pub(crate) fn filled_form(
        &self,
        html: &str,
        at: &Url,
        jar: &Jar,
        user: &str,
        password: Option<&Secret>,
    ) -> Option<Ready> {
        let form = LoginForm::find(html, at, self.names())?;
        if form.is_get || !jar.origin().covers(&form.action) {
            return None;
        }
        let filling = Filling {
            user,
            password: password.map_or("", Secret::expose),
            remember: self.remember,
        };
        let (content_type, body) = form.body(filling).encoded();
        Some(Ready {
            headers: form.headers(&jar.details()),
            action: form.action,
            content_type,
            body,
        })
    }
}
