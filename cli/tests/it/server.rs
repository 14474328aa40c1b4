//! `sessctl serve` as a process of one test's own, on a free port, and the commands that go to it.

use std::{
    fs::OpenOptions,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time,
};

use crate::home::{Done, Home, PATIENCE, ended, fed};

/// A running server. Dropped, it is killed.
pub(crate) struct Server<'h> {
    pub(crate) home: &'h Home,
    pub(crate) public: String,
    pub(crate) admin: String,
    pub(crate) ready: Value,
    child: Child,
    /// Held open: a server whose reader went away is another test.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Home {
    /// Starts a server on a free port; further arguments may say otherwise.
    pub(crate) async fn serve(&self, arguments: &[&str]) -> Server<'_> {
        self.started(self.to_serve("127.0.0.1:0", arguments)).await
    }

    /// Starts a server at an address that another one had. In between the port is free for all, so somebody else may
    /// hold it for a moment: then it is tried again.
    pub(crate) async fn serve_at(&self, address: &str, arguments: &[&str]) -> Server<'_> {
        let log_before = self.read("log").len();
        let again = async {
            loop {
                if let Some(server) = self.start(self.to_serve(address, arguments)).await {
                    return server;
                }
                let log = self.read("log");
                assert!(log[log_before..].contains("another program"), "{log}");
                time::sleep(Duration::from_millis(100)).await;
            }
        };
        let server = time::timeout(PATIENCE, again).await;
        server.expect("whoever holds the port lets it go")
    }

    /// Starts a server that wants passwords, on a free port.
    pub(crate) async fn serve_accounts(&self, arguments: &[&str]) -> Server<'_> {
        let mut command = self.sessctl(&["serve", "--auth", "users", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        self.started(command).await
    }

    /// Runs `serve` on a free port where it ends by itself.
    pub(crate) async fn cannot_serve(&self, arguments: &[&str]) -> Done {
        ended(self.to_serve("127.0.0.1:0", arguments)).await
    }

    fn to_serve(&self, address: &str, arguments: &[&str]) -> Command {
        let mut command = self.sessctl(&["serve", "--auth", "open", "--listen", address]);
        command.args(arguments);
        command
    }

    /// Starts a server on a free port that is told nothing else than this.
    pub(crate) async fn serve_with(&self, arguments: &[&str]) -> Server<'_> {
        let mut command = self.sessctl(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        self.started(command).await
    }

    /// Starts it and waits for its ready line. What it logs goes to the file `log`, after what is there.
    pub(crate) async fn started(&self, command: Command) -> Server<'_> {
        let server = self.start(command).await;
        server.unwrap_or_else(|| panic!("the server did not start: {}", self.read("log")))
    }

    /// The same; `None` if it ended instead.
    async fn start(&self, mut command: Command) -> Option<Server<'_>> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut child = command.stderr(log).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = lines(&mut child);
        let line = next(&mut stdout).await?;
        let ready: Value = serde_json::from_str(&line).unwrap();
        Some(Server {
            home: self,
            public: ready["public"].as_str().unwrap().to_owned(),
            admin: ready["admin"].as_str().unwrap().to_owned(),
            ready,
            child,
            _stdout: stdout,
        })
    }
}

impl<'h> Server<'h> {
    /// The binary, pointed at this server.
    pub(crate) fn sessctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.sessctl(arguments);
        command.env("SESSCTL_SERVER", &self.public);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        ended(self.sessctl(arguments)).await
    }

    /// Signs in with a profile of the same name.
    pub(crate) async fn login(&self, user: &str) {
        self.run(&["login", user, "--profile", user]).await.ok();
    }

    /// Signs in with a password, and with a profile of the same name.
    pub(crate) async fn login_with(&self, user: &str, password: &str) {
        let login = self.sessctl(&["login", user, "--profile", user, "--password-stdin"]);
        fed(login, password).await.ok();
    }

    /// The handle of a user's only session.
    pub(crate) async fn handle_of(&self, user: &str) -> String {
        let found = self.run(&["ls", "-q", &format!("user={user}")]).await.ok();
        let handles: Vec<_> = found.lines().collect();
        assert_eq!(handles.len(), 1, "{user} has one session");
        handles[0].to_owned()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.admin.strip_prefix("unix:").unwrap().into()
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it by a signal and tells how it went.
    pub(crate) async fn ends(mut self, by: Signal) -> ExitStatus {
        signal(&self.child, by);
        let ended = time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the server ends").unwrap()
    }

    /// Ends it by a signal and starts it again at the same address.
    pub(crate) async fn restarts(self, by: Signal) -> Self {
        let (home, public) = (self.home, self.public.clone());
        self.ends(by).await;
        home.serve_at(public.strip_prefix("http://").unwrap(), &[])
            .await
    }
}

/// Sends a signal to a process that was started here.
pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = child.id().expect("it runs still").cast_signed();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// The results of a running command, line by line.
pub(crate) fn lines(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.stdout.take().unwrap()).lines()
}

/// The next line, within bounds.
pub(crate) async fn next<R>(lines: &mut Lines<R>) -> Option<String>
where
    R: tokio::io::AsyncBufRead + Unpin,
{
    match time::timeout(PATIENCE, lines.next_line()).await {
        Ok(line) => line.unwrap(),
        Err(_) => panic!("waited in vain for a line"),
    }
}
