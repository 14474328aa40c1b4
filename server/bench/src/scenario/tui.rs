//! The live dashboard over a million sessions: from key to screen, and what it costs while much happens.

use std::{process::Command, time::Duration};

use anyhow::Result;
use tokio::{task::spawn_blocking, time::Instant};

use super::{Pace, one_round};
use crate::{
    ground::Ground,
    process::{cpu_of, memory_of},
    report::{Limit, Report, Row},
    screen::Screen,
    visit::{Cookies, Plan},
};

const NAME: &str = "tui";

/// Requests a second, each of another session: as many events.
const EVENTS: u32 = 5_000;

/// Keys that are pressed one after the other: rows, pages, and the ends of the list.
const MOVES: [&str; 8] = ["j", "j", "k", "\x1b[6~", "\x1b[6~", "\x1b[5~", "j", "k"];

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    let server = ground.serve(&ground.many().await?).await?;
    let mut command = Command::new(ground.binary());
    command
        .env_clear()
        .env("HOME", ground.new_home()?)
        .env("TERM", "xterm-256color")
        .args(["tui", "--source"])
        .arg(format!("unix:{}", server.socket()?.display()));
    let begun = Instant::now();
    let tries = ground.size.tries;
    let (screen, first, quiet, jumps) = spawn_blocking(move || {
        let mut screen = Screen::start(command)?;
        screen.sees("sessions")?;
        let first = begun.elapsed();
        let quiet = walk(&mut screen, tries)?;
        let jumps = jump(&mut screen, tries / 10 + 1)?;
        anyhow::Ok((screen, first, quiet, jumps))
    })
    .await??;
    let millis = |span: Duration| span.as_secs_f64() * 1e3;
    report.add(Row::alone(
        NAME,
        "start to the first rows",
        "ms",
        vec![millis(first)],
    ));
    report.add(
        Row::alone(NAME, "key to screen, p99", "ms", vec![p99(&quiet)]).limit(Limit::AtMost(50.0)),
    );
    report.add(Row::alone(
        NAME,
        "to the end of the list and back, p99",
        "ms",
        vec![p99(&jumps)],
    ));

    let pid = screen.pid();
    let (cpu, memory, frames) = (cpu_of(pid)?, memory_of(pid)?, screen.frames());
    let begun = Instant::now();
    let span = ground.size.round * 4;
    let typing = spawn_blocking(move || {
        let mut screen = screen;
        let mut keys = Vec::new();
        let mut halfway = None;
        while begun.elapsed() < span {
            keys.extend(walk(&mut screen, MOVES.len())?);
            if halfway.is_none() && begun.elapsed() > span / 2 {
                halfway = Some(memory_of(pid)?.now);
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        anyhow::Ok((screen, keys, halfway))
    });
    let plan = Plan::Dashboard(Cookies::Of(ground.size.million));
    let pace = Pace::Rate(EVENTS.min(ground.size.rate), span);
    one_round(&server, &plan, pace).await?;
    let (screen, keys, halfway) = typing.await??;
    let elapsed = begun.elapsed().as_secs_f64();
    let used = (cpu_of(pid)? - cpu).as_secs_f64();
    let drawn = screen.frames() - frames;
    let after = memory_of(pid)?.now;
    let halfway = halfway.unwrap_or(after);
    report.add(
        Row::alone(
            NAME,
            "key to screen beside 5,000 events/s, p99",
            "ms",
            vec![p99(&keys)],
        )
        .limit(Limit::AtMost(50.0)),
    );
    report.add(
        Row::alone(
            NAME,
            "processor beside 5,000 events/s",
            "% of a core",
            vec![100.0 * used / elapsed],
        )
        .limit(Limit::AtMost(25.0)),
    );
    report.add(
        Row::alone(
            NAME,
            "all of that for each frame",
            "ms",
            vec![1e3 * used / drawn.max(1) as f64],
        )
        .limit(Limit::AtMost(5.0)),
    );
    report.add(
        Row::alone(NAME, "memory", "MB", vec![memory.now as f64 / 1e6]).note(format!(
            "{:.1} MB halfway, {:.1} MB after",
            halfway as f64 / 1e6,
            after as f64 / 1e6
        )),
    );
    drop(screen);
    server.stop().await
}

/// Presses keys that move the cursor, one after the other.
fn walk(screen: &mut Screen, count: usize) -> Result<Vec<Duration>> {
    MOVES
        .iter()
        .cycle()
        .take(count)
        .map(|key| screen.press(key))
        .collect()
}

/// Goes to the end of the list and back.
fn jump(screen: &mut Screen, count: usize) -> Result<Vec<Duration>> {
    ["G", "g"]
        .iter()
        .cycle()
        .take(2 * count)
        .map(|key| screen.press(key))
        .collect()
}

fn p99(spans: &[Duration]) -> f64 {
    let mut sorted = spans.to_vec();
    sorted.sort();
    let at = (sorted.len() * 99 / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |span| span.as_secs_f64() * 1e3)
}
