//! The options of the session cookie, by the names and with the meaning of express-session's.

use std::{
    fs::File,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use sessctl_api::span;
use sessctl_server::{BadCookie, Config, CookieOptions, SameSite, Secrets, Secure};

use super::{COOKIE, yes_or_no};
use crate::{
    commands::serve::faults::Faults,
    exit::{Code, Failure},
};

/// Which requests that another site causes the cookie comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SameSiteChoice {
    /// When a link there is followed
    Lax,
    /// None
    Strict,
    /// All; the cookie must be a secure one
    None,
}

/// Whether the cookie is sent by HTTPS alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecureChoice {
    /// With --tls-cert, and if --public-url is an https:// one
    Auto,
    /// Yes; also behind a proxy that does the HTTPS
    Always,
    /// No
    Never,
}

/// The cookie, with the meaning of express-session's options unless the help says otherwise.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct CookieArgs {
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
    /// Send it again with every answer, so that --cookie-max-age counts from the latest [default: no]
    #[arg(
        long,
        env = "SESSCTL_ROLLING",
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_or_no,
        help_heading = COOKIE
    )]
    rolling: Option<bool>,
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
    pub(in crate::commands::serve) fn apply(self, config: &mut Config, faults: &mut Faults) {
        let default = CookieOptions::default();
        let secrets = self.secret_file.as_deref().map(read_secrets);
        config.cookie = CookieOptions {
            name: self.cookie_name,
            path: self.cookie_path.unwrap_or(default.path),
            domain: self.cookie_domain,
            max_age: self.cookie_max_age,
            same_site: self.cookie_same_site.map_or(default.same_site, Into::into),
            secure: self.cookie_secure.map_or(default.secure, Into::into),
            secrets: secrets
                .and_then(|secrets| faults.take(secrets))
                .unwrap_or_default(),
        };
        config.rolling = self.rolling.unwrap_or(false);
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
