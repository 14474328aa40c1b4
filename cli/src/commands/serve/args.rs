//! What can be said to `sessctl serve`. The doc comments are the help text.

use std::path::PathBuf;

use super::options::{Options, SERVER};

/// Run the session server: sign-in page, dashboard, sign-out, and the admin API for list commands
///
///   sessctl user add alice                        # an account; anybody who has one may sign in
///   sessctl serve
///   sessctl serve --listen 127.0.0.1:8080 --store sqlite:app.db --idle 15m
///   sessctl serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem
///   sessctl serve --auth open -- sh smoke.sh
///
/// Says where it answers in one line, which is JSON unless a terminal reads it. Ends on Ctrl-C and
/// SIGTERM, after what is under way. On SIGHUP it reads the TLS files again; an audit log that is
/// moved away is begun anew without a signal.
///
/// With a command after --, runs that against a private server on a free port, with SESSCTL_SERVER
/// and SESSCTL_SOURCE set, and returns its exit code; nothing is left behind. With --auth open any
/// name signs in there; else the command adds accounts first: sessctl user add NAME.
///
/// What is said here stands above SESSCTL_* variables, and those above the table `[serve]` of a
/// settings file, where --cookie-name is the key cookie_name. `sessctl serve --print-config` prints
/// such a file with every key and its default. `--rolling=no` turns off what a file turns on.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A command to run against a private server
    #[arg(last = true, value_name = "CMD")]
    pub(super) command: Vec<String>,
    /// Read the table `[serve]` from this file alone [default: ./sessctl.toml above the user's config.toml]
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub(super) config: Option<PathBuf>,
    /// Say what is wrong with flags, environment and settings file, all of it, and serve nothing
    #[arg(long, conflicts_with = "command", help_heading = SERVER)]
    pub(super) check_config: bool,
    /// Print a settings file with every key, its default and what it is for
    #[arg(long, conflicts_with_all = ["command", "check_config"], help_heading = SERVER)]
    pub(super) print_config: bool,
    /// Write {"public", "admin", "pid"} to this file once the server answers [default: none]
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    pub(super) ready_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) options: Options,
}

impl Args {
    /// Whether the usual settings files matter: no fault of theirs stands in the way of who named another, or asks
    /// what one looks like.
    pub(crate) fn wants_settings(&self) -> bool {
        self.config.is_none() && !self.print_config
    }
}
