//! What a call costs somebody at a shell: `sessctl dashboard` as a whole process, beside curl with a jar for the same page;
//! and how large the program is.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    ground::Ground,
    process::Peer,
    report::{Limit, Report, Row, Series, median},
};

const NAME: &str = "shell";

/// Calls of each in a round.
const CALLS: usize = 40;

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    let size = std::fs::metadata(ground.binary())?.len();
    let megabytes = vec![size as f64 / 1e6];
    report
        .add(Row::alone(NAME, "the program, stripped", "MB", megabytes).limit(Limit::AtMost(25.0)));

    let server = ground.start(Peer::Ours).await?;
    let home = ground.new_home()?;
    let url = format!("http://{}", server.address);
    let (binary, rounds) = (ground.binary().to_owned(), ground.size.rounds);
    // On a thread that does nothing else: whoever waits for a shell's commands has no other work either.
    let measured = spawn_blocking(move || measure(&binary, &home, &url, rounds));
    let (ours, theirs) = measured.await??;
    server.stop().await?;
    let curl = Series::new("curl -b jar -c jar", theirs);
    report.add(
        Row::compared(NAME, "the dashboard, a whole process", "ms", ours, curl)
            .limit(Limit::RatioAtMost(0.5)),
    );
    Ok(())
}

/// The median of each round, of ours and of curl in turn: many calls of one after the other, as hyperfine makes them.
fn measure(binary: &Path, home: &Path, url: &str, rounds: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let sessctl = |arguments: &[&str]| {
        let mut command = program(binary, home);
        command.args(arguments);
        command
    };
    let curl = |arguments: &[&str]| {
        let mut command = program(Path::new("curl"), home);
        command
            .args(["-s", "-b", "jar", "-c", "jar"])
            .args(arguments);
        command
    };
    called(sessctl(&["login", "alice", "--server", url]))?;
    called(curl(&["-d", "username=alice", &format!("{url}/login")]))?;
    let page = format!("{url}/dashboard");
    let round = |command: &dyn Fn() -> Command| -> Result<f64> {
        let calls: Result<Vec<_>> = (0..CALLS).map(|_| called(command())).collect();
        Ok(median(&calls?))
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(round(&|| sessctl(&["dashboard"]))?);
        theirs.push(round(&|| curl(&[&page]))?);
    }
    Ok((ours, theirs))
}

/// A program in a home of its own.
fn program(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Milliseconds from its start to its end, as a shell waits for it. It has to do what it was asked.
fn called(mut command: Command) -> Result<f64> {
    let start = Instant::now();
    let status = command.status().context("cannot be started")?;
    let took = start.elapsed();
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(took.as_secs_f64() * 1e3)
}
