//! Servers as processes of their own: starting them, what they use, ending them.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::{Instant, timeout},
};

/// How long a server may take to say where it answers, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Peer {
    /// Axum alone: the same routes, no session.
    Bare,
    /// Axum with tower-sessions and its store in memory.
    TsMemory,
    /// `sessctl serve`.
    Ours,
}

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pid: u32,
    pub(crate) peer: Peer,
    pub(crate) address: SocketAddr,
    admin: Option<PathBuf>,
    /// When its process was started.
    pub(crate) started: Instant,
}

/// What a server prints when it answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) public: String,
    #[serde(default)]
    pub(crate) admin: Option<String>,
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

impl Peer {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::TsMemory, Self::Ours];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::TsMemory => "ts-memory",
            Self::Ours => "ours",
        }
    }

    pub(crate) fn has_sessions(self) -> bool {
        self != Self::Bare
    }
}

impl Server {
    /// Starts a server and waits until it says where it answers. Its log goes to a file in `home`, which is also
    /// where it looks for settings.
    pub(crate) async fn start(peer: Peer, mut command: Command, home: &Path) -> Result<Self> {
        let log = home.join("log");
        let started = Instant::now();
        let mut child = command
            // What the caller set for its own servers does not reach these.
            .env_clear()
            .env("HOME", home)
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            // A terminal's Ctrl-C reaches the benchmark alone, which ends its servers itself.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a server")?;
        let pid = child.id().context("a server ended at once")?;
        let stdout = child.stdout.take().context("a server has no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line())
            .await
            .context("a server did not start in time")??;
        let Some(line) = line else {
            bail!(
                "the server {} did not start: {}",
                peer.name(),
                fs::read_to_string(&log)?.trim()
            );
        };
        let ready: Ready = serde_json::from_str(&line).context("a server said no ready line")?;
        let address = ready
            .public
            .strip_prefix("http://")
            .context("a server that does not listen on http")?;
        Ok(Self {
            child,
            pid,
            peer,
            address: address.parse()?,
            admin: ready
                .admin
                .as_deref()
                .and_then(|admin| admin.strip_prefix("unix:"))
                .map(PathBuf::from),
            started,
        })
    }

    /// Its admin socket.
    pub(crate) fn socket(&self) -> Result<PathBuf> {
        self.admin.clone().context("the server has no socket")
    }

    /// Processor time that it used up to now, its own and the kernel's for it.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.pid)
    }

    /// Memory that it holds.
    pub(crate) fn memory(&self) -> Result<Memory> {
        memory_of(self.pid)
    }

    /// Asks it to end, and waits for that.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(self.pid.cast_signed()).context("no process id")?;
        kill_process(pid, Signal::TERM)?;
        timeout(PATIENCE, self.child.wait())
            .await
            .context("a server did not end in time")??;
        Ok(())
    }
}

/// Processor time that a process used up to now, its own and the kernel's for it.
pub(crate) fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The name in the second field may hold anything, but it ends at the last parenthesis.
    let after = stat.rfind(')').context("an odd stat file")?;
    let fields: Vec<_> = stat[after + 1..].split_ascii_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).unwrap_or(&"").parse()?) };
    let second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(
        (ticks(11)? + ticks(12)?) as f64 / second as f64,
    ))
}

/// Memory that a process holds.
pub(crate) fn memory_of(pid: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let bytes = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let line = line.with_context(|| format!("no {name} in the status file"))?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    };
    Ok(Memory {
        now: bytes("VmRSS:")?,
        peak: bytes("VmHWM:")?,
    })
}
