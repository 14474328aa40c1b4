//! What a command works with, put together from flags, environment, settings files and defaults.

use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use clap::{ArgMatches, parser::ValueSource};
use sessctl_client::{
    Config, Fingerprint, Jar, Profile, Site, SitePaths, check_profile_name, jar_path, parse_server,
};
use sessctl_store::{Clock as _, SystemClock};
use time::OffsetDateTime;
use url::Url;

use crate::{
    exit::{Code, Failure},
    global::{Asked, Format, Global},
    paths::Paths,
    site_args::site_paths,
    talk, trust,
};

/// Where a server is expected when nobody says.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:3000";

/// The profile's name when nobody says.
const DEFAULT_PROFILE: &str = "default";

/// How long to wait for an answer when nobody says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) const USER_AGENT: &str = concat!("sessctl/", env!("CARGO_PKG_VERSION"));

/// Everything that was said, and what follows from it.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) paths: Paths,
    pub(crate) config: Config,
    matches: ArgMatches,
}

impl Context {
    /// `with_settings` is false for commands that have nothing to do with anybody's settings files.
    pub(crate) fn new(
        global: Global,
        matches: ArgMatches,
        with_settings: bool,
    ) -> Result<Self, Failure> {
        let paths = Paths::of_user()?;
        let config = if with_settings {
            let [project, user] = settings_files(&paths);
            Config::load(&user, Some(&project))?
        } else {
            Config::default()
        };
        if let Some(name) = &global.profile {
            check_profile_name(name)?;
        }
        Ok(Self {
            global,
            paths,
            config,
            matches,
        })
    }

    /// The same for another server, as if --server named it.
    pub(crate) fn aimed_at(&self, server: &str) -> Self {
        let mut aimed = self.clone();
        aimed.global.server = Some(server.to_owned());
        aimed
    }

    /// The settings files that are read where there are any, the one that stands above first.
    pub(crate) fn settings_files(&self) -> [PathBuf; 2] {
        settings_files(&self.paths)
    }

    /// Whether an argument stands on the command line itself, where everybody on this machine can read it, and not in
    /// the environment.
    pub(crate) fn is_typed(&self, name: &str) -> bool {
        is_typed(&self.matches, name)
    }

    /// What was said for an argument of the command, value by value, and whether it was typed; nothing for a default.
    pub(crate) fn said(&self, name: &str) -> Option<(Vec<OsString>, bool)> {
        let (_, command) = self.matches.subcommand()?;
        let is_typed = match command.ids().find(|id| id.as_str() == name) {
            Some(_) => command.value_source(name)? == ValueSource::CommandLine,
            None => return None,
        };
        let is_said = is_typed || command.value_source(name)? == ValueSource::EnvVariable;
        let values = command.get_raw(name)?.map(OsString::from).collect();
        is_said.then_some((values, is_typed))
    }

    /// The profile in use.
    pub(crate) fn profile_name(&self) -> &str {
        self.global
            .profile
            .as_deref()
            .or(self.config.default_profile())
            .unwrap_or(DEFAULT_PROFILE)
    }

    /// Whether somebody asked for this profile by name.
    pub(crate) fn profile_is_named(&self) -> bool {
        self.global.profile.is_some() || self.config.default_profile().is_some()
    }

    /// What is known of the profile in use. One that was asked for by name must exist.
    pub(crate) fn profile(&self) -> Result<Profile, Failure> {
        let name = self.profile_name();
        match self.config.profile(name) {
            Some(profile) => Ok(profile.clone()),
            None if self.profile_is_named() => Err(self.no_profile(name)),
            None => Ok(Profile::default()),
        }
    }

    /// The failure of a profile that is not there.
    pub(crate) fn no_profile(&self, name: &str) -> Failure {
        let known: Vec<_> = self.config.profiles().map(|(name, _)| name).collect();
        let known = if known.is_empty() {
            "there are none yet".to_owned()
        } else {
            format!("known: {}", known.join(", "))
        };
        Failure::new(Code::NOT_FOUND, format!("no profile {name:?}; {known}")).hint(format!(
            "make it by signing in: sessctl login USER --profile {name}"
        ))
    }

