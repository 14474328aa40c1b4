//! Where a run takes place: its size, its directories, and the servers that it starts there.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::{process::Command, sync::OnceCell, task::spawn_blocking};

use crate::{
    fill, load,
    load::Until,
    process::{Peer, Server},
    visit::{Cookies, Plan, Visitor},
};

/// Connections at once.
pub(crate) const VISITORS: u64 = 64;

/// The few sessions that a million are compared with.
const FEW: u64 = 1_000;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) sessions: u64,
    pub(crate) million: u64,
    pub(crate) starts: usize,
    /// How often each list is asked for.
    pub(crate) lists: usize,
    pub(crate) fixed_rounds: usize,
    /// Wrong logins of each kind.
    pub(crate) tries: usize,
    /// Requests a second.
    pub(crate) rate: u32,
    /// Whether the figures mean anything.
    pub(crate) is_judged: bool,
}

/// The place.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) size: Size,
    sessctl: PathBuf,
    serve_args: Vec<String>,
    /// On the disk that is measured.
    disk: TempDir,
    /// Short, because a socket's path may have no more than about a hundred bytes.
    sockets: TempDir,
    homes: AtomicU64,
    many: OnceCell<PathBuf>,
    few: OnceCell<PathBuf>,
}

impl Size {
    pub(crate) const FULL: Self = Self {
        rounds: 7,
        round: Duration::from_secs(3),
        sessions: 10_000,
        million: 1_000_000,
        starts: 5,
        lists: 21,
        fixed_rounds: 9,
        tries: 200,
        rate: 10_000,
        is_judged: true,
    };

    /// Enough to see that everything answers as it should.
    pub(crate) const QUICK: Self = Self {
        rounds: 1,
        round: Duration::from_millis(500),
        sessions: 1_000,
        million: 1_000,
        starts: 1,
        lists: 3,
        fixed_rounds: 1,
        tries: 5,
        rate: 1_000,
        is_judged: false,
    };
}

impl Ground {
    /// Makes the directories; they go when it is closed or dropped.
    pub(crate) fn new(
        size: Size,
        sessctl: &Path,
        out: &Path,
        serve_args: Vec<String>,
    ) -> Result<Self> {
        Ok(Self {
            size,
            sessctl: std::path::absolute(sessctl)?,
            serve_args,
            disk: tempfile::Builder::new()
                .prefix("run-")
                .tempdir_in(std::path::absolute(out)?)?,
            sockets: tempfile::Builder::new()
                .prefix("sessctl-bench-")
                .tempdir()?,
            homes: AtomicU64::new(0),
            many: OnceCell::new(),
            few: OnceCell::new(),
        })
    }

    /// Where the directories are, for whoever removes them when the run was cut short.
    pub(crate) fn places(&self) -> [PathBuf; 2] {
        [&self.disk, &self.sockets].map(|dir| dir.path().to_owned())
    }

