//! `sessctl serve`: one of the two places that know the server.

mod args;
mod asked;
mod check;
mod child;
mod example;
mod failures;
mod faults;
mod notify;
mod opened;
mod options;
mod plan;
pub(crate) mod ready;
mod settle;

use std::{
    fs::Permissions,
    io::{self, IsTerminal as _},
    os::unix::fs::PermissionsExt as _,
};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use self::args::Args;
use self::{
    asked::Asked,
    notify::{Told, tell},
    opened::Opened,
    plan::Plan,
};
use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    logging, output,
    signals::Signals,
};

pub(crate) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    if args.print_config {
        output::line(example::text().trim_end())?;
        return Ok(Code::OK);
    }
    if args.check_config {
        return check::run(context, args.config.as_deref()).await;
    }
    if !args.command.is_empty() {
        return serve_command(context, args).await;
    }
    let last = std::env::args_os().next_back();
    if last.is_some_and(|last| last == "--") {
        return Err(Failure::new(Code::USAGE, "there is no command after --"));
    }
    serve(context, args).await
}

/// Serves until somebody asks it to end.
async fn serve(context: &Context, args: &Args) -> Result<Code, Failure> {
    let signals = listen_to_signals(&[SignalKind::hangup()])?;
    let plan = Plan::make(context, args.config.as_deref(), None)?;
    let _log = logging::start(plan.log, &context.global)?;
    if args.config.is_none() {
        say_files(context);
    }
    dump_no_memory();
    let server = Opened::open(plan, args.ready_file.as_deref()).await?;
    if server.wants_accounts() {
        let add = format!("sessctl user add NAME{}", at(context, &server.ready.admin));
        hint(
            context,
            &format!("nobody has an account yet, so nobody can sign in; add one: {add}"),
        );
    }
    let asked = Asked::new(signals, server.tls.clone(), server.config.audit.clone());
    server.ready.say(format(context))?;
    tell(Told::Ready);
    server.run(asked.until_end()).await?;
    Ok(Code::OK)
}

/// Serves one command, with state of its own, until that ends.
async fn serve_command(context: &Context, args: &Args) -> Result<Code, Failure> {
    let mut signals = listen_to_signals(&[])?;
    let state = tempfile::Builder::new()
        .prefix("sessctl-serve-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let plan = Plan::make(context, args.config.as_deref(), Some(state.path()))?;
    let _log = logging::start(plan.log, &context.global)?;
    let server = Opened::open(plan, args.ready_file.as_deref()).await?;
    if server.wants_accounts() {
        let ways = "the command can add some: sessctl user add NAME --password-stdin; or let \
                    anybody in by any name: sessctl serve --auth open -- CMD";
        hint(context, &format!("this server has no accounts yet; {ways}"));
    }
    let mut child = child::start(&args.command, &server.ready, state.path())?;
    let mut code = Ok(Code::OK);
    server
        .run(async { code = child.wait(&mut signals).await })
        .await?;
    code
}

/// From now on a signal does not end the process on its own, and what was made goes: this comes before anything is
/// made.
fn listen_to_signals(more: &[SignalKind]) -> io::Result<Signals> {
    // The kernel ends whoever writes past a limit on the size of files. Listened to, it does not: then the write fails,
    // as it does on a full disk, and the server answers 503 until there is room again.
    let _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let ending = [SignalKind::interrupt(), SignalKind::terminate()];
    Signals::listen(&[&ending, more].concat())
}

/// A crash leaves no image of the memory, in which passwords and cookies are.
fn dump_no_memory() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "a crash may leave an image of the memory on the disk");
    }
}

/// What newcomers may miss, on stderr.
fn hint(context: &Context, text: &str) {
    if !context.global.quiet {
        output::say!("{text}");
    }
}

/// Says which settings files count: one of them may be that of a project that one stands in by chance.
fn say_files(context: &Context) {
    for file in context.config.serve_files() {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let shown = file.to_string_lossy();
        hint(
            context,
            &format!("settings from {}", sessctl_api::text::clean(&shown)),
        );
    }
}

/// Where another command must look for the server, if not where it looks anyway.
fn at(context: &Context, admin: &str) -> String {
    let is_usual = |socket| {
        admin
            .strip_prefix("unix:")
            .is_some_and(|path| socket == path)
    };
    let usual = context.paths.sockets();
    if usual
        .iter()
        .map(|path| path.to_string_lossy())
        .any(is_usual)
    {
        return String::new();
    }
    format!(" --source {}", output::shell_word(admin))
}

/// JSON on a pipe, words at a terminal, unless `-o` says otherwise.
fn format(context: &Context) -> Format {
    let unasked = if io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    };
    context.global.output.map_or(unasked, Format::from)
}
