//! One file a command: its arguments, whose doc comments are its help, and what it does.

pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod dashboard;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod each;
pub(crate) mod fetch;
pub(crate) mod jar;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod profile;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod token;
pub(crate) mod tui;
pub(crate) mod user;
pub(crate) mod wait;
pub(crate) mod watch;
pub(crate) mod why;

use clap::Subcommand;
use http::Method;
use tokio::runtime::{Builder, Runtime};

use self::fetch::{Delete, Get, Head, Patch, Post, Put};
use crate::{
    context::Context,
    exit::{Code, Failure},
    interrupt, output,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Serve(Box<serve::Args>),
    Login(login::Args),
    #[command(visible_alias = "whoami")]
    Status(status::Args),
    Dashboard(dashboard::Args),
    Get(Get),
    Head(Head),
    Post(Post),
    Put(Put),
    Patch(Patch),
    Delete(Delete),
    Logout(logout::Args),
    Data(data::Args),
    Ls(ls::Args),
    Show(show::Args),
    Why(why::Args),
    Revoke(revoke::Args),
    Watch(watch::Args),
    #[command(visible_alias = "top")]
    Tui(tui::Args),
    Stats(stats::Args),
    Log(log::Args),
    User(user::Args),
    Token(token::Args),
    Wait(wait::Args),
    Audit(Box<audit::Args>),
    Load(Box<load::Args>),
    #[command(name = "as")]
    Each(each::Args),
    Profile(profile::Args),
    Jar(jar::Args),
    Store(store::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Calls the command. `whole` is the whole command line, for those who describe it.
pub(crate) fn run(
    context: &Context,
    command: Command,
    whole: clap::Command,
) -> Result<Code, Failure> {
    if !command.lists() {
        output::refuse_columns(context)?;
    }
    if !command.minds_signals() {
        interrupt::announce()?;
    }
    let runtime = command.runtime()?;
    let doing = async {
        match command {
            Command::Demo(args) => demo::run(context, args).await,
            Command::Serve(args) => serve::run(context, &args).await,
            Command::Login(args) => login::run(context, args).await,
            Command::Status(args) => status::run(context, args).await,
            Command::Dashboard(args) => dashboard::run(context, args).await,
            Command::Get(Get { ask }) => fetch::run(context, Method::GET, ask, None).await,
            Command::Head(Head { ask }) => fetch::run(context, Method::HEAD, ask, None).await,
            Command::Post(Post { ask, body }) => {
                fetch::run(context, Method::POST, ask, Some(body)).await
            }
            Command::Put(Put { ask, body }) => {
                fetch::run(context, Method::PUT, ask, Some(body)).await
            }
            Command::Patch(Patch { ask, body }) => {
                fetch::run(context, Method::PATCH, ask, Some(body)).await
            }
            Command::Delete(Delete { ask, body }) => {
                fetch::run(context, Method::DELETE, ask, Some(body)).await
            }
            Command::Logout(args) => logout::run(context, args).await,
            Command::Data(args) => data::run(context, args).await,
            Command::Ls(args) => ls::run(context, args).await,
            Command::Show(args) => show::run(context, args).await,
            Command::Why(args) => why::run(context, args).await,
            Command::Revoke(args) => revoke::run(context, args).await,
            Command::Watch(args) => watch::run(context, args).await,
            Command::Tui(args) => tui::run(context, args).await,
            Command::Stats(args) => stats::run(context, args).await,
            Command::Log(args) => log::run(context, args).await,
            Command::User(args) => user::run(context, args).await,
            Command::Token(args) => token::run(context, args).await,
            Command::Audit(args) => audit::run(context, *args).await,
            Command::Wait(args) => wait::run(context, args).await,
            Command::Load(args) => load::run(context, *args).await,
            Command::Each(args) => each::run(context, args).await,
            Command::Profile(args) => profile::run(context, args),
            Command::Jar(args) => jar::run(context, &args),
            Command::Store(args) => store::run(context, &args),
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args, whole),
        }
    };
    runtime.block_on(doing)
}

impl Command {
    /// Whether it has to do with anybody's settings files: a broken one is no matter to the others.
    pub(crate) fn wants_settings(&self) -> bool {
        match self {
            Self::Demo(_) | Self::Completions(_) | Self::Man(_) => false,
            Self::Serve(args) => args.wants_settings(),
            _ => true,
        }
    }

    /// Whether its results have columns, which can be picked.
    fn lists(&self) -> bool {
        match self {
            Self::Ls(_)
            | Self::Show(_)
            | Self::Watch(_)
            | Self::Stats(_)
            | Self::Log(_)
            | Self::Load(_) => true,
            Self::User(args) => args.lists(),
            Self::Token(args) => args.lists(),
            Self::Profile(args) => args.lists(),
            Self::Jar(args) => args.lists(),
            Self::Data(args) => args.lists(),
            _ => false,
        }
    }

    /// Whether it has its own way to end when it is told to.
    fn minds_signals(&self) -> bool {
        matches!(
            self,
            Self::Demo(_)
                | Self::Serve(_)
                | Self::Watch(_)
                | Self::Tui(_)
                | Self::Each(_)
                | Self::Audit(_)
                | Self::Load(_)
        )
    }

    /// More threads than one are for servers. To others they only cost their start; to the dashboard, which is there
    /// all day, also a heap each.
    fn runtime(&self) -> Result<Runtime, Failure> {
        let mut builder = match self {
            Self::Demo(_) | Self::Serve(_) => Builder::new_multi_thread(),
            _ => Builder::new_current_thread(),
        };
        Ok(builder.enable_all().build()?)
    }
}
