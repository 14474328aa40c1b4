//! What [`crate::load`] asks of a site: one sign-in that is proved, before many are made that are only counted, and the
//! login form filled in for one user among them. Who sends it is not this room's business.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use url::Url;

use super::{
    ask::{Ask, Who},
    connection::Site,
    form::{Credentials, Form},
    login::LoggedIn,
    paths::Via,
    visit::WayOut,
};
use crate::{Error, Fingerprint, Jar, Secret};

/// What was found out by signing in once, and out again.
#[derive(Debug)]
pub(crate) struct Scouted {
    /// Where logins are sent that have no form, and what says that nobody is signed in where it is led to.
    pub(crate) login: Url,
    pub(crate) way_in: WayIn,
    /// The one that worked, or a plain POST where none did, which is a note then.
    pub(crate) way_out: WayOut,
    /// The dashboard as strangers get it.
    pub(crate) anonymous: Fingerprint,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// How name and password are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WayIn {
    /// By the form of this page, which each user has to fetch: it may hold a token.
    Form(Url),
    /// As fields by their names, for there is no form.
    Fields,
    /// As JSON. The login is asked for first, for that is how a cookie with a token comes.
    Json,
}

impl Site {
    /// The same server with an empty jar that is kept nowhere.
    pub(crate) fn apart(&self, timeout: Duration, user_agent: &str) -> Result<Self, Error> {
        let jar = Arc::new(Jar::in_memory(self.jar.origin().clone()));
        let (base, paths) = (self.base.clone(), self.paths.clone());
        let site = Self::new(base, paths, jar, timeout, user_agent)?;
        Ok(match self.remember {
            true => site.remembering(),
            false => site,
        })
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
        let way_out = match self.find_way_out().await {
            Ok((_, way_out)) => way_out,
            Err(error) => {
                notes.push(format!(
                    "signing out does not work, so sessions will stay on the server: {error}"
                ));
                WayOut {
                    method: Method::POST,
                    url: self.url(&self.paths.logout)?,
                    by_form: false,
                }
            }
        };
        let login = self.url(login_path.as_ref().unwrap_or(&self.paths.login))?;
        let way_in = match self.paths.via {
            Via::Json => WayIn::Json,
            Via::Form => {
                let pages = self.login_pages(&login, None);
                let found = self.login_form(&pages, Who::Stranger).await?;
                found.map_or(WayIn::Fields, |found| WayIn::Form(found.form.page))
            }
        };
        Ok(Scouted {
            login,
            way_in,
            way_out,
            anonymous,
            notes,
        })
    }

    /// The page that proves a sign-in.
    pub(crate) fn proof_url(&self) -> Result<Url, Error> {
        self.url(&self.paths.dashboard)
    }

    /// The form of a login page, filled in for a user who has these cookies; nothing where there is none.
    pub(crate) fn filled_form(
        &self,
        html: &str,
        at: &Url,
        jar: &Jar,
        who: Credentials<'_>,
    ) -> Result<Option<Ask<'static>>, Error> {
        let form = Form::find(html, at, self.names());
        form.map(|form| self.posted(&form, jar, who)).transpose()
    }
}
