//! `sessctl serve`: one of the two places that know the server.

mod args;
mod child;
mod cookie;
mod plan;
pub(crate) mod ready;

use std::io::{self, IsTerminal as _};

use rustix::process::Signal;
use sessctl_server::{AdminListener, Exposure, ListenError, PublicListener, RunError};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use self::args::Args;
use self::plan::Plan;
use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    logging,
    signals::Signals,
};

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // Before anything is made: from now on a signal does not end the process on its own, and what was made goes.
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    // The kernel ends whoever writes past a limit on the size of files. Listened to, it does not: then the write fails,
    // as it does on a full disk, and the server answers 503 until there is room again.
    let _too_large = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
    let command = args.command.clone();
    if command.is_empty()
        && std::env::args_os()
            .next_back()
            .is_some_and(|last| last == "--")
    {
        return Err(Failure::new(Code::USAGE, "there is no command after --"));
    }
    let plan = Plan::make(context, args)?;
    let _log = logging::start(plan.log, context.global.quiet)?;

    // The port first: if it is taken, no file has been made. The admin socket last: only the owner of the store may
    // take over what a dead server left there.
    let public = PublicListener::bind(&plan.listen, Exposure::of(&plan.config)).await?;
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

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Cookie(bad) => bad.into(),
            RunError::Store(error) => error.into(),
        }
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let (code, hint) = match &error {
            ListenError::OpenOffLoopback(_)
            | ListenError::BadAdminAddress(_)
            | ListenError::AdminOffLoopback(_)
            | ListenError::NoGroup(_)
            | ListenError::BadAddress(_) => (Code::USAGE, None),
            ListenError::PlainOffLoopback(_) => (
                Code::USAGE,
                Some(
                    "give --tls-cert FILE --tls-key FILE; or put a proxy that does TLS in front and say \
                     --trust-proxy ITS-ADDRESS --public-url https://...; or say --allow-plain-http",
                ),
            ),
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
