//! What can be said to `sessctl serve`. The doc comments are the help text.

use std::{path::PathBuf, time::Duration};

use sessctl_api::span;

use super::cookie::{CookieArgs, SESSIONS};
use crate::{logging::LogFormat, settings::AuthChoice};

/// A heading of the help.
const SERVER: &str = "The server";

/// Run the session server: sign-in page, dashboard, sign-out, and the admin socket for list commands
///
///   sessctl serve --auth open
///   sessctl serve --auth open --listen 127.0.0.1:8080 --store sqlite:app.db --idle 15m
///   sessctl serve --auth open -- sh smoke.sh
///
/// Says where it answers in one line, which is JSON unless a terminal reads it. Ends on Ctrl-C and
/// SIGTERM, after what is under way.
///
/// With a command after --, runs that against a private server on a free port, with SESSCTL_SERVER
/// and SESSCTL_SOURCE set, and returns its exit code; nothing is left behind.
///
/// What is said here stands above SESSCTL_* variables, and those above the table `[serve]` of a
/// settings file, where --cookie-name is the key cookie_name.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A command to run against a private server
    #[arg(last = true, value_name = "CMD")]
    pub(super) command: Vec<String>,
    /// Who may sign in; has no default, because `open` asks for no password
    #[arg(
        long,
        env = "SESSCTL_AUTH",
        value_name = "WHO",
        value_enum,
        help_heading = SERVER
    )]
    pub(super) auth: Option<AuthChoice>,
    /// Address for browsers and clients; port 0 is any free one [default: 127.0.0.1:3000]
    #[arg(long, env = "SESSCTL_LISTEN", value_name = "ADDR", help_heading = SERVER)]
    pub(super) listen: Option<String>,
    /// The address that browsers see, such as `https://example.org` [default: the one they ask for]
    #[arg(long, env = "SESSCTL_PUBLIC_URL", value_name = "URL", help_heading = SERVER)]
    pub(super) public_url: Option<String>,
    /// Socket for operators [default: where list commands look for it]
    #[arg(long, env = "SESSCTL_ADMIN", value_name = "unix:PATH", help_heading = SERVER)]
    pub(super) admin: Option<String>,
    /// Write {"public", "admin", "pid"} to this file once the server answers [default: none]
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub(super) ready_file: Option<PathBuf>,
    /// Read the table `[serve]` from this file alone [default: ./sessctl.toml above the user's config.toml]
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub(super) config: Option<PathBuf>,
    /// How to write log lines [default: text]
    #[arg(
        long,
        env = "SESSCTL_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        help_heading = SERVER
    )]
    pub(super) log_format: Option<LogFormat>,
    /// Log every request [default: changes and refusals only]
    #[arg(long, help_heading = SERVER)]
    pub(super) log_requests: bool,
    /// What keeps them: sqlite:FILE, or memory: which forgets them with the server [default: a file in the data
    /// directory]
    #[arg(
        long,
        env = "SESSCTL_STORE",
        hide_env_values = true,
        value_name = "URL",
        help_heading = SESSIONS
    )]
    pub(super) store: Option<String>,
    /// End one when no request came for this long [default: 30m]
    #[arg(long, env = "SESSCTL_IDLE", value_name = "SPAN", value_parser = span::parse, help_heading = SESSIONS)]
    pub(super) idle: Option<Duration>,
    /// End one this long after its sign-in, whatever comes [default: 12h]
    #[arg(long, env = "SESSCTL_ABSOLUTE", value_name = "SPAN", value_parser = span::parse, help_heading = SESSIONS)]
    pub(super) absolute: Option<Duration>,
    #[command(flatten)]
    pub(super) cookie: CookieArgs,
}
