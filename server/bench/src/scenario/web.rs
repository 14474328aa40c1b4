//! What visitors notice: checked requests, logins, both, and latency at a rate that is no strain.

use std::sync::{Arc, atomic::AtomicU64};

use anyhow::Result;

use super::{Pace, interleaved, manners, peers_row, stop_all};
use crate::{
    ground::{Ground, Size},
    load::Round,
    report::{Limit, Report},
    visit::{Cookies, Plan},
};

pub(super) async fn dashboard(ground: &Ground, report: &mut Report) -> Result<()> {
    let name = "dashboard";
    let plan = |cookies: &Cookies| Plan::Dashboard(cookies.clone());
    let rounds = compare(ground, ground.size.rounds, plan, as_answered(ground.size)).await?;
    report.add(
        peers_row(name, "CPU a request", "us", &rounds, Round::cpu_micros)
            .limit(Limit::RatioAtMost(1.25)),
    );
    report.add(
        peers_row(name, "throughput", "1/s", &rounds, Round::per_second)
            .limit(Limit::RatioAtLeast(0.80)),
    );
    add_latencies(report, name, &rounds, None);
    Ok(())
}

pub(super) async fn login(ground: &Ground, report: &mut Report) -> Result<()> {
    let name = "login";
    let names = names(ground);
    let plan = |_: &Cookies| Plan::Login(Arc::clone(&names));
    let rounds = compare(ground, ground.size.rounds, plan, as_answered(ground.size)).await?;
    add_costs(report, name, &rounds, 0.45);
    add_latencies(report, name, &rounds, Some(8.0));
    Ok(())
}

pub(super) async fn mixed(ground: &Ground, report: &mut Report) -> Result<()> {
    let name = "mixed";
    let names = names(ground);
    let plan = |cookies: &Cookies| Plan::Mixed(cookies.clone(), Arc::clone(&names));
    let rounds = compare(ground, ground.size.rounds, plan, as_answered(ground.size)).await?;
    add_costs(report, name, &rounds, 0.60);
    add_latencies(report, name, &rounds, None);
    Ok(())
}

pub(super) async fn fixed(ground: &Ground, report: &mut Report) -> Result<()> {
    let name = "fixed";
    let Size {
        fixed_rounds,
        rate,
        round,
        ..
    } = ground.size;
    let plan = |cookies: &Cookies| Plan::Dashboard(cookies.clone());
    let rounds = compare(ground, fixed_rounds, plan, Pace::Rate(rate, round)).await?;
    report.add(peers_row(
        name,
        "CPU a request",
        "us",
        &rounds,
        Round::cpu_micros,
    ));
    let bare = peers_row(name, "p99", "ms", &rounds, |round| round.millis_at(99.0)).base_median();
    add_latencies(report, name, &rounds, bare.map(|bare| 1.5 * bare + 0.5));
    Ok(())
}

/// Measures the three peers in turn.
async fn compare(
    ground: &Ground,
    rounds: usize,
    plan: impl Fn(&Cookies) -> Plan,
    pace: Pace,
) -> Result<Vec<Vec<Round>>> {
    let peers = ground.start_all().await?;
    for (server, _) in &peers {
        manners::check(server).await?;
    }
    let measured = interleaved(&peers, rounds, plan, pace).await?;
    stop_all(peers).await?;
    Ok(measured)
}

/// What changing requests cost; of throughput at least a share of bare's.
fn add_costs(report: &mut Report, scenario: &'static str, rounds: &[Vec<Round>], throughput: f64) {
    let cpu = peers_row(scenario, "CPU a request", "us", rounds, Round::cpu_micros);
    report.add(cpu);
    let answers = peers_row(scenario, "throughput", "1/s", rounds, Round::per_second);
    report.add(answers.limit(Limit::RatioAtLeast(throughput)));
}

fn add_latencies(
    report: &mut Report,
    scenario: &'static str,
    rounds: &[Vec<Round>],
    p99_at_most: Option<f64>,
) {
    for (figure, percentile) in [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)] {
        let row = peers_row(scenario, figure, "ms", rounds, |round| {
            round.millis_at(percentile)
        });
        report.add(match p99_at_most {
            Some(most) if figure == "p99" => row.limit(Limit::AtMost(most)),
            _ => row,
        });
    }
}

fn as_answered(size: Size) -> Pace {
    Pace::AsAnswered(size.round)
}

/// Names that nobody took who signed in before.
fn names(ground: &Ground) -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(ground.size.sessions))
}
