//! Lists of a million sessions, as operators ask for them: how long each takes, and what the visitors feel of it.

use std::{
    net::IpAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{runtime::Builder, task::spawn_blocking};

use super::{Pace, figures, one_round};
use crate::{
    admin::Admin,
    ground::Ground,
    people::Person,
    process::Server,
    report::{Limit, Report, Row, Series},
    visit::{Cookies, Plan},
};

const NAME: &str = "lists";

/// A kind of list.
#[derive(Debug, Clone)]
struct Query {
    filter: String,
    sort: &'static str,
    right: Right,
    /// In milliseconds.
    at_most: Option<f64>,
}

/// How a right answer is told from a wrong one.
#[derive(Debug, Clone, Copy)]
enum Right {
    /// It counts those people.
    Counts(fn(Person) -> bool),
    /// It counts those whose idle time is longer, which the clock decides.
    CountsSome,
    /// It is in the order of the field that it was asked for by.
    Sorted,
}

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    let server = ground.serve(&ground.many().await?).await?;
    let mut admin = Admin::of(&server).await?;
    // Whatever has to be loaded first is loaded then.
    admin.active().await?;
    let mut understood = Vec::new();
    for query in queries() {
        let figure = query.name();
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

fn queries() -> Vec<Query> {
    let filter = |filter: &str, right, at_most| Query {
        filter: filter.to_owned(),
        sort: "",
        right,
        at_most,
    };
    let columns = Some(250.0);
    let mut all = vec![filter(
        &format!("user={}", Person(500).name()),
        Right::Counts(|person| person.0 == 500),
        Some(1.0),
    )];
    for sort in [
        "user", "ip", "ua", "client", "created", "seen", "requests", "size",
    ] {
        all.push(Query {
            filter: String::new(),
            sort,
            right: Right::Sorted,
            at_most: Some(90.0),
        });
    }
    all.extend([
        filter("idle>1h", Right::CountsSome, columns),
        filter(
            "ua~Firefox and not ip=10.0.0.0/8",
            Right::Counts(|person| {
                person.agent().contains("Firefox") && person.ip().octets()[0] != 10
            }),
            columns,
        ),
        filter(
            "user=a*7*",
            Right::Counts(|person| {
                let name = person.name();
                name.starts_with('a') && name.contains('7')
            }),
            columns,
        ),
        filter("zzz", Right::Counts(|_| false), columns),
        filter("data.theme=dark", Right::Counts(Person::likes_dark), None),
    ]);
    all
}

/// The times of a list, in milliseconds, or why there are none.
async fn measure(
    admin: &mut Admin,
    query: &Query,
    size: crate::ground::Size,
) -> Result<Result<Vec<f64>, String>> {
    let mut millis = Vec::new();
    for _ in 0..size.lists {
        let Some(listed) = admin.list(&query.filter, query.sort).await? else {
            return Ok(Err("unsupported".to_owned()));
        };
        let page = listed.page()?;
        let total = page["total"].as_u64().context("a list without total")?;
        let expected = match query.right {
            Right::Counts(counts) => {
                (0..size.million).filter(|n| counts(Person(*n))).count() as u64
            }
            Right::CountsSome if total > 0 && total < size.million => total,
            Right::CountsSome => bail!("{}: {total} sessions cannot be right", query.name()),
            Right::Sorted => size.million,
        };
        if total != expected {
            bail!("{}: {total} sessions instead of {expected}", query.name());
        }
        if matches!(query.right, Right::Sorted) && !is_sorted(&page, query.sort)? {
            return Ok(Err("unsupported: it comes in another order".to_owned()));
        }
        millis.push(listed.took.as_secs_f64() * 1e3);
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
                .list(&query.filter, query.sort)
                .await?
                .with_context(|| format!("{} is refused suddenly", query.name()))?;
            count += 1;
        }
        Ok(count)
    })
}

impl Query {
    fn name(&self) -> String {
        if self.sort.is_empty() {
            format!("filter `{}`", self.filter)
        } else {
            format!("sort by {}", self.sort)
        }
    }
}

/// Whether a page is in the order of a field, in either direction. What has no value may stand at either end.
fn is_sorted(page: &Value, field: &str) -> Result<bool> {
    let sessions = page["sessions"].as_array().context("a list without list")?;
    let keys: Vec<_> = sessions
        .iter()
        .filter_map(|session| key(&session[field]))
        .collect();
    Ok(keys.is_sorted() || keys.iter().rev().is_sorted())
}

/// A value as it is to be ordered: numbers, moments and addresses by what they mean, all else by its letters.
fn key(value: &Value) -> Option<(i128, String)> {
    match value {
        Value::Number(number) => Some((number.as_i64()?.into(), String::new())),
        Value::String(text) => {
            if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
                Some((moment.unix_timestamp_nanos(), String::new()))
            } else if let Ok(IpAddr::V4(ip)) = text.parse() {
                Some((u32::from(ip).into(), String::new()))
            } else {
                Some((0, text.to_lowercase()))
            }
        }
        _ => None,
    }
}
