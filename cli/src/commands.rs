//! One file a command: its arguments, whose doc comments are its help, and what it does.

pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod get;
pub(crate) mod jar;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod ls;
pub(crate) mod profile;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod tui;
pub(crate) mod wait;
pub(crate) mod watch;

use clap::Subcommand;
use tokio::runtime::{Builder, Runtime};

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Login(login::Args),
    #[command(alias = "whoami")]
    Status(status::Args),
    Dashboard(get::DashboardArgs),
    Get(get::Args),
    Logout(logout::Args),
    Ls(ls::Args),
    Show(show::Args),
    Revoke(revoke::Args),
    Watch(watch::Args),
    #[command(alias = "top")]
    Tui(tui::Args),
    Stats(stats::Args),
    Wait(wait::Args),
    Profile(profile::Args),
    Jar(jar::Args),
    Completions(completions::Args),
}

/// Calls the command. `whole` is the whole command line, for those who describe it.
pub(crate) fn run(
    context: &Context,
    command: Command,
    whole: clap::Command,
) -> Result<Code, Failure> {
    match command {
        Command::Demo(args) => many_threads()?.block_on(demo::run(context, args)),
        Command::Serve(args) => many_threads()?.block_on(serve::run(context, args)),
        Command::Login(args) => one_thread()?.block_on(login::run(context, args)),
        Command::Status(args) => one_thread()?.block_on(status::run(context, args)),
        Command::Dashboard(args) => one_thread()?.block_on(get::dashboard(context, args)),
        Command::Get(args) => one_thread()?.block_on(get::run(context, args)),
        Command::Logout(args) => one_thread()?.block_on(logout::run(context, args)),
        Command::Ls(args) => one_thread()?.block_on(ls::run(context, args)),
        Command::Show(args) => one_thread()?.block_on(show::run(context, args)),
        Command::Revoke(args) => one_thread()?.block_on(revoke::run(context, args)),
        Command::Watch(args) => one_thread()?.block_on(watch::run(context, args)),
        Command::Tui(args) => many_threads()?.block_on(tui::run(context, args)),
        Command::Stats(args) => one_thread()?.block_on(stats::run(context, args)),
        Command::Wait(args) => one_thread()?.block_on(wait::run(context, args)),
        Command::Profile(args) => profile::run(context, args),
        Command::Jar(args) => jar::run(context, &args),
        Command::Completions(args) => completions::run(&args, whole),
    }
}

/// For a command that asks one thing: threads would only cost their start.
fn one_thread() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn many_threads() -> Result<Runtime, Failure> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}
