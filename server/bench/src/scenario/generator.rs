//! Whether `sessctl load` is fast enough to measure a server: bare axum on one core, the generator on the other. It must
//! be the server that has no time left. The client of this benchmark, which does nothing but ask, is the measure.

use std::{sync::Arc, thread, time::Duration};

use anyhow::{Context as _, Result, bail};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Deserialize;
use sessctl_client::load::thread_time;
use tokio::{process::Command, runtime::Builder, sync::oneshot, time::sleep};

use crate::{
    ground::{Ground, VISITORS, visitors},
    load::{self, Round, Until},
    process::{Peer, Server},
    report::{Limit, Report, Row, Series},
    visit::{Cookies, Plan, Visitor},
};

const NAME: &str = "load";

/// Whose core is whose.
const SERVERS: usize = 0;
const GENERATORS: usize = 1;

/// What one round showed.
struct Shown {
    per_second: f64,
    /// Shares of their cores, of a hundred.
    server: f64,
    generator: f64,
    p99: f64,
}

/// What is read of the document that `sessctl load` prints.
#[derive(Deserialize)]
struct Document {
    errors: u64,
    elapsed_s: f64,
    views_per_s: f64,
    generator: Generator,
    phases: Vec<Phase>,
}

#[derive(Deserialize)]
struct Generator {
    busy: f64,
}

#[derive(Deserialize)]
struct Phase {
    p99_ms: f64,
}

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    if thread::available_parallelism()?.get() < 2 {
        bail!("the server and the load need a core each");
    }
    let mut bare = pinned(SERVERS, &std::env::current_exe()?.display().to_string());
    bare.args(["peer", Peer::Bare.name()]);
    let server = Server::start(Peer::Bare, bare, &ground.new_home()?).await?;
    let server = Arc::new(server);
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    // A first round of each is not counted.
    sessctl(ground, &server, ground.size.round / 3).await?;
    by_hand(&server, ground.size.round / 3).await?;
    for round in 0..ground.size.rounds {
        for turn in 0..2 {
            match (round + turn) % 2 {
                0 => ours.push(sessctl(ground, &server, ground.size.round).await?),
                _ => raw.push(by_hand(&server, ground.size.round).await?),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
    let server = Arc::into_inner(server).context("a round still goes on")?;
    server.stop().await?;

    let of = |rounds: &[Shown], figure: fn(&Shown) -> f64| -> Vec<f64> {
        rounds.iter().map(figure).collect()
    };
    for (figure, unit, value, limit) in [
        (
            "throughput against bare on the other core",
            "1/s",
            (|round| round.per_second) as fn(&Shown) -> f64,
            Some(Limit::RatioAtLeast(0.9)),
        ),
        (
            "share of its core that bare uses",
            "%",
            |round| round.server,
            None,
        ),
        (
            "share of its core that the generator uses",
            "%",
            |round| round.generator,
            Some(Limit::AtMost(95.0)),
        ),
        ("p99", "ms", |round| round.p99, None),
    ] {
        let base = Series::new("by hand", of(&raw, value));
        let row = Row::compared(NAME, figure, unit, of(&ours, value), base);
        report.add(match limit {
            Some(limit) => row.limit(limit),
            None => row,
        });
    }
    add_costs(report, &ours);
    Ok(())
}

/// What a request costs the generator beside what it costs the server. Other programs on the machine take time from
/// both cores, but who of the two would be the first to have none left can still be seen.
fn add_costs(report: &mut Report, rounds: &[Shown]) {
    let micros = |share: fn(&Shown) -> f64| -> Vec<f64> {
        let cost = |round: &Shown| share(round) * 1e4 / round.per_second;
        rounds.iter().map(cost).collect()
    };
    let bare = Series::new("bare", micros(|round| round.server));
    let ours = micros(|round| round.generator);
    report.add(
        Row::compared(NAME, "CPU a request, beside the server's", "us", ours, bare)
            .limit(Limit::RatioAtMost(0.95)),
    );
}

/// A program that runs on one core alone.
fn pinned(core: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), program]);
    command
}

async fn sessctl(ground: &Ground, server: &Server, span: Duration) -> Result<Shown> {
    let before = server.cpu()?;
    let done = pinned(GENERATORS, &ground.binary().display().to_string())
        .env_clear()
        .env("HOME", ground.new_home()?)
        .args([
            "load",
            "--no-login",
            "--path",
            "/dashboard",
            "-o",
            "json",
            "--server",
        ])
        .arg(format!("http://{}", server.address))
        .args(["--users", &VISITORS.to_string(), "--duration"])
        .arg(format!("{}ms", span.as_millis()))
        .kill_on_drop(true)
        .output()
        .await?;
    if !done.status.success() {
        bail!("sessctl load: {}", String::from_utf8_lossy(&done.stderr));
    }
    let found: Document =
        serde_json::from_slice(&done.stdout).context("not the document of a load")?;
    if found.errors > 0 {
        bail!("sessctl load counted errors at a server that makes none");
    }
    let views = found.phases.first().context("a load without views")?;
    let used = server.cpu()? - before;
    Ok(Shown {
        per_second: found.views_per_s,
        server: 100.0 * used.as_secs_f64() / found.elapsed_s,
        generator: 100.0 * found.generator.busy,
        p99: views.p99_ms,
    })
}

/// The same by this benchmark's client: on one thread too, which is one of its own, for a core is a thread's.
async fn by_hand(server: &Arc<Server>, span: Duration) -> Result<Shown> {
    let visitors = visitors(server, &Plan::Dashboard(Cookies::Of(VISITORS)), VISITORS);
    let server = Arc::clone(server);
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let measured = alone(&server, visitors, span);
        drop(server);
        // Nobody listens any more when the run was cut short.
        let _ = tell.send(measured);
    });
    let (round, used) = told.await??;
    let share = |used: Duration| 100.0 * used.as_secs_f64() / round.elapsed.as_secs_f64();
    Ok(Shown {
        per_second: round.per_second(),
        server: share(round.cpu),
        generator: share(used),
        p99: round.millis_at(99.0),
    })
}

/// A round on this thread, and the processor time that it took.
fn alone(server: &Server, visitors: Vec<Visitor>, span: Duration) -> Result<(Round, Duration)> {
    let mut core = CpuSet::new();
    core.set(GENERATORS);
    sched_setaffinity(None, &core)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let before = thread_time();
    let round = runtime.block_on(load::closed(server, visitors, Until::Passed(span)))?;
    Ok((round, thread_time() - before))
}