    /// Starts a server with nothing in it.
    pub(crate) async fn start(&self, peer: Peer) -> Result<Server> {
        match peer {
            Peer::Ours => self.serve(&self.home()?.join("sessions.db")).await,
            Peer::Bare | Peer::TsMemory => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["peer", peer.name()]);
                Server::start(peer, command, &self.home()?).await
            }
        }
    }

    /// Starts `sessctl serve` on a store file, with limits so long that nothing expires meanwhile.
    pub(crate) async fn serve(&self, store: &Path) -> Result<Server> {
        self.serve_with(store, &["--auth", "open"]).await
    }

    /// Starts it with these accounts, behind a proxy on this machine that says where clients are.
    pub(crate) async fn serve_accounts(&self, accounts: &str) -> Result<Server> {
        let home = self.home()?;
        let (store, list) = (home.join("sessions.db"), home.join("accounts"));
        std::fs::write(&list, accounts)?;
        let mut import = Command::new(&self.sessctl);
        import
            .args(["user", "import", "--source"])
            .arg(format!("sqlite:{}", store.display()))
            .arg(&list);
        succeed(import, &home).await?;
        self.serve_with(&store, &["--auth", "users", "--trust-proxy", "127.0.0.1"])
            .await
    }

    /// Runs a command at a server's socket.
    pub(crate) async fn sessctl(&self, server: &Server, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.sessctl);
        command
            .args(arguments)
            .arg("--source")
            .arg(format!("unix:{}", server.socket()?.display()));
        succeed(command, self.disk.path()).await
    }

    async fn serve_with(&self, store: &Path, arguments: &[&str]) -> Result<Server> {
        let home = self.home()?;
        let name = home.file_name().context("a home has a name")?;
        let socket = self.sockets.path().join(name);
        let mut command = Command::new(&self.sessctl);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .args(["--idle", "30d", "--absolute", "365d"])
            .arg("--store")
            .arg(format!("sqlite:{}", store.display()))
            .arg("--admin")
            .arg(format!("unix:{}", socket.display()))
            .arg("--ready-file")
            .arg(home.join("ready.json"))
            .args(&self.serve_args);
        Server::start(Peer::Ours, command, &home).await
    }

    /// Starts every peer, puts sessions into those that have any, and gives their cookies along.
    pub(crate) async fn start_all(&self) -> Result<Vec<(Server, Cookies)>> {
        let mut all = Vec::new();
        for peer in Peer::ALL {
            let server = self.start(peer).await?;
            let cookies = self.sign_in(&server, self.size.sessions).await?;
            all.push((server, cookies));
        }
        Ok(all)
    }

    /// Signs in so many visitors, as they would themselves.
    async fn sign_in(&self, server: &Server, count: u64) -> Result<Cookies> {
        let visitors = visitors(server, &Plan::Login(Arc::default()), VISITORS);
        let round = load::closed(server, visitors, Until::Answered(count)).await?;
        if round.cookies.len() as u64 != count {
            bail!("not every login brought a session");
        }
        Ok(Cookies::Known(Arc::new(round.cookies)))
    }

    /// A fresh copy of the file with a million sessions.
    pub(crate) async fn many(&self) -> Result<PathBuf> {
        let made = || self.filled("many", self.size.million);
        self.copy_of(self.many.get_or_try_init(made).await?)
    }

    /// A fresh copy of the file with the few sessions that a million are compared with, and their number.
    pub(crate) async fn few(&self) -> Result<(PathBuf, u64)> {
        let made = || self.filled("few", FEW);
        Ok((self.copy_of(self.few.get_or_try_init(made).await?)?, FEW))
    }

    async fn filled(&self, name: &str, count: u64) -> Result<PathBuf> {
        let path = self.disk.path().join(format!("{name}.db"));
        // The server makes the table, so that it is always the one of the version that is measured.
        self.serve(&path).await?.stop().await?;
        eprintln!("writing {count} sessions");
        let file = path.clone();
        spawn_blocking(move || fill::fill(&file, count)).await??;
        Ok(path)
    }

    fn copy_of(&self, file: &Path) -> Result<PathBuf> {
        let copy = self.home()?.join("sessions.db");
        std::fs::copy(file, &copy)?;
        Ok(copy)
    }

    /// The program that is measured.
    pub(crate) fn binary(&self) -> &Path {
        &self.sessctl
    }

    /// A new directory for a program of its own.
    pub(crate) fn new_home(&self) -> Result<PathBuf> {
        self.home()
    }

    /// A new directory for one server.
    fn home(&self) -> Result<PathBuf> {
        let number = self
            .homes
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let home = self.disk.path().join(number.to_string());
        std::fs::create_dir(&home)?;
        Ok(home)
    }
}

/// Runs a command that has to do what it was asked.
async fn succeed(mut command: Command, home: &Path) -> Result<()> {
    let done = command.env_clear().env("HOME", home).kill_on_drop(true);
    let done = done.output().await?;
    if !done.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}

/// So many visitors of a server with one plan.
pub(crate) fn visitors(server: &Server, plan: &Plan, count: u64) -> Vec<Visitor> {
    let host = server.address.to_string();
    let has_sessions = server.peer.has_sessions();
    (0..count)
        .map(|number| Visitor::new(plan.clone(), host.clone(), has_sessions, number))
        .collect()
}
