//! What is measured. Each scenario starts its own servers, and ends them.

mod accounts;
mod generator;
mod lists;
mod manners;
mod million;
mod shell;
mod tui;
mod web;

use anyhow::Result;
use clap::ValueEnum;
use tokio::time::sleep;

use std::time::Duration;

use crate::{
    ground::{Ground, VISITORS, visitors},
    load::{self, Round, Until},
    process::Server,
    report::{Report, Row, Series},
    visit::{Cookies, Plan},
};

/// A scenario; the doc comments are the help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Checked requests of the dashboard, as fast as they are answered
    Dashboard,
    /// Logins, a new session each
    Login,
    /// 90 dashboards, 5 logins and 5 logouts in a hundred
    Mixed,
    /// Checked requests at a fixed rate
    Fixed,
    /// A million sessions: memory, start, cost of a request
    Million,
    /// Lists of a million sessions, alone and beside requests
    Lists,
    /// Passwords: a storm of logins, and what the time of a refusal tells
    Accounts,
    /// The live dashboard over a million sessions, beside many events
    Tui,
    /// sessctl load against bare axum, a core each
    Load,
    /// sessctl dashboard as a whole process, beside curl
    Shell,
}

/// How fast visitors come.
#[derive(Debug, Clone, Copy)]
enum Pace {
    AsAnswered(Duration),
    Rate(u32, Duration),
}

/// A server in a comparison, and the cookies of its sessions.
type Contestant = (Server, Cookies);

impl Scenario {
    pub(crate) async fn run(self, ground: &Ground, report: &mut Report) -> Result<()> {
        match self {
            Self::Dashboard => web::dashboard(ground, report).await,
            Self::Login => web::login(ground, report).await,
            Self::Mixed => web::mixed(ground, report).await,
            Self::Fixed => web::fixed(ground, report).await,
            Self::Million => million::run(ground, report).await,
            Self::Lists => lists::run(ground, report).await,
            Self::Accounts => accounts::run(ground, report).await,
            Self::Tui => tui::run(ground, report).await,
            Self::Load => generator::run(ground, report).await,
            Self::Shell => shell::run(ground, report).await,
        }
    }
}

/// Measures contestants in turn, so that whatever else the machine does meets all of them; who begins changes from
/// round to round. A first, shorter round of each is not counted. Returns the rounds of each.
async fn interleaved(
    contestants: &[Contestant],
    rounds: usize,
    plan: impl Fn(&Cookies) -> Plan,
    pace: Pace,
) -> Result<Vec<Vec<Round>>> {
    let mut measured: Vec<Vec<Round>> = contestants.iter().map(|_| Vec::new()).collect();
    for (server, cookies) in contestants {
        one_round(server, &plan(cookies), pace.shorter()).await?;
    }
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            let at = (round + turn) % contestants.len();
            let (server, cookies) = &contestants[at];
            measured[at].push(one_round(server, &plan(cookies), pace).await?);
        }
    }
    Ok(measured)
}

async fn one_round(server: &Server, plan: &Plan, pace: Pace) -> Result<Round> {
    let visitors = visitors(server, plan, VISITORS);
    let round = match pace {
        Pace::AsAnswered(span) => load::closed(server, visitors, Until::Passed(span)).await,
        Pace::Rate(rate, span) => load::at_rate(server, visitors, rate, span).await,
    }?;
    // What a server does after its last answer is not to be the next one's burden.
    sleep(Duration::from_millis(200)).await;
    Ok(round)
}

impl Pace {
    fn shorter(self) -> Self {
        match self {
            Self::AsAnswered(span) => Self::AsAnswered(span / 3),
            Self::Rate(rate, span) => Self::Rate(rate, span / 3),
        }
    }
}

/// One figure of each round.
fn figures(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> Vec<f64> {
    rounds.iter().map(figure).collect()
}

async fn stop_all(contestants: Vec<Contestant>) -> Result<()> {
    for (server, _) in contestants {
        server.stop().await?;
    }
    Ok(())
}

/// A row of the three peers, whose rounds come in the order of `Peer::ALL`.
fn peers_row(
    scenario: &'static str,
    figure: &str,
    unit: &'static str,
    rounds: &[Vec<Round>],
    of: impl Fn(&Round) -> f64,
) -> Row {
    let [bare, memory, ours] = [0, 1, 2].map(|at| figures(&rounds[at], &of));
    Row::compared(scenario, figure, unit, ours, Series::new("bare", bare))
        .beside(Some(Series::new("ts-memory", memory)))
}
