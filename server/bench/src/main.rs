//! The benchmark: `sessctl serve` beside bare axum and beside tower-sessions in memory.
//!
//! The load generator lives here (`http`, `visit`, `load`), every server is a process of its own (`process`, `peers`),
//! and `scenario` says what is measured. See BENCHMARKS.md; `scripts/bench` builds and runs it.

mod admin;
mod fill;
mod ground;
mod http;
mod load;
mod peers;
mod people;
mod process;
mod report;
mod scenario;
mod screen;
mod visit;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum as _};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    time::sleep,
};

use crate::{
    ground::{Ground, Size},
    process::Peer,
    report::Report,
    scenario::Scenario,
};

#[derive(Debug, Parser)]
#[command(version, about = "Measures sessctl serve beside bare axum")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure
    Run(Run),
    /// Serve, to be measured
    Peer {
        #[arg(value_parser = peer)]
        peer: Peer,
    },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// The binary to measure
    #[arg(long, value_name = "FILE")]
    sessctl: PathBuf,
    /// Where results and, meanwhile, store files go; on a disk, or durable means nothing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only show that everything answers: short rounds, few sessions, nothing judged
    #[arg(long)]
    quick: bool,
    /// How long a round takes that has no number of requests [default: 3]
    #[arg(long, value_name = "SECONDS", conflicts_with = "quick")]
    round: Option<u64>,
    /// What to measure [default: everything]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<Scenario>,
    /// Further arguments for sessctl serve, such as --quiet
    #[arg(last = true, value_name = "ARGS")]
    serve_args: Vec<String>,
}

fn main() -> ExitCode {
    let done = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let done = runtime.block_on(async {
            match Cli::parse().command {
                Command::Peer { peer } => peers::run(peer).await.map(|()| ExitCode::SUCCESS),
                Command::Run(run) => run.until_signal().await,
            }
        });
        // A store file that is being written when the user interrupts is not waited for.
        runtime.shutdown_background();
        done
    });
    done.unwrap_or_else(|error: anyhow::Error| {
        eprintln!("bench: {error:#}");
        ExitCode::FAILURE
    })
}

fn peer(name: &str) -> Result<Peer, String> {
    Peer::ALL
        .into_iter()
        .find(|peer| peer.name() == name)
        .ok_or_else(|| "bare or ts-memory".to_owned())
}

impl Run {
    /// Runs to the end or to a signal; whichever comes, no server and no directory stays.
    async fn until_signal(self) -> Result<ExitCode> {
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        fs::create_dir_all(&self.out)?;
        let mut size = if self.quick { Size::QUICK } else { Size::FULL };
        if let Some(seconds) = self.round {
            size.round = Duration::from_secs(seconds);
        }
        let ground = Ground::new(size, &self.sessctl, &self.out, self.serve_args.clone())?;
        let places = ground.places();
        // In a task, so that a panic ends it and not what is to be done after it. Its end drops the servers.
        let mut measuring = tokio::spawn(self.measure(ground));
        let code = tokio::select! {
            done = &mut measuring => match done {
                Ok(done) => done.map(|()| ExitCode::SUCCESS),
                Err(panic) => Err(panic).context("the benchmark broke down"),
            },
            code = async {
                tokio::select! {
                    _ = interrupted.recv() => 130,
                    _ = terminated.recv() => 143,
                }
            } => {
                measuring.abort();
                // Its servers are killed once it is gone; that it was aborted is no news.
                let _ = measuring.await;
                Ok(ExitCode::from(code))
            }
        };
        for place in &places {
            remove(place).await;
        }
        code
    }

    async fn measure(self, ground: Ground) -> Result<()> {
        let machine = machine();
        eprintln!("{machine}");
        let mut report = Report::new(machine, ground.size.is_judged);
        let all = || Scenario::value_variants().to_vec();
        let scenarios = if self.scenarios.is_empty() {
            all()
        } else {
            self.scenarios
        };
        for scenario in scenarios {
            scenario
                .run(&ground, &mut report)
                .await
                .with_context(|| format!("{scenario:?}"))?;
        }
        report.write(&self.out.join("results.json"))?;
        print!("{}", report.markdown());
        Ok(())
    }
}

/// Removes a directory in which a server that was killed may write for a moment yet.
async fn remove(place: &Path) {
    for _ in 0..100 {
        if fs::remove_dir_all(place).is_ok() || !place.exists() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    eprintln!("bench: cannot remove {}", place.display());
}

/// The machine in general words, and how quiet it is.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let release = read("/proc/sys/kernel/osrelease");
    let family = release.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{cores} cores, {} {family}, load before the run {load}; servers and load generator share the cores",
        read("/proc/sys/kernel/ostype").trim()
    )
}
