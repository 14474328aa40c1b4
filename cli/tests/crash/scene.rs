//! A directory of one test's own: the store, the socket, the log. After a failure it is kept, and said where.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::process::Command;

/// The binary under test.
pub(crate) const SESSCTL: &str = env!("CARGO_BIN_EXE_sessctl");

/// A directory with nothing else in it.
pub(crate) struct Scene(TempDir);

impl Scene {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("sessctl-crash-").tempdir();
        let scene = Self(dir.unwrap());
        // Of its own, so that a test may close one of the two directories and leave the other.
        fs::create_dir(scene.path("store")).unwrap();
        scene
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// The file that keeps the sessions.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("store/sessions.db")
    }

    /// What SQLite keeps beside it: what was committed and is not in the file yet.
    pub(crate) fn wal(&self) -> PathBuf {
        self.path("store/sessions.db-wal")
    }

    /// Everything in the store's directory.
    pub(crate) fn store_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("store")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// What the servers logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// `sessctl serve` on this store and a free port, by this program and its first arguments. What it logs goes to the
    /// log, after what is there.
    pub(crate) fn to_serve(&self, program: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]);
        command.args(["serve", "--auth", "open", "--listen", "127.0.0.1:0"]);
        command
            .arg("--store")
            .arg(format!("sqlite:{}", self.store().display()));
        command
            .arg("--admin")
            .arg(format!("unix:{}", self.path("admin.sock").display()));
        command.arg("--ready-file").arg(self.path("ready"));
        command.args(arguments);
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("log"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.root())
            .current_dir(self.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .kill_on_drop(true);
        command
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("kept for you: {}", self.0.path().display());
        }
    }
}
