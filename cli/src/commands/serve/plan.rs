//! What a server will be: flags before environment before settings file before default.

use std::path::{Path, PathBuf};

use sessctl_server::{AdminAddress, Auth, Config};
use sessctl_store::Settings;
use tempfile::TempDir;

use super::args::Args;
use crate::{
    context::Context,
    exit::{Code, Failure},
    logging::LogFormat,
    settings::{AuthChoice, ServeSettings},
    store::Store,
};

/// Everything decided: flags before environment before settings file before default.
pub(super) struct Plan {
    pub(super) listen: String,
    pub(super) admin: AdminAddress,
    pub(super) store: Store,
    pub(super) settings: Settings,
    pub(super) config: Config,
    pub(super) log: LogFormat,
    pub(super) ready_file: Option<PathBuf>,
    /// The state of a server that lives for one command.
    pub(super) private: Option<TempDir>,
}

impl Plan {
    pub(super) fn make(context: &Context, mut args: Args) -> Result<Self, Failure> {
        let private = if args.command.is_empty() {
            None
        } else {
            Some(
                tempfile::Builder::new()
                    .prefix("sessctl-serve-")
                    .tempdir()?,
            )
        };
        let from_file = Self::from_file(context, args.config.as_deref(), private.is_some())?;
        if private.is_some() {
            args.forget_environment(context);
        }
        let in_private = |name: &str| private.as_ref().map(|dir| dir.path().join(name));

        let auth = auth(args.auth.or(from_file.auth))?;
        let default_listen = if private.is_some() {
            "127.0.0.1:0"
        } else {
            "127.0.0.1:3000"
        };
        let admin = match args.admin.or(from_file.admin) {
            Some(address) => address.parse()?,
            None => AdminAddress::unix(
                in_private("admin.sock").unwrap_or_else(|| context.paths.own_socket()),
            ),
        };
        let store = Store::of(
            args.store.or(from_file.store).as_deref(),
            in_private("sessions.db").unwrap_or_else(|| context.paths.own_store()),
        )?;
        let default = Settings::default();
        let mut settings = Settings {
            idle: args.idle.or(from_file.idle).unwrap_or(default.idle),
            absolute: args
                .absolute
                .or(from_file.absolute)
                .unwrap_or(default.absolute),
            ..default
        };
        if settings.idle.is_zero() || settings.absolute.is_zero() {
            return Err(Failure::new(
                Code::USAGE,
                "--idle and --absolute must be longer than nothing",
            ));
        }
        let mut config = Config {
            public_origin: args
                .public_url
                .or(from_file.public_url)
                .as_deref()
                .map(origin_of)
                .transpose()?,
            log_requests: args.log_requests || from_file.log_requests.unwrap_or(false),
            ..Config::new(auth)
        };
        args.cookie
            .apply(from_file.cookie, &mut config, &mut settings)?;
        Ok(Self {
            listen: args
                .listen
                .or(from_file.listen)
                .unwrap_or_else(|| default_listen.to_owned()),
            admin,
            store,
            settings,
            config,
            log: args
                .log_format
                .or(from_file.log_format)
                .unwrap_or(LogFormat::Text),
            ready_file: args.ready_file,
            private,
        })
    }

    /// The `[serve]` table that counts: of the named file, else of the usual ones. A private server reads none that
    /// was not named on its own command line.
    fn from_file(
        context: &Context,
        named: Option<&Path>,
        is_private: bool,
    ) -> Result<ServeSettings, Failure> {
        match named {
            Some(path) if !path.exists() => Err(Failure::new(
                Code::USAGE,
                format!("there is no settings file {}", path.display()),
            )),
            Some(path) => ServeSettings::read(sessctl_client::Config::load(path, None)?.serve()),
            None if is_private => Ok(ServeSettings::default()),
            None => ServeSettings::read(context.config.serve()),
        }
    }
}

impl Args {
    /// Drops what only the environment said: it is meant for another server than a private one.
    fn forget_environment(&mut self, context: &Context) {
        let Self {
            listen,
            admin,
            store,
            public_url,
            idle,
            absolute,
            log_format,
            cookie,
            ..
        } = self;
        cookie.forget_environment(context);
        for (name, value) in [
            ("listen", listen),
            ("admin", admin),
            ("store", store),
            ("public_url", public_url),
        ] {
            value.take_if(|_| !context.is_typed(name));
        }
        for (name, value) in [("idle", idle), ("absolute", absolute)] {
            value.take_if(|_| !context.is_typed(name));
        }
        log_format.take_if(|_| !context.is_typed("log_format"));
    }
}

fn auth(choice: Option<AuthChoice>) -> Result<Auth, Failure> {
    let missing = match choice {
        Some(AuthChoice::Open) => return Ok(Auth::Open),
        Some(AuthChoice::Users) => "--auth users is not in this version: there are no accounts yet",
        None => "who may sign in? There are no accounts in this version",
    };
    Err(Failure::new(Code::USAGE, missing).hint(
        "to let anybody in by any name, on this machine only, say: sessctl serve --auth open",
    ))
}

/// The origin of a URL, as browsers send it.
fn origin_of(url: &str) -> Result<String, Failure> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        let shown = sessctl_api::text::clean(url);
        return Err(Failure::new(
            Code::USAGE,
            format!("--public-url {shown:?}: write it whole, such as https://example.org"),
        ));
    }
    let parsed = sessctl_client::parse_server(url)?;
    Ok(parsed.origin().ascii_serialization())
}
