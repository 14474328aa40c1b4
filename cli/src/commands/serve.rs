//! `sessctl serve`: one of the two places that know the server.

mod child;
pub(crate) mod ready;

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sessctl_api::span;
use sessctl_server::{AdminAddress, AdminListener, Auth, Config, ListenError, PublicListener};
use sessctl_store::{Owner, Sessions, Settings, StoreError};
use tempfile::TempDir;
use tokio::signal::unix::SignalKind;

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    logging::{self, LogFormat},
    settings::{AuthChoice, ServeSettings},
    signals::Signals,
};

/// Run the session server: sign-in page, dashboard, sign-out, and the admin socket for list commands
///
/// Says where it answers in one line, which is JSON unless a terminal reads it. Ends on Ctrl-C and SIGTERM, after
/// what is under way. With a command after --, runs that command against a private
/// server on a free port, with SESSCTL_SERVER and SESSCTL_SOURCE set, and returns its exit code:
///
///   sessctl serve --auth open -- sh smoke.sh
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Who may sign in; must be said, because `open` asks for no password
    #[arg(long, env = "SESSCTL_AUTH", value_enum)]
    auth: Option<AuthChoice>,
    /// Address for browsers and clients; port 0 is any free one [default: 127.0.0.1:3000]
    #[arg(long, env = "SESSCTL_LISTEN", value_name = "ADDR")]
    listen: Option<String>,
    /// Socket for operators, unix:PATH [default: one where list commands look]
    #[arg(long, env = "SESSCTL_ADMIN", value_name = "unix:PATH")]
    admin: Option<String>,
    /// What keeps the sessions: sqlite:FILE or memory: [default: a file in the data directory]
    #[arg(
        long,
        env = "SESSCTL_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    store: Option<String>,
    /// End a session when no request came for this long [default: 30m]
    #[arg(long, env = "SESSCTL_IDLE", value_name = "SPAN", value_parser = span::parse)]
    idle: Option<Duration>,
    /// End a session this long after its sign-in, whatever comes [default: 12h]
    #[arg(long, env = "SESSCTL_ABSOLUTE", value_name = "SPAN", value_parser = span::parse)]
    absolute: Option<Duration>,
    /// The address that browsers see, such as `https://example.org` [default: what they ask for]
    #[arg(long, env = "SESSCTL_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Write {"public", "admin", "pid"} to this file once the server answers
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Read the table `serve` from this file instead of the usual ones
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to write log lines [default: text]
    #[arg(long, env = "SESSCTL_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
    /// Log every request, not only changes and refusals
    #[arg(long)]
    log_requests: bool,
    /// A command to run against a private server
    #[arg(last = true, value_name = "CMD")]
    command: Vec<String>,
}

/// What keeps the sessions.
#[derive(Debug, PartialEq, Eq)]
enum Store {
    Memory,
    Sqlite(PathBuf),
}

/// Everything decided: flags before environment before settings file before default.
struct Plan {
    listen: String,
    admin: AdminAddress,
    store: Store,
    settings: Settings,
    config: Config,
    log: LogFormat,
    ready_file: Option<PathBuf>,
    /// The state of a server that lives for one command.
    private: Option<TempDir>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // Before anything is made: from now on a signal does not end the process on its own, and what was made goes.
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let command = args.command.clone();
    if command.is_empty()
        && std::env::args_os()
            .next_back()
            .is_some_and(|last| last == "--")
    {
        return Err(Failure::new(Code::USAGE, "there is no command after --"));
    }
    let plan = Plan::make(context, args)?;
    logging::start(plan.log, context.global.quiet);

    // The port first: if it is taken, no file has been made. The admin socket last: only the owner of the store may
    // take over what a dead server left there.
    let public = PublicListener::bind(&plan.listen, plan.config.auth).await?;
    let mut owner = plan.store.own()?;
    let admin = AdminListener::bind(&plan.admin).await?;
    let sessions = plan.store.open(plan.settings)?;
    if let Some(owner) = &mut owner {
        owner.announce(&admin.address().to_string())?;
    }

