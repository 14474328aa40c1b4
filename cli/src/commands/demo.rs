//! `sessctl demo`: the whole idea in one process. The other place that knows the server.

mod tour;
mod visitors;

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
    time::Duration,
};

use sessctl_client::Admin;
use sessctl_server::{AdminAddress, AdminListener, Auth, Config, PublicListener};
use sessctl_store::{Owner, Sessions, Settings};
use tempfile::TempDir;
use tokio::{signal::unix::SignalKind, sync::oneshot};

use super::{serve::ready::Ready, tui};
use crate::{
    context::Context,
    exit::{Code, Failure},
    signals::Signals,
};

/// Show everything at once: a server, visitors who come, act and go, and the live dashboard
///
///   sessctl demo
///   sessctl demo --visitors 100
///   sessctl demo | less                 a tour of the commands, with their real output
///
/// Off a terminal it prints that tour instead. Leaves nothing behind.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many visitors come and go
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(0..=5000))]
    visitors: u16,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // Before anything is made: from now on a signal does not end the process on its own, and what was made goes.
    let signals = Signals::listen(&[
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ])?;
    let dir = tempfile::Builder::new().prefix("sessctl-demo-").tempdir()?;
    let stage = Stage::set(dir).await?;
    let outcome = if io::stdout().is_terminal() && io::stdin().is_terminal() {
        stage.play(context, args.visitors).await
    } else {
        stage.guide(signals).await
    };
    stage.clear().await;
    outcome
}

/// A server of the demo's own, in a directory of its own.
struct Stage {
    ready: Ready,
    admin: std::path::PathBuf,
    close: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<()>,
    dir: TempDir,
}

impl Stage {
    async fn set(dir: TempDir) -> Result<Self, Failure> {
        let file = dir.path().join("sessions.db");
        let admin_path = dir.path().join("admin.sock");
        let public = PublicListener::bind("127.0.0.1:0", Auth::Open).await?;
        let admin = AdminListener::bind(&AdminAddress::unix(&admin_path)).await?;
        let ready = Ready::new(&public, &admin);
        let mut owner = Owner::take(&file)?;
        owner.announce(&ready.admin)?;
        let sessions = Sessions::open_sqlite(&file, Settings::default())?;
        let (close, closed) = oneshot::channel();
        let server = tokio::spawn(async move {
            let asked = async {
                // An error says that the demo has gone, which is the same.
                let _ = closed.await;
            };
            // The store goes with its directory: how it closed is no matter.
            let _ =
                sessctl_server::run(public, admin, sessions, Config::new(Auth::Open), asked).await;
            drop(owner);
        });
        Ok(Self {
            ready,
            admin: admin_path,
            close,
            server,
            dir,
        })
    }

    /// The dashboard, with visitors coming and going.
    async fn play(&self, context: &Context, visitors: u16) -> Result<Code, Failure> {
        let visiting = visitors::start(&self.ready.public, self.dir.path(), visitors)?;
        let admin = Admin::unix(self.admin.clone(), context.timeout())?;
        let code = tui::open(context, Arc::new(admin), self.ready.admin.clone()).await;
        drop(visiting);
        code
    }

    /// The tour, for pipes and logs.
    async fn guide(&self, mut signals: Signals) -> Result<Code, Failure> {
        tokio::select! {
            toured = tour::run(&self.ready, self.dir.path()) => toured.map(|()| Code::OK),
            number = signals.next() => Err(Failure::silent(Code::of_signal(number))),
        }
    }

    /// Ends the server and removes everything.
    async fn clear(self) {
        const PATIENCE: Duration = Duration::from_secs(6);
        // Errors say that the server has ended already.
        let _ = self.close.send(());
        let _ = tokio::time::timeout(PATIENCE, self.server).await;
        drop(self.dir);
    }
}
