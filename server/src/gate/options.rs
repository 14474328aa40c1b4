//! What can be chosen of the session cookie, and which choices go together.
//!
//! The names and their meaning are express-session's; `OPTIONS.md` says where this server differs and why.

use std::{net::IpAddr, time::Duration};

use super::{
    cookie::{Cookie, LONGEST_MAX_AGE},
    mac::Secrets,
};

/// Browsers drop longer attributes.
const LONGEST_ATTRIBUTE: usize = 1024;

/// The longest name: with an id and its signature far below the 4,096 bytes that browsers keep.
const LONGEST_NAME: usize = 256;

/// Its name where none is said, before a prefix.
const DEFAULT_NAME: &str = "sid";

/// Which requests from other sites a browser sends the cookie with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// When somebody follows a link here.
    #[default]
    Lax,
    /// Never.
    Strict,
    /// Always; by HTTPS only.
    None,
}

impl SameSite {
    /// As it is written in a Set-Cookie line.
    fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }
}

/// Whether browsers send the cookie by HTTPS alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Secure {
    /// When the public address is an `https://` one, or without one when the listener speaks TLS.
    #[default]
    Auto,
    Always,
    Never,
}

/// The options of the session cookie, as somebody wants them.
#[derive(Debug, Clone)]
pub struct CookieOptions {
    /// `None`: `sid`, with the prefix that promises most of what is so: `__Host-` for a secure cookie of one whole
    /// host, `__Secure-` for another secure one.
    pub name: Option<String>,
    /// The path at and below which browsers send it.
    pub path: String,
    /// The domain that shares it with the hosts below; `None`: this host alone.
    pub domain: Option<String>,
    /// How long a browser keeps it; `None`: until the browser ends. The session's own limits count all the same.
    pub max_age: Option<Duration>,
    pub same_site: SameSite,
    pub secure: Secure,
    /// What its value is signed with.
    pub secrets: Secrets,
}

impl Default for CookieOptions {
    fn default() -> Self {
        Self {
            name: None,
            path: "/".to_owned(),
            domain: None,
            max_age: None,
            same_site: SameSite::Lax,
            secure: Secure::Auto,
            secrets: Secrets::default(),
        }
    }
}

impl Default for Cookie {
    fn default() -> Self {
        CookieOptions::default()
            .check(None)
            .expect("the default options go together")
    }
}

/// Why browsers would not keep such a cookie, or would keep it otherwise than was meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session cookie's {option} {value:?} {why}")]
pub struct BadCookie {
    /// The option in words, such as `name`.
    pub option: &'static str,
    /// What it was to be, harmless on a terminal.
    pub value: String,
    pub why: String,
}

fn bad(option: &'static str, value: &str, why: impl Into<String>) -> BadCookie {
    BadCookie {
        option,
        value: sessctl_api::text::clean(value).into_owned(),
        why: why.into(),
    }
}

impl CookieOptions {
    /// Judges the options, alone and together, for a server that browsers see at this origin.
    pub fn check(&self, public_origin: Option<&str>) -> Result<Cookie, BadCookie> {
        let is_https = public_origin.map(|origin| origin.starts_with("https://"));
        let is_secure = match self.secure {
            Secure::Auto => is_https.unwrap_or(false),
            Secure::Always if is_https == Some(false) => {
                let why = "means that it is sent by HTTPS alone, but the public address is an http:// one: \
                           browsers would drop it at every sign-in; say auto, or give an https:// address";
                return Err(bad("secure", "always", why));
            }
            Secure::Always => true,
            Secure::Never => false,
        };
        let domain = self
            .domain
            .as_deref()
            .map(|domain| check_domain(domain, public_origin))
            .transpose()?;
        check_path(&self.path)?;
        if let Some(name) = &self.name {
            check_name(name)?;
            self.check_prefix(name, is_secure)?;
        }
        if self.same_site == SameSite::None && !is_secure {
            let why = "is kept by browsers only when it is secure too: give an https:// public address, \
                       or say that it is always secure";
            return Err(bad("same-site", "none", why));
        }
        let attributes = attributes(&self.path, domain.as_deref(), self.same_site, is_secure);
        Ok(Cookie::new(
            self.name_if(is_secure),
            self.path.clone(),
            attributes,
            self.max_age.map(check_max_age).transpose()?,
            self.secrets.clone(),
        ))
    }

