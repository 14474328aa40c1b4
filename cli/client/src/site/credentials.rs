//! The request that carries name and password: the login page's form filled in as a browser would, the fields by their
//! names where there is no such page, or JSON.

pub(super) mod template;

use reqwest::Method;
use url::{Url, form_urlencoded};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_HTML, ACCEPT_JSON, ACCEPT_PAGE, Site},
    form::{self, Credentials, Form, Names},
    page,
    paths::{SitePaths, Via},
    payload::Payload,
};
use crate::{Error, Jar, Secret};

/// The request, and how the two fields are called in it.
pub(crate) struct Filled {
    pub(crate) ask: Ask<'static>,
    /// Of the user and of the password; nothing where a template says it.
    pub(crate) names: Option<[String; 2]>,
}

/// A form, and whether cookies came with its page.
pub(super) struct Found {
    pub(super) form: Form,
    brought_cookies: bool,
}

impl Site {
    /// The pages that may have the login form, the best guess first. `led_to` is where strangers are sent that ask for
    /// the dashboard.
    pub(crate) fn login_pages(&self, login: &Url, led_to: Option<&Url>) -> Vec<Url> {
        let mut pages = vec![login.clone()];
        if !self.login_is_said() {
            pages.splice(0..0, led_to.cloned());
            pages.push(self.base.clone());
        }
        pages
    }

    /// Whether somebody said where the login is. The path that is expected anyhow counts as unsaid.
    pub(super) fn login_is_said(&self) -> bool {
        self.paths.login != SitePaths::default().login
    }

    /// Somebody with that name and password, who is remembered if the site was told to ask for that.
    pub(crate) fn credentials<'a>(
        &self,
        user: &'a str,
        password: Option<&'a Secret>,
    ) -> Credentials<'a> {
        Credentials {
            user,
            password,
            remember: self.remember,
        }
    }

    /// Puts the request together. The pages are asked for with the jar, for a form's tokens belong to its cookies.
    pub(crate) async fn fill_in(
        &self,
        pages: &[Url],
        login: &Url,
        who: Credentials<'_>,
    ) -> Result<Filled, Error> {
        let mut form = match self.paths.via {
            Via::Form => self.login_form(pages, Who::Jar).await?,
            Via::Json => {
                // Asking first is how a cookie with a token comes.
                let ask = Ask::new(Method::GET, login.clone(), ACCEPT_JSON, Who::Jar);
                self.reach(ask).await?;
                None
            }
        };
        let knows_us = || {
            pages
                .iter()
                .any(|page| self.jar.cookie_header(page).is_some())
        };
        if form.is_none() && self.paths.via == Via::Form && knows_us() {
            // Whoever is signed in may be sent past the form.
            form = self.login_form(pages, Who::Stranger).await?;
            let is_bound = |found: &Found| found.brought_cookies && found.form.has_token();
            if form.as_ref().is_some_and(is_bound) {
                // It is a stranger's, and only a stranger can send it.
                self.jar.forget();
                form = self.login_form(pages, Who::Jar).await?;
            }
        }
        Ok(match form {
            Some(Found { form, .. }) => Filled {
                names: Some(form.names()),
                ask: self.posted(&form, &self.jar, who)?,
            },
            None => Filled {
                names: self.formless_names(),
                ask: self.formless(login, &self.jar, who)?,
            },
        })
    }

    /// The login form of a page, filled in for whoever has these cookies. Refused is one that is not sent to this server,
    /// or by an address with the password in it.
    pub(super) fn posted(
        &self,
        form: &Form,
        jar: &Jar,
        who: Credentials<'_>,
    ) -> Result<Ask<'static>, Error> {
        if !jar.origin().covers(&form.action) {
            let elsewhere = page::without_query(&form.action);
            let why = format!(
                "the login form is sent to another server, {elsewhere}: name that one with --server; nothing was sent"
            );
            return Err(refused(why));
        }
        if form.is_get {
            let why = "the login form would put the password into the address (method GET); nothing was sent";
            return Err(refused(why.to_owned()));
        }
        Ok(form.ask(jar, Some(who)))
    }

    /// How the fields are called, as far as that was said.
    pub(super) fn names(&self) -> Names<'_> {
        let own = SitePaths::default();
        Names {
            user: &self.paths.user_field,
            password: &self.paths.password_field,
            user_is_said: self.paths.user_field != own.user_field,
            password_is_said: self.paths.password_field != own.password_field,
        }
    }

    pub(super) async fn login_form(
        &self,
        pages: &[Url],
        who: Who<'_>,
    ) -> Result<Option<Found>, Error> {
        for page in pages {
            let ask = Ask::new(Method::GET, page.clone(), ACCEPT_HTML, who);
            let page = self.reach(ask).await?;
            if page.left.is_some() || page.status >= 500 || !page::is_html(&page) {
                continue;
            }
            let html = String::from_utf8_lossy(&page.body);
            if let Some(form) = Form::find(&html, &page.url, self.names()) {
                let brought_cookies = !page.set_cookies.is_empty();
                return Ok(Some(Found {
                    form,
                    brought_cookies,
                }));
            }
        }
        Ok(None)
    }

    /// What is sent where there is no form: JSON, or the fields by their names.
    pub(crate) fn formless(
        &self,
        login: &Url,
        jar: &Jar,
        who: Credentials<'_>,
    ) -> Result<Ask<'static>, Error> {
        let ask = |accept| Ask::new(Method::POST, login.clone(), accept, Who::Jar);
        if self.paths.via == Via::Json {
            let template = match &self.paths.login_body {
                Some(template) => template::read(template)?,
                None => {
                    let (user, password) = (&self.paths.user_field, &self.paths.password_field);
                    serde_json::json!({user: "{user}", password: "{password}"})
                }
            };
            let body = template::filled_in(template, who.user, who.password());
            return Ok(Ask {
                headers: form::browser_headers(login, &jar.details()),
                body: Some(Payload::json(body.to_string())),
                ..ask(ACCEPT_JSON)
            });
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(&self.paths.user_field, who.user);
        if who.password.is_some() {
            form.append_pair(&self.paths.password_field, who.password());
        }
        if who.remember {
            form.append_pair("remember", "on");
        }
        Ok(Ask {
            body: Some(Payload::form(form.finish())),
            ..ask(ACCEPT_PAGE)
        })
    }

    /// The names of its fields; nothing where a template says them.
    fn formless_names(&self) -> Option<[String; 2]> {
        let names = [&self.paths.user_field, &self.paths.password_field];
        let is_said = self.paths.via == Via::Json && self.paths.login_body.is_some();
        (!is_said).then(|| names.map(Clone::clone))
    }
}

fn refused(why: String) -> Error {
    Error::LoginRefused { why, status: None }
}
