//! Real web apps that we did not write the half of, as a browser meets them: each a framework's own sessions with a
//! page or two on top. Their sources, and what has to be installed for them, stand in `cli/tests/apps`.
//!
//! [`App::start`] runs one in a test's home; [`Kind`] tells how people sign in to it. `npm` and `pip` install.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
};

use tokio::{
    io::{BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
    time,
};

use crate::{
    home::{Done, Home, PATIENCE, ended, until},
    npm, peers, pip,
    server::{lines, next},
};

/// Which app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The tutorial's Express app: every name is let in, by whatever password. `--get-logout` signs out by GET alone,
    /// `--paths` gives paths and fields other names. SIGHUP makes it lose its sessions, and say `lost`.
    Express,
    /// Django's admin: a hidden token, checks of Origin and Referer, sign-out by a form with a token alone.
    Django,
    /// Flask-Login and Flask-WTF: a hidden token, an e-mail address as name, the whole session in a signed cookie.
    Flask,
    /// PHP's own sessions.
    Php,
    /// Fastify with @fastify/session: all JSON, no form.
    Json,
    /// Starlette: signing in is a chain of redirects that sets two cookies, and both are needed.
    Chain,
}

/// Somebody whom an app knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    /// The name to sign in with.
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
}

impl Kind {
    /// Alice and Bob.
    pub(crate) fn people(self) -> [Person; 2] {
        let [alice, bob] = match self {
            Self::Flask | Self::Json => ["alice@example.org", "bob@example.org"],
            _ => ["alice", "bob"],
        };
        [(alice, "correct horse"), (bob, "battery staple")]
            .map(|(user, password)| Person { user, password })
    }

    /// What `login` is told of the paths and fields where they are not those that it expects.
    pub(crate) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Express => &[],
            Self::Django => &[
                "--login-path=/admin/login/",
                "--dashboard-path=/admin/",
                "--logout-path=/admin/logout/",
            ],
            Self::Flask => &["--dashboard-path=/account"],
            Self::Php => &[
                "--login-path=/login.php",
                "--dashboard-path=/account.php",
                "--logout-path=/logout.php",
            ],
            Self::Json => &[
                "--via=json",
                r#"--body={"email":"{user}","password":"{password}"}"#,
                "--login-path=/api/login",
                "--check=/api/me",
                "--logout-path=/api/logout",
            ],
            Self::Chain => &[
                "--login-path=/signin",
                "--dashboard-path=/home",
                "--logout-path=/signout",
            ],
        }
    }

    /// The directory of its source and its name in messages.
    fn name(self) -> &'static str {
        match self {
            Self::Express => "express",
            Self::Django => "django",
            Self::Flask => "flask",
            Self::Php => "php",
            Self::Json => "json",
            Self::Chain => "chain",
        }
    }

    fn source(self, file: &str) -> PathBuf {
        let apps = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps");
        apps.join(self.name()).join(file)
    }
}

/// A running app. Dropped, it is killed.
pub(crate) struct App<'h> {
    pub(crate) home: &'h Home,
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) child: Child,
    /// What it says after its address.
    pub(crate) says: Lines<BufReader<ChildStdout>>,
}

impl<'h> App<'h> {
    /// Installs what the app needs, once for all runs, and starts it on a free port with these arguments of its own;
    /// `None` where that cannot be, which was said. Where it works is the home's `work`; what it complains of goes to
    /// the file `log` there.
    pub(crate) async fn start(home: &'h Home, kind: Kind, arguments: &[&str]) -> Option<Self> {
        let mut command = match kind {
            Kind::Express | Kind::Json => {
                if !peers::present(&["node", "npm"]) {
                    return None;
                }
                let manifest = std::fs::read_to_string(kind.source("package.json")).unwrap();
                let dir = npm::installed(&format!("app-{}", kind.name()), &manifest).await?;
                let mut node = home.program("node");
                node.env("NODE_PATH", dir.join("node_modules"));
                node.arg(kind.source("app.js"));
                node
            }
            Kind::Django | Kind::Flask | Kind::Chain => {
                if !peers::present(&["python3"]) {
                    return None;
                }
                let wanted = std::fs::read_to_string(kind.source("requirements.txt")).unwrap();
                let python = pip::installed(&format!("app-{}", kind.name()), &wanted).await?;
                let mut python = home.program(python.to_str().unwrap());
                python.arg(kind.source("app.py"));
                python
            }
            Kind::Php => {
                return if peers::present(&["php"]) {
                    Some(Self::of_php(home).await)
                } else {
                    None
                };
            }
        };
        command.args(arguments);
        let (mut child, mut says) = started(home, command);
        let Some(url) = next(&mut says).await else {
            let ended = child.wait().await.unwrap();
            panic!("{} ended by {ended}: {}", kind.name(), home.read("log"));
        };
        Some(Self {
            home,
            url,
            child,
            says,
        })
    }

    /// PHP's own server takes no port 0, so it is given one that was free just now. If somebody else was faster, it is
    /// tried again.
    async fn of_php(home: &'h Home) -> Self {
        let serving = async {
            loop {
                let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                let address = free.local_addr().unwrap().to_string();
                drop(free);
                let mut command = home.program("php");
                command.args(["-d", &format!("session.save_path={}", home.text("tmp"))]);
                command
                    .args(["-S", &address])
                    .arg(Kind::Php.source("index.php"));
                let (mut child, says) = started(home, command);
                let serves = format!("(http://{address}) started");
                until("PHP's server", || {
                    home.read("log").contains(&serves) || child.try_wait().unwrap().is_some()
                })
                .await;
                if child.try_wait().unwrap().is_none() {
                    let url = format!("http://{address}");
                    return Self {
                        home,
                        url,
                        child,
                        says,
                    };
                }
                let log = home.read("log");
                assert!(log.contains("Address already in use"), "{log}");
            }
        };
        let served = time::timeout(PATIENCE, serving).await;
        served.expect("a port that stays free for a moment")
    }

    /// The binary in the app's home, pointed at the app.
    pub(crate) fn sessctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.sessctl(arguments);
        command.env("SESSCTL_SERVER", &self.url);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        ended(self.sessctl(arguments)).await
    }

    /// The same with a password at hand.
    pub(crate) async fn run_with(&self, password: &str, arguments: &[&str]) -> Done {
        let mut command = self.sessctl(arguments);
        command.env("SESSCTL_PASSWORD", password);
        ended(command).await
    }
}

/// Starts it; what it complains of is kept.
fn started(home: &Home, mut command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let log = home.path("log");
    let log = OpenOptions::new().create(true).append(true).open(log);
    let mut child = command.stderr(log.unwrap()).spawn().unwrap();
    let says = lines(&mut child);
    (child, says)
}
