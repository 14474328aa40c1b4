//! The forms of a page that sign in and out, found and filled in as a browser does. No I/O.
//!
//! Hidden fields come along, and so do the tokens against cross-site requests that are told elsewhere: in a `<meta>`
//! (Rails, Laravel), or in a cookie that scripts are meant to copy into a header (Django, Angular).

mod fields;
#[cfg(test)]
mod tests;

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER},
};
use scraper::{ElementRef, Html};
use url::{Url, form_urlencoded};

pub(super) use self::fields::Names;
use self::fields::{Field, Value, fields, is_password, selector};
use super::{
    ask::{Ask, Who},
    connection::ACCEPT_PAGE,
    payload::{FormPart, Payload},
};
use crate::{CookieDetail, Jar, Secret};

/// Cookies whose value goes into a header.
const TOKEN_COOKIES: [(&str, &str); 2] =
    [("xsrf-token", "x-xsrf-token"), ("csrftoken", "x-csrftoken")];

/// A form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is sent.
    pub(super) action: Url,
    /// It would put what is filled in into the address.
    pub(super) is_get: bool,
    is_multipart: bool,
    fields: Vec<Field>,
    /// The box that asks to be remembered.
    remember: Option<(String, String)>,
    /// The token of a `<meta>`.
    token: Option<String>,
    /// The page that it stands on.
    pub(super) page: Url,
}

/// Who signs in: what goes into a login.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(super) user: &'a str,
    /// Nothing where sign-in is open.
    pub(super) password: Option<&'a Secret>,
    /// Whether to ask to be remembered.
    pub(super) remember: bool,
}

impl<'a> Credentials<'a> {
    pub(super) fn password(self) -> &'a str {
        self.password.map_or("", Secret::expose)
    }

    /// A text without the password.
    pub(super) fn hide(self, text: &str) -> String {
        match self.password() {
            "" => text.to_owned(),
            password => text.replace(password, "***"),
        }
    }
}

/// How many fields for passwords a page has.
pub(super) fn password_fields(html: &str) -> usize {
    // Most pages have none, and need no parser to show it.
    if !html.to_ascii_lowercase().contains("password") {
        return 0;
    }
    let document = Html::parse_document(html);
    document
        .select(&selector("input"))
        .filter(is_password)
        .count()
}

impl Form {
    /// Finds the login form of a page: the first with exactly one password field, else the first with any.
    pub(super) fn find(html: &str, page: &Url, names: Names<'_>) -> Option<Self> {
        let document = Html::parse_document(html);
        let forms: Vec<_> = document.select(&selector("form")).collect();
        let passwords =
            |form: &ElementRef<'_>| form.select(&selector("input")).filter(is_password).count();
        let one = forms.iter().find(|form| passwords(form) == 1);
        let form = one.or_else(|| forms.iter().find(|form| passwords(form) > 0));
        // Scripts may send what stands in no form.
        let root = document.root_element();
        let form = form
            .copied()
            .or_else(|| (passwords(&root) > 0).then_some(root))?;
        Self::read(&document, form, page, Some(names))
    }

    /// Finds the form of a page that is posted to such an address, whatever it is for.
    pub(super) fn posted_to(
        html: &str,
        page: &Url,
        is_there: impl Fn(&Url) -> bool,
    ) -> Option<Self> {
        let document = Html::parse_document(html);
        document
            .select(&selector("form"))
            .filter_map(|form| Self::read(&document, form, page, None))
            .find(|form| !form.is_get && is_there(&form.action))
    }

