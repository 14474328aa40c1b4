//! The login form of a page, found and filled in as a browser does. No I/O.
//!
//! Hidden fields come along, and so do the tokens against cross-site requests that are told elsewhere: in a `<meta>`
//! (Rails, Laravel), or in a cookie that scripts are meant to copy into a header (Django, Angular).

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};
use scraper::{ElementRef, Html, Selector};
use url::{Url, form_urlencoded};

use super::payload::{FormPart, Payload};
use crate::CookieDetail;

/// Cookies whose value goes into a header.
const TOKEN_COOKIES: [(&str, &str); 2] =
    [("xsrf-token", "x-xsrf-token"), ("csrftoken", "x-csrftoken")];

/// A login form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LoginForm {
    /// Where it is sent.
    pub(super) action: Url,
    /// It would put the password into the address.
    pub(super) is_get: bool,
    is_multipart: bool,
    fields: Vec<Field>,
    /// The box that asks to be remembered.
    remember: Option<(String, String)>,
    /// The token of a `<meta>`.
    token: Option<String>,
    page: Url,
}

#[derive(Debug, PartialEq, Eq)]
struct Field {
    name: String,
    value: Value,
}

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    User,
    Password,
}

/// The names that were said, or are expected when nobody says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    /// Whether somebody said them: then they stand, whatever the form has.
    pub(super) user_is_said: bool,
    pub(super) password_is_said: bool,
}

/// What goes into the form.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) remember: bool,
}

impl LoginForm {
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

    /// The names of the fields for user and password.
    pub(super) fn names(&self) -> (Option<&str>, Option<&str>) {
        let name = |wanted: &Value| {
            let field = self.fields.iter().find(|field| field.value == *wanted)?;
            Some(field.name.as_str())
        };
        (name(&Value::User), name(&Value::Password))
    }

    pub(super) fn body(&self, filling: Filling<'_>) -> Payload {
        let fields = self.fields.iter().map(|field| {
            let value = match &field.value {
                Value::Text(text) => text.as_str(),
                Value::User => filling.user,
                Value::Password => filling.password,
            };
            (field.name.as_str(), value)
        });
        let box_of_its_own = self
            .remember
            .as_ref()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let remember = filling
            .remember
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
        let mut headers = HeaderMap::new();
        let mut add = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        };
        add(ORIGIN, &self.page.origin().ascii_serialization());
        add(REFERER, self.page.as_str());
        if let Some(token) = &self.token {
            add(HeaderName::from_static("x-csrf-token"), token);
        }
        for (cookie, header) in TOKEN_COOKIES {
            let found = cookies
                .iter()
                .find(|one| one.name.eq_ignore_ascii_case(cookie));
            if let Some(found) = found {
                // Laravel encodes it as an address is.
                let pair = format!("v={}", found.value.expose().replace('+', "%2B"));
                if let Some((_, value)) = form_urlencoded::parse(pair.as_bytes()).next() {
                    add(HeaderName::from_static(header), &value);
                }
            }
        }
        headers
    }
}

/// The fields that a browser would send, and the box that asks to be remembered.
fn fields(form: ElementRef<'_>, names: Names<'_>) -> (Vec<Field>, Option<(String, String)>) {
    let controls: Vec<_> = form
        .select(&selector("input, select, textarea, button"))
        .filter(|control| control.attr("disabled").is_none())
        .collect();
    let name_of = |control: &ElementRef<'_>| control.attr("name").unwrap_or_default().to_owned();
    let password = controls.iter().position(is_password);
    let user = user_field(&controls, password, names);
    let (mut fields, mut remember, mut has_button) = (Vec::new(), None, false);
    for (at, control) in controls.iter().enumerate() {
        let mut name = name_of(control);
        let value = control.attr("value").unwrap_or_default();
        let value = if Some(at) == password {
            if names.password_is_said || name.is_empty() {
                names.password.clone_into(&mut name);
            }
            Value::Password
        } else if Some(at) == user {
            if names.user_is_said || name.is_empty() {
                names.user.clone_into(&mut name);
            }
            Value::User
        } else {
            match (control.value().name(), &*kind(control)) {
                ("input", "checkbox" | "radio") => {
                    let value = control.attr("value").unwrap_or("on").to_owned();
                    if is_remember(&name) {
                        remember = Some((name, value));
                        continue;
                    }
                    if control.attr("checked").is_none() {
                        continue;
                    }
                    Value::Text(value)
                }
                // A browser tells which button was pressed.
                ("button", "" | "submit") | ("input", "submit") if !has_button => {
                    has_button = true;
                    Value::Text(value.to_owned())
                }
                ("button", _)
                | ("input", "submit" | "image" | "button" | "reset" | "file" | "password") => {
                    continue;
                }
                ("select", _) => match chosen(control) {
                    Some(value) => Value::Text(value),
                    None => continue,
                },
                ("textarea", _) => Value::Text(control.text().collect()),
                _ => Value::Text(value.to_owned()),
            }
        };
        if !name.is_empty() {
            fields.push(Field { name, value });
        }
    }
    (fields, remember)
}