    /// The name that was said, else the default one. A prefix makes browsers refuse the cookie from anybody who does
    /// not keep its promise: another host of the domain, or a page by plain HTTP.
    fn name_if(&self, is_secure: bool) -> String {
        let prefix = match is_secure {
            true if self.is_of_one_host() => "__Host-",
            true => "__Secure-",
            false => "",
        };
        let default = || format!("{prefix}{DEFAULT_NAME}");
        self.name.clone().unwrap_or_else(default)
    }

    fn is_of_one_host(&self) -> bool {
        self.path == "/" && self.domain.is_none()
    }

    /// What a name promises must be so. Browsers take prefixes in any case for them, servers that read the cookie
    /// may not: another spelling promises what nobody keeps.
    fn check_prefix(&self, name: &str, is_secure: bool) -> Result<(), BadCookie> {
        let starts_with = |prefix: &str| {
            let start = name.get(..prefix.len());
            start.filter(|start| start.eq_ignore_ascii_case(prefix))
        };
        let refuse = |why: &str| Err(bad("name", name, why));
        let Some(prefix) = ["__Host-", "__Secure-"]
            .into_iter()
            .find(|p| starts_with(p).is_some())
        else {
            return Ok(());
        };
        if starts_with(prefix) != Some(prefix) {
            return refuse(&format!("must be spelt {prefix} to begin with"));
        }
        if name.len() == prefix.len() {
            return refuse("is only a prefix");
        }
        if !is_secure {
            return refuse(
                "needs a secure cookie: give an https:// public address, or say that it is always secure",
            );
        }
        if prefix == "__Host-" && !self.is_of_one_host() {
            return refuse("belongs to one whole host: it takes no domain, and no path but /");
        }
        Ok(())
    }
}

fn attributes(path: &str, domain: Option<&str>, same_site: SameSite, is_secure: bool) -> String {
    let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
    let secure = if is_secure { "; Secure" } else { "" };
    let same_site = same_site.as_str();
    format!("Path={path}{domain}; HttpOnly; SameSite={same_site}{secure}")
}

fn check_name(name: &str) -> Result<(), BadCookie> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_token) {
        let why =
            format!("is none: letters, digits and !#$&'*+-.^_`|~, at most {LONGEST_NAME} of them");
        return Err(bad("name", name, why));
    }
    // Some parsers decode it, others do not: two names for one cookie.
    if name.contains('%') {
        return Err(bad("name", name, "must not hold a percent sign"));
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), BadCookie> {
    let is_plain = path.starts_with('/')
        && path.len() <= LONGEST_ATTRIBUTE
        && path.chars().all(|c| c.is_ascii_graphic() && c != ';');
    if !is_plain {
        return Err(bad(
            "path",
            path,
            "is none: write it from its first slash on, such as /app",
        ));
    }
    Ok(())
}

/// The domain without the leading dot that some write; browsers do not care for it.
fn check_domain(domain: &str, public_origin: Option<&str>) -> Result<String, BadCookie> {
    let refuse = |why: &str| Err(bad("domain", domain, why));
    let bare = domain
        .strip_prefix('.')
        .unwrap_or(domain)
        .to_ascii_lowercase();
    let is_label = |label: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..=63).contains(&label.len()) && label.chars().all(is_plain)
    };
    let last = bare.rsplit('.').next().unwrap_or_default();
    if bare.parse::<IpAddr>().is_ok() || last.starts_with(|c: char| c.is_ascii_digit()) {
        return refuse("is an address: a cookie of an address has no domain");
    }
    if !bare.contains('.') {
        return refuse(
            "is a single word, which browsers take from no site: write one such as example.org",
        );
    }
    if bare.len() > 253 || !bare.split('.').all(is_label) {
        return refuse("is none: write one such as example.org");
    }
    if psl::suffix(bare.as_bytes()).is_some_and(|suffix| suffix == bare.as_bytes()) {
        return refuse(
            "is one below which anybody may have a name, so that browsers take no cookie for it: write your own below",
        );
    }
    let host = public_origin.map(host_of).unwrap_or_default();
    let is_below = host
        .strip_suffix(&*bare)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if public_origin.is_some() && !is_below {
        return refuse("is not that of the public address: browsers would not keep the cookie");
    }
    Ok(bare)
}

fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split(':').next().unwrap_or_default()
}

fn check_max_age(span: Duration) -> Result<u64, BadCookie> {
    if span.as_secs() == 0 || span > LONGEST_MAX_AGE {
        let value = format!("{} s", span.as_secs());
        return Err(bad(
            "max-age",
            &value,
            "is not between one second and 400 days",
        ));
    }
    Ok(span.as_secs())
}

#[cfg(test)]
mod tests;
