//! What can be said to `sessctl serve`. The doc comments are the help text.

use std::{path::PathBuf, time::Duration};

use sessctl_api::span;

use super::cookie::CookieArgs;
use crate::{logging::LogFormat, settings::AuthChoice};

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
    pub(super) auth: Option<AuthChoice>,
    /// Address for browsers and clients; port 0 is any free one [default: 127.0.0.1:3000]
    #[arg(long, env = "SESSCTL_LISTEN", value_name = "ADDR")]
    pub(super) listen: Option<String>,
    /// Socket for operators, unix:PATH [default: one where list commands look]
    #[arg(long, env = "SESSCTL_ADMIN", value_name = "unix:PATH")]
    pub(super) admin: Option<String>,
    /// What keeps the sessions: sqlite:FILE or memory: [default: a file in the data directory]
    #[arg(
        long,
        env = "SESSCTL_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(super) store: Option<String>,
    /// End a session when no request came for this long [default: 30m]
    #[arg(long, env = "SESSCTL_IDLE", value_name = "SPAN", value_parser = span::parse)]
    pub(super) idle: Option<Duration>,
    /// End a session this long after its sign-in, whatever comes [default: 12h]
    #[arg(long, env = "SESSCTL_ABSOLUTE", value_name = "SPAN", value_parser = span::parse)]
    pub(super) absolute: Option<Duration>,
    /// The address that browsers see, such as `https://example.org` [default: what they ask for]
    #[arg(long, env = "SESSCTL_PUBLIC_URL", value_name = "URL")]
    pub(super) public_url: Option<String>,
    /// Write {"public", "admin", "pid"} to this file once the server answers
    #[arg(long, value_name = "FILE")]
    pub(super) ready_file: Option<PathBuf>,
    /// Read the table `serve` from this file instead of the usual ones
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How to write log lines [default: text]
    #[arg(long, env = "SESSCTL_LOG_FORMAT", value_enum)]
    pub(super) log_format: Option<LogFormat>,
    /// Log every request, not only changes and refusals
    #[arg(long)]
    pub(super) log_requests: bool,
    #[command(flatten)]
    pub(super) cookie: CookieArgs,
    /// A command to run against a private server
    #[arg(last = true, value_name = "CMD")]
    pub(super) command: Vec<String>,
}