/// The field for the name: the one that says so, else the last text before the password, else the first.
fn user_field(
    controls: &[ElementRef<'_>],
    password: Option<usize>,
    names: Names<'_>,
) -> Option<usize> {
    let texts: Vec<_> = (0..controls.len())
        .filter(|at| is_text(&controls[*at]))
        .collect();
    let find =
        |is: &dyn Fn(&ElementRef<'_>) -> bool| texts.iter().copied().find(|at| is(&controls[*at]));
    let attribute = |control: &ElementRef<'_>, name: &str| {
        control.attr(name).unwrap_or_default().to_ascii_lowercase()
    };
    find(&|control| control.attr("name") == Some(names.user))
        .or_else(|| {
            find(&|control| matches!(&*attribute(control, "autocomplete"), "username" | "email"))
        })
        .or_else(|| {
            find(&|control| {
                let words = [attribute(control, "name"), attribute(control, "id")].join(" ");
                ["user", "login", "email", "mail", "account"]
                    .iter()
                    .any(|word| words.contains(word))
            })
        })
        .or_else(|| {
            texts
                .iter()
                .copied()
                .rfind(|at| password.is_none_or(|password| *at < password))
        })
        .or_else(|| texts.first().copied())
}

fn kind(control: &ElementRef<'_>) -> String {
    control
        .attr("type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

fn is_password(control: &ElementRef<'_>) -> bool {
    control.value().name() == "input" && kind(control) == "password"
}

fn is_text(control: &ElementRef<'_>) -> bool {
    control.value().name() == "input"
        && matches!(
            &*kind(control),
            "" | "text" | "email" | "tel" | "search" | "number"
        )
}

fn is_remember(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["remember", "persist", "stay", "keep"]
        .iter()
        .any(|word| name.contains(word))
}

fn chosen(select: &ElementRef<'_>) -> Option<String> {
    let options: Vec<_> = select.select(&selector("option")).collect();
    let chosen = options
        .iter()
        .find(|option| option.attr("selected").is_some());
    let option = chosen.or(options.first())?;
    let value = option.attr("value").map(ToOwned::to_owned);
    Some(value.unwrap_or_else(|| option.text().collect::<String>().trim().to_owned()))
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a constant selector is right")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Names<'static> = Names {
        user: "username",
        password: "password",
        user_is_said: false,
        password_is_said: false,
    };

    fn page() -> Url {
        Url::parse("http://h/accounts/login?next=/x").unwrap()
    }

    /// The form's address and its body, filled in.
    fn sent(html: &str, remember: bool) -> Option<(String, String)> {
        let form = LoginForm::find(html, &page(), PLAIN)?;
        let filling = Filling {
            user: "ann",
            password: "pw",
            remember,
        };
        let Payload::Bytes { bytes, .. } = form.body(filling) else {
            panic!("not in parts");
        };
        Some((
            form.action.to_string(),
            String::from_utf8(bytes.to_vec()).unwrap(),
        ))
    }

    #[test]
    fn the_fields_that_a_browser_sends_are_sent() {
        for (html, action, body) in [
            (
                "<form method=post><input type=hidden name=t value=1><input name=u><input type=password name=p></form>",
                "http://h/accounts/login?next=/x",
                "t=1&u=ann&p=pw",
            ),
            (
                "<form method=POST action='/in#x'><input name=q type=text><input name=mail type=email><input type=PASSWORD name=p><button name=go value=now>In</button><button name=other>x</button></form>",
                "http://h/in",
                "q=&mail=ann&p=pw&go=now",
            ),
            (
                "<base href='/b/'><form method=post action=in><input name=a autocomplete=username><input name=user2><input type=password name=p><input type=checkbox name=c checked><input type=checkbox name=d><select name=s><option>one<option value=2 selected>two</select><input disabled name=n value=v></form>",
                "http://h/b/in",
                "a=ann&user2=&p=pw&c=on&s=2",
            ),
            (
                "<form action=/search><input name=q></form><form method=post><input id=login_x name=f1><input type=password name=p><input type=submit name=s value=In></form>",
                "http://h/accounts/login?next=/x",
                "f1=ann&p=pw&s=In",
            ),
            (
                "<div><input name=user><input type=password></div>",
                "http://h/accounts/login?next=/x",
                "user=ann&password=pw",
            ),
            // The one to sign in, and not the one to sign up.
            (
                "<form method=post action=/up><input name=u><input type=password name=a><input type=password name=b></form><form method=post action=/in><input name=u><input type=password name=p></form>",
                "http://h/in",
                "u=ann&p=pw",
            ),
        ] {
            let sent = sent(html, false);
            assert_eq!(sent, Some((action.to_owned(), body.to_owned())), "{html}");
        }
        for html in ["", "<form><input name=user></form>", "type=password"] {
            assert_eq!(sent(html, false), None, "{html}");
        }
    }

    #[test]
    fn the_box_to_be_remembered_is_ticked_for_those_who_ask() {
        let html = "<form method=post><input name=u><input type=password name=p><input type=checkbox name=remember_me value=yes checked></form>";
        assert_eq!(sent(html, false).unwrap().1, "u=ann&p=pw");
        assert_eq!(sent(html, true).unwrap().1, "u=ann&p=pw&remember_me=yes");
    }

    #[test]
    fn names_that_were_said_stand() {
        let html =
            "<form method=post><input name=u><input name=v><input type=password name=p></form>";
        let said = Names {
            user: "v",
            user_is_said: true,
            ..PLAIN
        };
        let form = LoginForm::find(html, &page(), said).unwrap();
        assert_eq!(form.names(), (Some("v"), Some("p")));
        assert!(!form.is_get);
        let by_get = LoginForm::find(&html.replace("method=post", ""), &page(), PLAIN).unwrap();
        assert!(by_get.is_get);
    }

    #[test]
    fn tokens_and_where_the_form_came_from_go_into_headers() {
        let html = "<meta name=csrf-token content='t&amp;1'><form method=post enctype=multipart/form-data><input name=u><input type=password name=p></form>";
        let form = LoginForm::find(html, &page(), PLAIN).unwrap();
        let cookie = |name: &str, value: &str| CookieDetail {
            name: name.to_owned(),
            value: sessctl_api::Secret::new(value),
            domain: "h".to_owned(),
            with_subdomains: false,
            path: "/".to_owned(),
            secure: false,
            http_only: false,
            same_site: None,
            expires: None,
        };
        let cookies = [
            cookie("XSRF-TOKEN", "a%3D+b"),
            cookie("csrftoken", "dj"),
            cookie("sid", "s"),
        ];
        let headers = form.headers(&cookies);
        for (name, value) in [
            ("origin", "http://h"),
            ("referer", "http://h/accounts/login?next=/x"),
            ("x-csrf-token", "t&1"),
            ("x-xsrf-token", "a=+b"),
            ("x-csrftoken", "dj"),
        ] {
            assert_eq!(headers[name], value);
        }
        assert_eq!(headers.len(), 5);
        let filling = Filling {
            user: "ann",
            password: "pw",
            remember: false,
        };
        assert!(matches!(form.body(filling), Payload::Parts(parts) if parts.len() == 2));
    }
}
