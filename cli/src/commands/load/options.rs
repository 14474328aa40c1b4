//! What can be said about a load.

use std::{path::PathBuf, time::Duration};

use super::{fail_if::FailIf, fine};
use crate::secrets::PasswordArgs;

/// Make many users at once sign in, look at pages and sign out, and measure it
///
///   sessctl load --users 50 --duration 30s
///   sessctl load --users 100 --views 20 --think 2s --ramp 10s
///   sessctl load --rate 500 --users 50 --fail-if 'p99>50ms' --fail-if 'errors>0.1%'
///   sessctl load --users-file staff.txt --path /orders --path '/orders?open=1' --html report.html
///   sessctl load --no-login --path / --users 20
///
/// Each user has cookies and a connection of its own. That signing in works is proved with the
/// first user before the others come; login page, paths and fields are the profile's, as `sessctl
/// login` keeps them. A login counts as one step: its form, the post, where that leads, and a first
/// page that is not a stranger's. A redirect of a page is an answer and not followed. At the end
/// everybody signs out, by the way that worked for the first user.
///
/// With --rate views are due at fixed moments, and their latency counts from then: a server that
/// stalls cannot hide it. Without it each user asks again as soon as it was answered, or after
/// --think.
///
/// A threshold is [PHASE.]MEASURE, then > >= < or <=, then a value. Phases: login, view, logout.
/// Measures: p50 p90 p99 p99.9 max mean (of views, if no phase is said), errors (a number or a
/// share of all steps), rate (what went well, a second).
///
/// Exits 9 when a threshold is broken, 7 when steps failed and no threshold says how many may, 4 or
/// 6 when no view came about at all, for nobody was let in or nothing answered, and 1 when it was
/// over too soon for one.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many users at once [default: 10, or those of --users-file]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) users: Option<u32>,
    /// For how long, the ramp included; with --rate from when all have tried to sign in
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = positive)]
    pub(super) duration: Duration,
    /// Views of a visit: then the user signs out and comes again [default: one visit lasts it all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) views: Option<u64>,
    /// Pause between two views of a user, half as long to half as long again
    #[arg(long, value_name = "SPAN", default_value = "0s", hide_default_value = true, value_parser = fine::parse, conflicts_with = "rate")]
    pub(super) think: Duration,
    /// Time over which the users come, one after the other
    #[arg(long, value_name = "SPAN", default_value = "0s", hide_default_value = true, value_parser = fine::parse)]
    pub(super) ramp: Duration,
    /// Views a second of all users together, each due at a fixed moment; counts once all have signed in
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(super) rate: Option<f64>,
    /// A page to look at; several are looked at in turn [default: the profile's dashboard]
    #[arg(long = "path", value_name = "PATH")]
    pub(super) paths: Vec<String>,
    /// Fail if this is so, such as p99>50ms, login.max>2s, errors>1%, rate<100
    #[arg(long, value_name = "THRESHOLD")]
    pub(super) fail_if: Vec<FailIf>,
    /// Also write a page with charts into this file
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Load a server that is not on this machine; only your own
    #[arg(long)]
    pub(super) i_own_this: bool,
    #[command(flatten)]
    pub(super) who: Who,
}

/// Who the users are.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Users")]
pub(super) struct Who {
    // Clap would take the placeholder itself for a line's end.
    /// What they are called; the n in braces becomes 1, 2, 3 and so on
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "load-{n}",
        conflicts_with = "users_file"
    )]
    pub(super) name: String,
    /// They stand in this file, which nobody else may read: a line NAME:PASSWORD each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["password_stdin", "password_file"])]
    pub(super) users_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) password: PasswordArgs,
    /// Do not sign in: they are strangers who look at pages
    #[arg(long, conflicts_with_all = ["views", "name", "users_file", "password_stdin", "password_file"])]
    pub(super) no_login: bool,
}

fn positive(text: &str) -> Result<Duration, String> {
    match fine::parse(text)? {
        Duration::ZERO => Err("it has to last for some time, such as 10s".to_owned()),
        span => Ok(span),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    // One that is slower than any run is long, or faster than any clock, is a typing error.
    let is_possible = |rate: &f64| (1e-4..=1e6).contains(rate);
    let rate = text.parse().ok().filter(is_possible);
    rate.ok_or_else(|| "so many a second, such as 0.5, 100 or 20000".to_owned())
}