    let ready = ready::Ready::new(&public, &admin);
    let announced = match &plan.ready_file {
        Some(path) => Some(ready.write(path)?),
        None => None,
    };
    // From here on the kernel takes connections in, so whoever reads this gets an answer.
    if command.is_empty() {
        ready.say(plan_format(context))?;
        let asked = async move {
            signals.next().await;
        };
        sessctl_server::run(public, admin, sessions, plan.config, asked).await?;
        drop(announced);
        return Ok(Code::OK);
    }
    let mut child =
        child::Child::start(&command, &ready, plan.private.as_ref().map(TempDir::path))?;
    let mut code = Ok(Code::OK);
    let ended = async { code = child.wait(&mut signals).await };
    sessctl_server::run(public, admin, sessions, plan.config, ended).await?;
    drop(announced);
    code
}

/// JSON on a pipe, words at a terminal, unless `-o` says otherwise.
fn plan_format(context: &Context) -> Format {
    let unasked = if io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    };
    context.global.output.unwrap_or(unasked)
}

impl Plan {
    fn make(context: &Context, mut args: Args) -> Result<Self, Failure> {
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
        let store = match args.store.or(from_file.store) {
            Some(url) => Store::parse(&url)?,
            None => Store::Sqlite(
                in_private("sessions.db").unwrap_or_else(|| context.paths.own_store()),
            ),
        };
        let default = Settings::default();
        let settings = Settings {
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
        let config = Config {
            public_origin: args
                .public_url
                .or(from_file.public_url)
                .as_deref()
                .map(origin_of)
                .transpose()?,
            log_requests: args.log_requests || from_file.log_requests.unwrap_or(false),
            ..Config::new(auth)
        };
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
            ..
        } = self;
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

impl Store {
    fn parse(url: &str) -> Result<Self, Failure> {
        const KNOWN: &str = "this version keeps sessions in sqlite:FILE or memory:";
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ if matches!(url, "memory" | "memory:") => Ok(Self::Memory),
            // A store's address may hold a password: then it is not repeated.
            _ if url.contains('@') => Err(Failure::new(Code::USAGE, KNOWN)),
            _ => {
                let shown = sessctl_api::text::clean(url);
                Err(Failure::new(
                    Code::USAGE,
                    format!("--store {shown:?}: {KNOWN}"),
                ))
            }
        }
    }

    /// Takes the right to write it; memory needs none.
    fn own(&self) -> Result<Option<Owner>, Failure> {
        match self {
            Self::Memory => Ok(None),
            Self::Sqlite(path) => Owner::take(path).map(Some).map_err(|error| {
                let is_owned = matches!(error, StoreError::Owned { .. });
                let failure = Failure::from(error);
                if is_owned {
                    return failure.hint(
                        "a store has one server; choose another file with --store sqlite:FILE",
                    );
                }
                failure
            }),
        }
    }

    fn open(&self, settings: Settings) -> Result<Sessions, Failure> {
        match self {
            Self::Memory => Ok(Sessions::in_memory(settings)),
            Self::Sqlite(path) => Ok(Sessions::open_sqlite(path, settings)?),
        }
    }
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

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let (code, hint) = match &error {
            ListenError::OpenOffLoopback(_)
            | ListenError::BadAdminAddress(_)
            | ListenError::BadAddress(_) => (Code::USAGE, None),
            ListenError::PortTaken(_) => (
                Code::FAILED,
                Some("choose another port with --listen, such as 127.0.0.1:0 for any free one"),
            ),
            ListenError::SocketTaken(_) => (
                Code::FAILED,
                Some("choose another socket with --admin unix:PATH"),
            ),
            ListenError::Bind { .. } | ListenError::Socket { .. } => (Code::FAILED, None),
        };
        let failure = Self::caused(code, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
