//! The `[serve]` table of a settings file, below flags and environment.

use std::time::Duration;

use clap::ValueEnum;
use sessctl_api::span;

use crate::{
    exit::{Code, Failure},
    logging::LogFormat,
};

/// What the `[serve]` table may hold; every value as it would be written on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ServeSettings {
    pub(crate) listen: Option<String>,
    pub(crate) admin: Option<String>,
    pub(crate) store: Option<String>,
    pub(crate) auth: Option<AuthChoice>,
    pub(crate) idle: Option<Duration>,
    pub(crate) absolute: Option<Duration>,
    pub(crate) public_url: Option<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log_requests: Option<bool>,
    pub(crate) cookie: CookieSettings,
}

/// The part of the table that is about sessions and their cookie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CookieSettings {
    pub(crate) secret_file: Option<String>,
    pub(crate) resave: bool,
    pub(crate) save_uninitialized: bool,
    pub(crate) rolling: bool,
    pub(crate) name: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) same_site: Option<SameSiteChoice>,
    pub(crate) secure: Option<SecureChoice>,
    /// In KiB.
    pub(crate) data_limit: Option<u32>,
    pub(crate) data_keys: Option<u32>,
}

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthChoice {
    /// Any name, no password; on loopback only
    Open,
    /// Accounts with passwords (not in this version)
    Users,
}

/// Which requests that another site causes the cookie comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SameSiteChoice {
    /// When a link there is followed
    Lax,
    /// None
    Strict,
    /// All; the cookie must be a secure one
    None,
}

/// Whether the cookie is sent by HTTPS alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecureChoice {
    /// If --public-url is an https:// one
    Auto,
    /// Yes; also behind a proxy that does the HTTPS
    Always,
    /// No
    Never,
}

const KEYS: &str = "listen, admin, store, auth, idle, absolute, public_url, log_format, log_requests, \
    secret_file, resave, save_uninitialized, rolling, cookie_name, cookie_path, cookie_domain, cookie_max_age, \
    cookie_same_site, cookie_secure, data_limit, data_keys";

impl ServeSettings {
    pub(crate) fn read(table: &toml::Table) -> Result<Self, Failure> {
        let mut settings = Self::default();
        for (key, value) in table {
            match key.as_str() {
                "listen" => settings.listen = Some(text(key, value)?),
                "admin" => settings.admin = Some(text(key, value)?),
                "store" => settings.store = Some(text(key, value)?),
                "auth" => settings.auth = Some(choice(key, value)?),
                "idle" => settings.idle = Some(parsed(key, value, span::parse)?),
                "absolute" => settings.absolute = Some(parsed(key, value, span::parse)?),
                "public_url" => settings.public_url = Some(text(key, value)?),
                "log_format" => settings.log_format = Some(choice(key, value)?),
                "log_requests" => settings.log_requests = Some(flag(key, value)?),
                _ if settings.cookie.takes(key, value)? => {}
                _ => return Err(wrong(key, &format!("is not known; the keys are {KEYS}"))),
            }
        }
        Ok(settings)
    }
}

impl CookieSettings {
    /// Takes a value; `false`: no such key.
    fn takes(&mut self, key: &str, value: &toml::Value) -> Result<bool, Failure> {
        match key {
            "secret_file" => self.secret_file = Some(text(key, value)?),
            "resave" => self.resave = flag(key, value)?,
            "save_uninitialized" => self.save_uninitialized = flag(key, value)?,
            "rolling" => self.rolling = flag(key, value)?,
            "cookie_name" => self.name = Some(text(key, value)?),
            "cookie_path" => self.path = Some(text(key, value)?),
            "cookie_domain" => self.domain = Some(text(key, value)?),
            "cookie_max_age" => self.max_age = Some(parsed(key, value, span::parse)?),
            "cookie_same_site" => self.same_site = Some(choice(key, value)?),
            "cookie_secure" => self.secure = Some(choice(key, value)?),
            "data_limit" => self.data_limit = Some(number(key, value)?),
            "data_keys" => self.data_keys = Some(number(key, value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn text(key: &str, value: &toml::Value) -> Result<String, Failure> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| wrong(key, "wants a text in quotes"))
}

fn flag(key: &str, value: &toml::Value) -> Result<bool, Failure> {
    value
        .as_bool()
        .ok_or_else(|| wrong(key, "wants true or false"))
}

fn number(key: &str, value: &toml::Value) -> Result<u32, Failure> {
    value
        .as_integer()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| *number > 0)
        .ok_or_else(|| wrong(key, "wants a number of 1 or more"))
}

fn parsed<T>(
    key: &str,
    value: &toml::Value,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    parse(&text(key, value)?).map_err(|why| wrong(key, &why))
}

fn choice<T: ValueEnum>(key: &str, value: &toml::Value) -> Result<T, Failure> {
    let names = || {
        T::value_variants()
            .iter()
            .filter_map(|v| Some(v.to_possible_value()?.get_name().to_owned()))
    };
    T::from_str(&text(key, value)?, false).map_err(|_| {
        wrong(
            key,
            &format!("is one of {}", names().collect::<Vec<_>>().join(", ")),
        )
    })
}

fn wrong(key: &str, why: &str) -> Failure {
    Failure::new(
        Code::USAGE,
        format!("settings, [serve] {}: {why}", sessctl_api::text::clean(key)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ServeSettings, Failure> {
        ServeSettings::read(&text.parse().unwrap())
    }

    #[test]
    fn the_serve_table_says_what_flags_say() {
        let settings = read(
            "listen = \"127.0.0.1:0\"\nauth = \"open\"\nidle = \"1h30m\"\nlog_requests = true",
        )
        .unwrap();
        assert_eq!(settings.listen.as_deref(), Some("127.0.0.1:0"));
        assert_eq!(settings.auth, Some(AuthChoice::Open));
        assert_eq!(settings.idle, Some(Duration::from_secs(5_400)));
        assert_eq!(settings.log_requests, Some(true));
        let settings = read(
            "secret_file = \"s\"\nrolling = true\ncookie_max_age = \"1h\"\ncookie_same_site = \"strict\"\ndata_limit = 8",
        )
        .unwrap();
        let expected = CookieSettings {
            secret_file: Some("s".to_owned()),
            rolling: true,
            max_age: Some(Duration::from_secs(3_600)),
            same_site: Some(SameSiteChoice::Strict),
            data_limit: Some(8),
            ..CookieSettings::default()
        };
        assert_eq!(settings.cookie, expected);
    }

    #[test]
    fn mistakes_name_the_key_and_what_it_wants() {
        for (text, says) in [
            ("listn = \"x\"", "listen, admin"),
            ("listen = 3000", "text in quotes"),
            ("idle = \"soon\"", "30m"),
            ("auth = \"maybe\"", "open, users"),
            ("log_requests = \"yes\"", "true or false"),
            ("cookie_secure = \"maybe\"", "auto, always, never"),
            ("data_keys = 0", "1 or more"),
            ("cookie = \"x\"", "cookie_name, cookie_path"),
        ] {
            let failure = read(text).unwrap_err();
            assert!(
                failure.message(false).contains(says),
                "{text}: {}",
                failure.message(false)
            );
        }
    }
}
