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
}

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthChoice {
    /// Any name, no password; on loopback only
    Open,
    /// Accounts with passwords (not in this version)
    Users,
}

const KEYS: &str =
    "listen, admin, store, auth, idle, absolute, public_url, log_format, log_requests";

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
                _ => return Err(wrong(key, &format!("is not known; the keys are {KEYS}"))),
            }
        }
        Ok(settings)
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
    }

    #[test]
    fn mistakes_name_the_key_and_what_it_wants() {
        for (text, says) in [
            ("listn = \"x\"", "listen, admin"),
            ("listen = 3000", "text in quotes"),
            ("idle = \"soon\"", "30m"),
            ("auth = \"maybe\"", "open, users"),
            ("log_requests = \"yes\"", "true or false"),
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
