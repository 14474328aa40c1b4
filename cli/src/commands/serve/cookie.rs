//! The options of the session and its cookie: flags, and what they come to with the settings file's.

use std::{
    fs::File,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::builder::FalseyValueParser;
use sessctl_api::span;
use sessctl_server::{BadCookie, Config, CookieOptions, SameSite, Secrets, Secure};
use sessctl_store::Settings;

use crate::{
    context::Context,
    exit::{Code, Failure},
    settings::{CookieSettings, SameSiteChoice, SecureChoice},
};

/// Headings of the help.
pub(super) const SESSIONS: &str = "Sessions";
const COOKIE: &str = "The cookie";

/// The options of express-session, with its meaning unless the help says otherwise.
#[derive(Debug, clap::Args)]
pub(super) struct CookieArgs {
    /// Begin one, without a user, for every visitor who opens a page [default: at sign-in only]
    #[arg(
        long,
        env = "SESSCTL_SAVE_UNINITIALIZED",
        value_parser = FalseyValueParser::new(),
        help_heading = SESSIONS
    )]
    save_uninitialized: bool,
    /// The most that one may hold, in KiB of JSON [default: 64]
    #[arg(
        long,
        env = "SESSCTL_DATA_LIMIT",
        value_name = "KIB",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = SESSIONS
    )]
    data_limit: Option<u32>,
    /// The most keys that one may hold [default: 64]
    #[arg(
        long,
        env = "SESSCTL_DATA_KEYS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = SESSIONS
    )]
    data_keys: Option<u32>,
    /// Changes nothing: kept for those who know it from express-session. Every request moves last seen, and a save
    /// writes only what changed [default: off]
    #[arg(
        long,
        env = "SESSCTL_RESAVE",
        value_parser = FalseyValueParser::new(),
        help_heading = SESSIONS
    )]
    resave: bool,
    /// Its name [default: sid, and __Host-sid where it is secure]
    #[arg(long, env = "SESSCTL_COOKIE_NAME", value_name = "NAME", help_heading = COOKIE)]
    cookie_name: Option<String>,
    /// Sign it with the first secret of this file and accept it signed with any of them: one a line, of 16 bytes or
    /// more, in a file that only you can read [default: not signed]
    #[arg(long, env = "SESSCTL_SECRET_FILE", value_name = "FILE", help_heading = COOKIE)]
    secret_file: Option<PathBuf>,
    /// How long browsers keep it, 400d at most [default: until they are closed]
    #[arg(
        long,
        env = "SESSCTL_COOKIE_MAX_AGE",
        value_name = "SPAN",
        value_parser = span::parse,
        help_heading = COOKIE
    )]
    cookie_max_age: Option<Duration>,
    /// Send it again with every answer, so that --cookie-max-age counts from the latest [default: off]
    #[arg(
        long,
        env = "SESSCTL_ROLLING",
        value_parser = FalseyValueParser::new(),
        help_heading = COOKIE
    )]
    rolling: bool,
    /// Whether browsers send it by HTTPS alone [default: auto]
    #[arg(
        long,
        env = "SESSCTL_COOKIE_SECURE",
        value_name = "WHEN",
        value_enum,
        help_heading = COOKIE
    )]
    cookie_secure: Option<SecureChoice>,
    /// Which requests that another site causes it comes with [default: lax]
    #[arg(
        long,
        env = "SESSCTL_COOKIE_SAME_SITE",
        value_name = "WHICH",
        value_enum,
        help_heading = COOKIE
    )]
    cookie_same_site: Option<SameSiteChoice>,
    /// Path below which browsers send it [default: /]
    #[arg(long, env = "SESSCTL_COOKIE_PATH", value_name = "PATH", help_heading = COOKIE)]
    cookie_path: Option<String>,
    /// Domain whose hosts share it, such as `example.org` [default: this host alone]
    #[arg(long, env = "SESSCTL_COOKIE_DOMAIN", value_name = "DOMAIN", help_heading = COOKIE)]
    cookie_domain: Option<String>,
}

