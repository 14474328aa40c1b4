//! A user's home of one test's own, and the binary in it.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    time,
};

/// How long anything may take: far more than it needs, so that only what hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// No files.
pub(crate) const NOTHING: [PathBuf; 0] = [];

/// The binary under test.
pub(crate) const SESSCTL: &str = env!("CARGO_BIN_EXE_sessctl");

/// A home directory with nothing in it, and an environment that leads nowhere else.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("sessctl-it-")
            .tempdir()
            .unwrap();
        for name in ["state", "config", "data", "run", "tmp", "work"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self(dir)
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// The same as an argument or a part of one.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, and the directories above it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The whole environment of every command here: nothing of the caller's but the path.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", self.text("")),
            ("USER", "tester".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TMPDIR", self.text("tmp")),
            ("XDG_STATE_HOME", self.text("state")),
            ("XDG_CONFIG_HOME", self.text("config")),
            ("XDG_DATA_HOME", self.text("data")),
            ("XDG_RUNTIME_DIR", self.text("run")),
        ]
    }

    /// Any program in this home: no input, its output kept, and ended when it is dropped.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.environment())
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The binary in this home.
    pub(crate) fn sessctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(SESSCTL);
        command.args(arguments);
        command
    }

    /// Runs the binary to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        ended(self.sessctl(arguments)).await
    }

    /// Every jar's path.
    pub(crate) fn jars(&self) -> Vec<PathBuf> {
        self.files("state")
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }

    /// Every file and socket below a directory of this home.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.path(below)];
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                } else {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }
}

/// What a command left: its exit code, its results, its talk.
#[derive(Debug)]
pub(crate) struct Done {
    /// As a shell has it: 128 and the number for a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    /// The results of a command that did what it was asked.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.stdout
    }

    /// The talk of a command that failed with this code, without results, and said these words.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> String {
        assert_eq!(self.code, code, "{self:#?}");
        assert_eq!(
            self.stdout, "",
            "a failure leaves stdout empty: {}",
            self.stderr
        );
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {self:#?}");
        }
        self.stderr
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        let status = output.status;
        Self {
            code: status
                .code()
                .or(status.signal().map(|number| 128 + number))
                .unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs a command to its end.
pub(crate) async fn ended(mut command: Command) -> Done {
    finished(command.spawn().unwrap()).await
}

/// Runs a command with something to read.
pub(crate) async fn fed(mut command: Command, input: &str) -> Done {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    finished(child).await
}

/// Waits for a command that runs already.
pub(crate) async fn finished(child: Child) -> Done {
    match time::timeout(PATIENCE, child.wait_with_output()).await {
        Ok(output) => output.unwrap().into(),
        Err(_) => panic!("the command does not end"),
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let look = async {
        while !is() {
            time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(
        time::timeout(PATIENCE, look).await.is_ok(),
        "waited in vain for {what}"
    );
}
