//! The request that carries name and password: the login page's form filled in as a browser would, the fields by their
//! names where there is no such page, or JSON.

pub(super) mod template;

use reqwest::{Method, header::HeaderMap};
use url::{Url, form_urlencoded};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_HTML, ACCEPT_JSON, ACCEPT_PAGE, Site},
    form::{self, Filling, LoginForm, Names},
    page,
    paths::{SitePaths, Via},
    payload::Payload,
};
use crate::{Error, Jar, Secret};

/// Who signs in.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: Option<&'a Secret>,
}

impl<'a> Credentials<'a> {
    fn password(self) -> &'a str {
        self.password.map_or("", Secret::expose)
    }
}

/// The request, and how the two fields are called in it.
pub(crate) struct Filled<'s> {
    pub(crate) ask: Ask<'s>,
    /// Of the user and of the password; nothing where a template says it.
    pub(crate) names: Option<[String; 2]>,
}

/// A form, and whether cookies came with its page.
pub(super) struct Found {
    pub(super) form: LoginForm,
    brought_cookies: bool,
}

impl Site {
    /// The pages that may have the login form, the best guess first. `led_to` is where strangers are sent that ask for
    /// the dashboard.
    pub(crate) fn login_pages(&self, login: &Url, led_to: Option<&Url>) -> Vec<Url> {
        let mut pages = vec![login.clone()];
        if self.paths.login == SitePaths::default().login {
            // Nobody said where it is.
            pages.splice(0..0, led_to.cloned());
            pages.push(self.base.clone());
        }
        pages
    }

    /// Puts the request together. The pages are asked for with the jar, for a form's tokens belong to its cookies.
    pub(crate) async fn fill_in(
        &self,
        pages: &[Url],
        login: &Url,
        who: Credentials<'_>,
    ) -> Result<Filled<'_>, Error> {
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
        let Some(Found { form, .. }) = form else {
            let (headers, body) = self.formless(login, &self.jar, who)?;
            let accept = match self.paths.via {
                Via::Form => ACCEPT_PAGE,
                Via::Json => ACCEPT_JSON,
            };
            return Ok(Filled {
                names: self.formless_names(),
                ask: Ask {
                    headers,
                    body: Some(body),
                    ..Ask::new(Method::POST, login.clone(), accept, Who::Jar)
                },
            });
        };
        if !self.jar.origin().covers(&form.action) {
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
        let filling = Filling {
            user: who.user,
            password: who.password(),
            remember: self.remember,
        };
        Ok(Filled {
            names: Some(form.names()),
            ask: Ask {
                headers: form.headers(&self.jar.details()),
                body: Some(form.body(filling)),
                ..Ask::new(Method::POST, form.action, ACCEPT_PAGE, Who::Jar)
            },
        })
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
            if let Some(form) = LoginForm::find(&html, &page.url, self.names()) {
                let brought_cookies = !page.set_cookies.is_empty();
                return Ok(Some(Found {
                    form,
                    brought_cookies,
                }));
            }
        }
        Ok(None)
    }

    /// What is sent where there is no form, with what goes beside it: JSON, or the fields by their names.
    pub(super) fn formless(
        &self,
        login: &Url,
        jar: &Jar,
        who: Credentials<'_>,
    ) -> Result<(HeaderMap, Payload), Error> {
        if self.paths.via == Via::Json {
            let template = match &self.paths.login_body {
                Some(template) => template::read(template)?,
                None => {
                    let (user, password) = (&self.paths.user_field, &self.paths.password_field);
                    serde_json::json!({user: "{user}", password: "{password}"})
                }
            };
            let body = template::filled_in(template, who.user, who.password());
            let headers = form::browser_headers(login, &jar.details());
            return Ok((headers, Payload::json(body.to_string())));
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(&self.paths.user_field, who.user);
        if who.password.is_some() {
            form.append_pair(&self.paths.password_field, who.password());
        }
        if self.remember {
            form.append_pair("remember", "on");
        }
        Ok((HeaderMap::new(), Payload::form(form.finish())))
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