    /// Without names it has no fields for name and password.
    fn read(
        document: &Html,
        form: ElementRef<'_>,
        page: &Url,
        names: Option<Names<'_>>,
    ) -> Option<Self> {
        let base = document
            .select(&selector("base[href]"))
            .find_map(|base| page.join(base.attr("href")?).ok());
        let action = form
            .attr("action")
            .map(str::trim)
            .filter(|action| !action.is_empty());
        let mut action = match action {
            Some(action) => base.as_ref().unwrap_or(page).join(action).ok()?,
            None => page.clone(),
        };
        action.set_fragment(None);
        let is = |attribute: &str, word: &str| {
            let value = form.attr(attribute).unwrap_or_default();
            value.trim().eq_ignore_ascii_case(word)
        };
        let is_form = form.value().name() == "form";
        let token = document
            .select(&selector("meta[name][content]"))
            .find_map(|meta| {
                let name = meta.attr("name")?.to_ascii_lowercase();
                matches!(&*name, "csrf-token" | "csrf_token" | "_csrf" | "csrf")
                    .then(|| meta.attr("content").map(ToOwned::to_owned))?
            });
        let (fields, remember) = fields(form, names);
        Some(Self {
            action,
            is_get: is_form && !is("method", "post"),
            is_multipart: is("enctype", "multipart/form-data"),
            fields,
            remember,
            token,
            page: page.clone(),
        })
    }

    /// Whether it may hold a token, which may belong to the cookies that came with it.
    pub(super) fn has_token(&self) -> bool {
        let hidden = |field: &Field| matches!(&field.value, Value::Hidden(_));
        self.token.is_some() || self.fields.iter().any(hidden)
    }

    /// The names of the fields for user and password.
    pub(super) fn names(&self) -> [String; 2] {
        [Value::User, Value::Password].map(|wanted| {
            let field = self.fields.iter().find(|field| field.value == wanted);
            field.map_or_else(String::new, |field| field.name.clone())
        })
    }

    /// The request that sends it, for whoever has these cookies.
    pub(super) fn ask(&self, jar: &Jar, who: Option<Credentials<'_>>) -> Ask<'static> {
        Ask {
            headers: self.headers(&jar.details()),
            body: Some(self.body(who)),
            ..Ask::new(Method::POST, self.action.clone(), ACCEPT_PAGE, Who::Jar)
        }
    }

    /// What it sends: of a login form with name and password, of any other as it stands there.
    pub(super) fn body(&self, who: Option<Credentials<'_>>) -> Payload {
        let fields = self.fields.iter().map(|field| {
            let value = match &field.value {
                Value::Text(text) | Value::Hidden(text) => text.as_str(),
                Value::User => who.map_or("", |who| who.user),
                Value::Password => who.map_or("", Credentials::password),
            };
            (field.name.as_str(), value)
        });
        let box_of_its_own = self
            .remember
            .as_ref()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let remember = who
            .is_some_and(|who| who.remember)
            .then(|| box_of_its_own.unwrap_or(("remember", "on")));
        let pairs = fields.chain(remember);
        if self.is_multipart {
            let parts = pairs.map(|(name, value)| FormPart {
                name: name.to_owned(),
                bytes: value.to_owned().into(),
                file_name: None,
            });
            return Payload::Parts(parts.collect());
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        Payload::form(form.finish())
    }

    /// What a browser says beside it: where the form came from, and the tokens.
    pub(super) fn headers(&self, cookies: &[CookieDetail]) -> HeaderMap {
        let mut headers = browser_headers(&self.page, cookies);
        if let Some(token) = self
            .token
            .as_ref()
            .and_then(|token| HeaderValue::try_from(token).ok())
        {
            headers.insert(HeaderName::from_static("x-csrf-token"), token);
        }
        headers
    }
}

/// What a browser and its scripts say beside a request that a page makes: where it came from, and the tokens that
/// cookies carry.
pub(crate) fn browser_headers(page: &Url, cookies: &[CookieDetail]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    add(ORIGIN, &page.origin().ascii_serialization());
    add(REFERER, page.as_str());
    for (cookie, header) in TOKEN_COOKIES {
        let is_it = |one: &&CookieDetail| one.name.eq_ignore_ascii_case(cookie);
        if let Some(found) = cookies.iter().find(is_it) {
            // Laravel encodes it as an address is.
            let pair = format!("v={}", found.value.expose().replace('+', "%2B"));
            if let Some((_, value)) = form_urlencoded::parse(pair.as_bytes()).next() {
                add(HeaderName::from_static(header), &value);
            }
        }
    }
    headers
}
