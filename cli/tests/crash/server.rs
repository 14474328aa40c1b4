//! A running server, and the ways in which it ends.

use std::{fs, io, net::SocketAddr, path::PathBuf, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::{self, Instant},
};

use crate::{
    scene::{SESSCTL, Scene},
    wire::{Answer, Connection, PATIENCE, Request},
};

/// Longer than any test: for servers whose idle limit is no matter.
pub(crate) const NEVER_IDLE: [&str; 4] = ["--idle", "24h", "--absolute", "24h"];

/// Dropped, it is killed.
pub(crate) struct Server {
    pub(crate) public: SocketAddr,
    pub(crate) admin: PathBuf,
    /// How long it took from the start to the ready line.
    pub(crate) start_took: Duration,
    child: Child,
    ready_file: PathBuf,
    /// Held open: a server whose reader went away is another test.
    _stdout: BufReader<ChildStdout>,
}

impl Scene {
    /// Starts a server that never ends a session by itself, and waits until it answers.
    pub(crate) async fn start(&self) -> Server {
        self.started(self.to_serve(&[SESSCTL], &NEVER_IDLE)).await
    }

    /// Starts a server and waits until it says where it answers.
    pub(crate) async fn started(&self, mut command: Command) -> Server {
        let ready_file = self.path("ready");
        // The one that a killed server left.
        let _ = fs::remove_file(&ready_file);
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read = time::timeout(PATIENCE, stdout.read_line(&mut line)).await;
        read.expect("the server starts or ends").unwrap();
        if line.is_empty() {
            let status = child.wait().await.unwrap();
            panic!(
                "the server did not start: {status}; its log: {}",
                self.log()
            );
        }
        let ready: Value = serde_json::from_str(&line).unwrap();
        let in_file: Value = serde_json::from_slice(&fs::read(&ready_file).unwrap()).unwrap();
        assert_eq!(ready, in_file, "the ready file and the ready line");
        let part = |name: &str, scheme| {
            let url = ready[name].as_str().unwrap();
            url.strip_prefix(scheme).unwrap().to_owned()
        };
        Server {
            public: part("public", "http://").parse().unwrap(),
            admin: part("admin", "unix:").into(),
            start_took: began.elapsed(),
            child,
            ready_file,
            _stdout: stdout,
        }
    }

    /// Starts a server and kills it after a while, wherever it is by then.
    pub(crate) async fn start_and_kill(&self, after: Duration) {
        let mut child = self.to_serve(&[SESSCTL], &NEVER_IDLE).spawn().unwrap();
        time::sleep(after).await;
        child.kill().await.unwrap();
    }
}

impl Server {
    pub(crate) async fn visitor(&self) -> Connection {
        Connection::tcp(self.public).await.unwrap()
    }

    pub(crate) async fn operator(&self) -> Connection {
        Connection::unix(&self.admin).await.unwrap()
    }

    /// Asks the public port one thing.
    pub(crate) async fn ask(&self, request: Request<'_>) -> Answer {
        self.visitor().await.ask(request).await.unwrap()
    }

    /// Signs in and returns the cookie.
    pub(crate) async fn login(&self, user: &str) -> String {
        let answer = self.try_login(user).await;
        assert_eq!(answer.status, 200, "{user}: {}", answer.text());
        answer.new_cookie().unwrap()
    }

    pub(crate) async fn try_login(&self, user: &str) -> Answer {
        let body = serde_json::json!({"username": user});
        self.ask(Request::post("/login").json(&body)).await
    }

    /// The user whom a cookie opens the dashboard for; the refusal if it opens nothing.
    pub(crate) async fn who(&self, cookie: &str) -> Result<String, Value> {
        let answer = self.ask(Request::get("/dashboard").cookie(cookie)).await;
        let body = answer.json();
        match answer.status {
            200 => Ok(body["user"].as_str().unwrap().to_owned()),
            401 => Err(body),
            other => panic!("a dashboard answered {other}: {body}"),
        }
    }

    /// The handle of a cookie's session.
    pub(crate) async fn handle(&self, cookie: &str) -> String {
        let answer = self.ask(Request::get("/session").cookie(cookie)).await;
        answer.json()["handle"].as_str().unwrap().to_owned()
    }

    /// Ends one session as an operator and returns what became of it, in the server's word.
    pub(crate) async fn revoke(&self, handle: &str) -> String {
        let body = serde_json::json!({"select": {"handles": [handle]}});
        let request = Request::post("/v1/revocations").json(&body);
        let answer = self.operator().await.ask(request).await.unwrap();
        let report = answer.json();
        let result = report["outcomes"][0]["result"].as_str();
        result.unwrap_or_else(|| panic!("{report}")).to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        let pid = self.child.id().expect("it runs still").cast_signed();
        Pid::from_raw(pid).unwrap()
    }

    /// Whether it runs still.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it by SIGKILL: from here on nothing of it does anything.
    pub(crate) async fn kill(mut self) {
        self.child.start_kill().unwrap();
        self.ended().await;
    }

    /// Asks it to end by SIGTERM and returns once it has, in good order.
    pub(crate) async fn terminate(mut self) {
        self.signal(Signal::TERM);
        let status = self.ended().await;
        assert!(status.success(), "SIGTERM: {status}");
        assert!(!self.ready_file.exists(), "the ready file was left");
        assert!(!self.admin.exists(), "the admin socket was left");
    }

    /// Asks it to end, and kills it after a while, wherever it is by then.
    pub(crate) async fn terminate_and_kill(mut self, after: Duration) -> io::Result<()> {
        self.signal(Signal::TERM);
        time::sleep(after).await;
        self.child.kill().await
    }

    async fn ended(&mut self) -> ExitStatus {
        let ended = time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the server ends").unwrap()
    }
}