    /// How long to wait for one answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.global.timeout.unwrap_or(DEFAULT_TIMEOUT)
    }

    /// The format of lists: the given one, else a table for people.
    pub(crate) fn asked(&self) -> Asked {
        match self.global.output {
            Some(format) => format,
            None if self.global.quiet => Asked::Name,
            None => Asked::Table,
        }
    }

    /// The format of results that have no columns.
    pub(crate) fn format(&self) -> Format {
        self.asked().into()
    }

    /// The paths of the server to talk to: the profile's, if that is its server.
    pub(crate) fn paths_of(&self, profile: &Profile) -> SitePaths {
        if self.is_home(profile) {
            site_paths(profile)
        } else {
            SitePaths::default()
        }
    }

    /// The page of strangers at the server to talk to, if the profile knows it.
    pub(crate) fn anonymous_of<'p>(&self, profile: &'p Profile) -> Option<&'p Fingerprint> {
        profile.anonymous.as_ref().filter(|_| self.is_home(profile))
    }

    /// The server to talk to, and its cookies, as a profile has it.
    ///
    /// Paths and the stranger's page of a profile are those of the profile's server, and of no other.
    pub(crate) fn site(
        &self,
        profile: &Profile,
        paths: Option<SitePaths>,
    ) -> Result<Site, Failure> {
        let base = self.server(profile)?;
        trust::check(&base)?;
        let paths = paths.unwrap_or_else(|| self.paths_of(profile));
        let jar = Jar::open(self.jar_path_at(&base)?, &base)?;
        for warning in jar.warnings() {
            talk::say!("sessctl: {warning}");
        }
        let site = Site::new(base, paths, Arc::new(jar), self.timeout(), USER_AGENT)?;
        Ok(if self.global.verbose {
            site.tracing()
        } else {
            site
        })
    }

    /// What to type to sign in where this command went.
    pub(crate) fn sign_in(&self, profile: &Profile) -> String {
        let at_home = self.is_home(profile);
        let user = profile.user.as_deref().filter(|_| at_home);
        let mut command = format!(
            "sessctl login {}",
            user.map_or_else(|| "USER".to_owned(), talk::shell_word)
        );
        if let Some(name) = &self.global.profile {
            command = format!("{command} --profile {}", talk::shell_word(name));
        }
        if let Some(server) = self.global.server.as_deref().filter(|_| !at_home) {
            command = format!("{command} --server {}", talk::shell_word(server));
        }
        command
    }

    /// Whether nobody but the project's file says that the server to talk to is this one.
    fn server_is_projects(&self, profile: &Profile) -> bool {
        let own = self.config.own_profile(self.profile_name());
        let own = own.and_then(|own| own.server.as_deref());
        let own = parse_server(own.unwrap_or(DEFAULT_SERVER)).ok();
        self.global.server.is_none() && self.server(profile).ok() != own
    }

    /// Refuses a password of the environment where only the project's file says who gets it: that may be anybody's
    /// file, and the password was not meant for that very server.
    pub(crate) fn refuse_stray_password(
        &self,
        profile: &Profile,
        is_said: bool,
    ) -> Result<(), Failure> {
        let is_there = std::env::var_os("SESSCTL_PASSWORD").is_some();
        if is_said || !is_there || !self.server_is_projects(profile) {
            return Ok(());
        }
        let server = self.server(profile)?;
        Err(Failure::new(
            Code::USAGE,
            format!("SESSCTL_PASSWORD is not sent to {server}, which only ./sessctl.toml names; nothing was sent"),
        )
        .hint(format!("if you trust that server, add: --server {}", talk::shell_word(server.as_str()))))
    }

    /// Where the cookies of this profile for its server are kept.
    pub(crate) fn jar_path(&self) -> Result<PathBuf, Failure> {
        self.jar_path_at(&self.server(&self.profile()?)?)
    }

    pub(crate) fn server(&self, profile: &Profile) -> Result<Url, Failure> {
        let server = self
            .global
            .server
            .as_deref()
            .or(profile.server.as_deref())
            .unwrap_or(DEFAULT_SERVER);
        Ok(parse_server(server)?)
    }

    fn jar_path_at(&self, base: &Url) -> Result<PathBuf, Failure> {
        match &self.global.jar {
            Some(path) => Ok(path.clone()),
            None => Ok(jar_path(&self.paths.state, base, self.profile_name())?),
        }
    }

    /// Whether the server to talk to is the profile's own.
    pub(crate) fn is_home(&self, profile: &Profile) -> bool {
        match (&self.global.server, &profile.server) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(asked), Some(own)) => match (parse_server(asked), parse_server(own)) {
                (Ok(asked), Ok(own)) => asked == own,
                _ => false,
            },
        }
    }
}

/// Keeps the cookies that came with an answer. That they cannot be kept takes nothing from the answer.
pub(crate) fn keep_cookies(site: &Site) {
    if let Err(error) = site.jar().save() {
        talk::say!(
            "sessctl: cookies that came with the answer are not kept: {error}; name another place with --jar FILE"
        );
    }
}

fn settings_files(paths: &Paths) -> [PathBuf; 2] {
    [PathBuf::from("sessctl.toml"), paths.config_file.clone()]
}

/// The time now, from the one clock.
pub(crate) fn now() -> OffsetDateTime {
    SystemClock.now()
}

/// Who runs this command: named where a store is written without its server, which would know.
pub(crate) fn user_name() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let user = uzers::get_user_by_uid(uid);
    user.map_or_else(
        || format!("uid {uid}"),
        |user| user.name().to_string_lossy().into_owned(),
    )
}

/// Looks before and after the subcommand. Not every level knows every argument, and asking for one that is unknown
/// panics.
fn is_typed(matches: &ArgMatches, name: &str) -> bool {
    let is_known = matches.ids().any(|id| id.as_str() == name);
    is_known && matches.value_source(name) == Some(ValueSource::CommandLine)
        || matches
            .subcommand()
            .is_some_and(|(_, inner)| is_typed(inner, name))
}
