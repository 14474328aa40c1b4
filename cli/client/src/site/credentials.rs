//! The request that carries name and password: the login page's form filled in as a browser would, the fields by their
//! names where there is no such page, or JSON.

use reqwest::Method;
use serde_json::Value;
use sessctl_api::text::clean;
use url::{Url, form_urlencoded};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_HTML, ACCEPT_JSON, ACCEPT_PAGE, Site},
    form::{self, Filling, LoginForm, Names},
    page,
    paths::{SitePaths, Via},
};
use crate::{Error, Secret};

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
struct Found {
    form: LoginForm,
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
        if self.paths.via == Via::Json {
            return self.json(login, who).await;
        }
        let mut form = self.login_form(pages, Who::Jar).await?;
        let knows_us = || {
            pages
                .iter()
                .any(|page| self.jar.cookie_header(page).is_some())
        };
        if form.is_none() && knows_us() {
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
            let ask = Ask::new(Method::POST, login.clone(), ACCEPT_PAGE, Who::Jar);
            let names = [&self.paths.user_field, &self.paths.password_field];
            return Ok(Filled {
                ask: ask.with_form(self.fields(who)),
                names: Some(names.map(Clone::clone)),
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

    async fn login_form(&self, pages: &[Url], who: Who<'_>) -> Result<Option<Found>, Error> {
        let own = SitePaths::default();
        let names = Names {
            user: &self.paths.user_field,
            password: &self.paths.password_field,
            user_is_said: self.paths.user_field != own.user_field,
            password_is_said: self.paths.password_field != own.password_field,
        };
        for page in pages {
            let ask = Ask::new(Method::GET, page.clone(), ACCEPT_HTML, who);
            let page = self.reach(ask).await?;
            if page.left.is_some() || page.status >= 500 || !page::is_html(&page) {
                continue;
            }
            let html = String::from_utf8_lossy(&page.body);
            if let Some(form) = LoginForm::find(&html, &page.url, names) {
                let brought_cookies = !page.set_cookies.is_empty();
                return Ok(Some(Found {
                    form,
                    brought_cookies,
                }));
            }
        }
        Ok(None)
    }

    fn fields(&self, who: Credentials<'_>) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair(&self.paths.user_field, who.user);
        if who.password.is_some() {
            form.append_pair(&self.paths.password_field, who.password());
        }
        if self.remember {
            form.append_pair("remember", "on");
        }
        form.finish()
    }

    /// JSON, with the tokens that cookies carry: asking first is how such a cookie comes.
    async fn json(&self, login: &Url, who: Credentials<'_>) -> Result<Filled<'_>, Error> {
        let (body, names) = match &self.paths.login_body {
            Some(template) => (template_of(template)?, None),
            None => {
                let (user, password) = (&self.paths.user_field, &self.paths.password_field);
                let body = serde_json::json!({user: "{user}", password: "{password}"});
                (body, Some([user.clone(), password.clone()]))
            }
        };
        let ask = Ask::new(Method::GET, login.clone(), ACCEPT_JSON, Who::Jar);
        self.reach(ask).await?;
        let ask = Ask::new(Method::POST, login.clone(), ACCEPT_JSON, Who::Jar);
        Ok(Filled {
            ask: Ask {
                headers: form::browser_headers(login, &self.jar.details()),
                ..ask.with_json(filled_in(body, who).to_string())
            },
            names,
        })
    }
}

/// Reads a template, so that a broken one is told before anything is sent.
pub(super) fn template_of(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| {
        let what = clean(&error.to_string()).into_owned();
        Error::BadInput(format!(
            "the body of the login is no JSON: {what}; it is a template such as {{\"email\": \"{{user}}\", \"password\": \"{{password}}\"}}"
        ))
    })
}

/// Puts name and password where a template has their places. What they hold is never taken for a place itself.
fn filled_in(template: Value, who: Credentials<'_>) -> Value {
    match template {
        Value::String(text) => {
            let parts = text.split("{user}");
            let parts = parts.map(|part| part.replace("{password}", who.password()));
            Value::String(parts.collect::<Vec<_>>().join(who.user))
        }
        Value::Array(items) => {
            let items = items.into_iter().map(|item| filled_in(item, who));
            items.collect()
        }
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, filled_in(value, who)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn refused(why: String) -> Error {
    Error::LoginRefused { why, status: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_any_name_and_password_as_they_are() {
        let template =
            r#"{"user": {"email": "{user}"}, "secret": ["<{password}>"], "n": 1, "{user}": true}"#;
        let secret = Secret::new("a\"{user}\\");
        let who = Credentials {
            user: "{password}\"",
            password: Some(&secret),
        };
        let body = filled_in(template_of(template).unwrap(), who);
        let wanted = serde_json::json!({
            "user": {"email": "{password}\""}, "secret": ["<a\"{user}\\>"], "n": 1, "{user}": true,
        });
        assert_eq!(body, wanted);
        let error = template_of("{user}").unwrap_err().to_string();
        assert!(
            error.contains("no JSON") && error.contains("{password}"),
            "{error}"
        );
    }
}
