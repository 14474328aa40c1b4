//! Lists of a million sessions, as operators ask for them: how long each takes, and what the visitors feel of it.

mod queries;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, Result};
use tokio::{runtime::Builder, task::spawn_blocking};

use self::queries::Query;
use super::{Pace, figures, one_round};
use crate::{
    admin::Admin,
    ground::{Ground, Size},
    process::Server,
    report::{Limit, Report, Row, Series},
    visit::{Cookies, Plan},
};

const NAME: &str = "lists";

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    let server = ground.serve(&ground.many().await?).await?;
    let mut admin = Admin::of(&server).await?;
    // Whatever has to be loaded first is loaded then.
    admin.active().await?;
    let mut understood = Vec::new();
    for query in queries::all(&mut admin, ground.size.million).await? {
        let figure = query.figure.clone();
        let measured = measure(&mut admin, &query, ground.size).await?;
        let is_understood = measured.is_ok();
        let row = match measured {
            Ok(millis) => {
                let slowest = millis.iter().copied().fold(0.0, f64::max);
                Row::alone(NAME, figure, "ms", millis).note(format!("slowest {slowest:.1}"))
            }
            Err(why) => Row::missing(NAME, figure, "ms", why),
        };
        report.add(match query.at_most {
            Some(most) => row.limit(Limit::AtMost(most)),
            None => row,
        });
        // What has no limit may take long; visitors are not asked to bear it.
        if is_understood && query.at_most.is_some() {
            understood.push(query);
        }
    }
    beside_visitors(ground, report, &server, understood).await?;
    server.stop().await
}

/// The times of a list, in milliseconds, or why there are none.
async fn measure(admin: &mut Admin, query: &Query, size: Size) -> Result<Result<Vec<f64>, String>> {
    let mut millis = Vec::new();
    for _ in 0..size.lists {
        let Some(told) = admin.tell(&query.path).await? else {
            return Ok(Err("unsupported".to_owned()));
        };
        let said = told.json()?;
        let checked = query.right.check(&said, size.million);
        if let Some(why) = checked.with_context(|| query.figure.clone())? {
            return Ok(Err(why.to_owned()));
        }
        millis.push(told.took.as_secs_f64() * 1e3);
    }
    Ok(Ok(millis))
}

/// Checked requests at a fixed rate, in turn without and with somebody who lists all the time.
async fn beside_visitors(
    ground: &Ground,
    report: &mut Report,
    server: &Server,
    queries: Vec<Query>,
) -> Result<()> {
    let plan = Plan::Dashboard(Cookies::Of(ground.size.million));
    let pace = Pace::Rate(ground.size.rate, ground.size.round);
    one_round(server, &plan, pace).await?;
    let (mut quiet, mut busy, mut lists) = (Vec::new(), Vec::new(), 0);
    for round in 0..ground.size.rounds {
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                quiet.push(one_round(server, &plan, pace).await?);
                continue;
            }
            let stop = Arc::new(AtomicBool::new(false));
            let (admin, queries, told) = (server.socket()?, queries.clone(), Arc::clone(&stop));
            let listing = spawn_blocking(move || go_on(&admin, &queries, &told));
            let measured = one_round(server, &plan, pace).await;
            stop.store(true, Ordering::Relaxed);
            lists += listing.await??;
            busy.push(measured?);
        }
    }
    for (figure, percentile) in [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)] {
        let of = |rounds| figures(rounds, |round| round.millis_at(percentile));
        let without = Series::new("without", of(&quiet));
        let figure = format!("{figure} of requests beside lists");
        let row = Row::compared(NAME, figure, "ms", of(&busy), without);
        report.add(if percentile == 99.0 {
            row.limit(Limit::RatioAtMost(2.0))
                .note(format!("{} lists a round", lists / busy.len()))
        } else {
            row
        });
    }
    Ok(())
}

/// Lists one after the other until told to stop; returns how many.
///
/// On a thread of its own: a visitor that waits for this program to read a list would count that as the server's time.
fn go_on(socket: &Path, queries: &[Query], stop: &AtomicBool) -> Result<usize> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut admin = Admin::at(socket).await?;
        let mut count = 0;
        for query in queries.iter().cycle() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            admin
                .tell(&query.path)
                .await?
                .with_context(|| format!("{} is refused suddenly", query.figure))?;
            count += 1;
        }
        Ok(count)
    })
}