impl CookieArgs {
    /// Drops what only the environment said: it is meant for another server than a private one.
    pub(super) fn forget_environment(&mut self, context: &Context) {
        let Self {
            secret_file,
            resave,
            save_uninitialized,
            rolling,
            cookie_name,
            cookie_path,
            cookie_domain,
            cookie_max_age,
            cookie_same_site,
            cookie_secure,
            data_limit,
            data_keys,
        } = self;
        let is_said = |name: &str| context.is_typed(name);
        secret_file.take_if(|_| !is_said("secret_file"));
        for (name, value) in [
            ("resave", resave),
            ("save_uninitialized", save_uninitialized),
            ("rolling", rolling),
        ] {
            *value &= is_said(name);
        }
        for (name, value) in [
            ("cookie_name", cookie_name),
            ("cookie_path", cookie_path),
            ("cookie_domain", cookie_domain),
        ] {
            value.take_if(|_| !is_said(name));
        }
        cookie_max_age.take_if(|_| !is_said("cookie_max_age"));
        cookie_same_site.take_if(|_| !is_said("cookie_same_site"));
        cookie_secure.take_if(|_| !is_said("cookie_secure"));
        for (name, value) in [("data_limit", data_limit), ("data_keys", data_keys)] {
            value.take_if(|_| !is_said(name));
        }
    }

    /// Applies flags before the settings file before defaults; the public origin is known by now.
    pub(super) fn apply(
        self,
        file: CookieSettings,
        config: &mut Config,
        settings: &mut Settings,
    ) -> Result<(), Failure> {
        let default = CookieOptions::default();
        let secrets = self.secret_file.or(file.secret_file.map(Into::into));
        config.cookie = CookieOptions {
            name: self.cookie_name.or(file.name),
            path: self.cookie_path.or(file.path).unwrap_or(default.path),
            domain: self.cookie_domain.or(file.domain),
            max_age: self.cookie_max_age.or(file.max_age),
            same_site: self
                .cookie_same_site
                .or(file.same_site)
                .map_or(default.same_site, Into::into),
            secure: self
                .cookie_secure
                .or(file.secure)
                .map_or(default.secure, Into::into),
            secrets: secrets
                .as_deref()
                .map(read_secrets)
                .transpose()?
                .unwrap_or_default(),
        };
        config.cookie.check(config.public_origin.as_deref())?;
        config.rolling = self.rolling || file.rolling;
        config.resave = self.resave || file.resave;
        settings.save_uninitialized = self.save_uninitialized || file.save_uninitialized;
        if let Some(kib) = self.data_limit.or(file.data_limit) {
            settings.max_data = (kib as usize).saturating_mul(1024);
        }
        if let Some(keys) = self.data_keys.or(file.data_keys) {
            settings.max_keys = keys as usize;
        }
        Ok(())
    }
}

/// Reads a file of secrets, which nobody else may read.
fn read_secrets(path: &Path) -> Result<Secrets, Failure> {
    let shown = sessctl_api::text::clean(&path.to_string_lossy()).into_owned();
    let failure = |why: String| Failure::new(Code::USAGE, format!("the secret file {shown} {why}"));
    let cannot = |error: std::io::Error| failure(format!("cannot be read: {error}"));
    let mut file = File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.permissions().mode();
    if mode & 0o077 != 0 {
        let why = format!(
            "can be read or changed by others (mode {:04o})",
            mode & 0o7777
        );
        return Err(failure(why).hint(format!("make it yours alone: chmod 600 {shown}")));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(cannot)?;
    Secrets::from_lines(&text).map_err(|fault| failure(format!("cannot be used: {fault}")))
}

impl From<SameSiteChoice> for SameSite {
    fn from(choice: SameSiteChoice) -> Self {
        match choice {
            SameSiteChoice::Lax => Self::Lax,
            SameSiteChoice::Strict => Self::Strict,
            SameSiteChoice::None => Self::None,
        }
    }
}

impl From<SecureChoice> for Secure {
    fn from(choice: SecureChoice) -> Self {
        match choice {
            SecureChoice::Auto => Self::Auto,
            SecureChoice::Always => Self::Always,
            SecureChoice::Never => Self::Never,
        }
    }
}

impl From<BadCookie> for Failure {
    fn from(bad: BadCookie) -> Self {
        let flag = bad.option;
        Self::caused(Code::USAGE, bad).hint(format!("see --cookie-{flag} in sessctl serve --help"))
    }
}
