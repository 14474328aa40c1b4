//! Passwords: what a storm of logins leaves to everybody else, and whether the time of an answer tells anything.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::figures;
use crate::{
    ground::{Ground, visitors},
    http::Connection,
    load::{self, Round, connect},
    process::Server,
    report::{Limit, Report, Row, Series, median},
    visit::{Cookies, Plan, cookie_of},
};

const NAME: &str = "accounts";
const PASSWORD: &str = "a password for measuring";

/// Logins a second in the storm, and the connections that they come over.
const STORM: u32 = 1_000;
const STRANGERS: u32 = 1_000;

/// Dashboards a second beside it.
const BESIDE: u32 = 500;

/// Gives every try an address of its own, so that none is held for another's.
#[derive(Debug, Default)]
struct Sources(AtomicU32);

impl Sources {
    fn next(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(0x0a00_0001 + self.0.fetch_add(1, Ordering::Relaxed))
    }
}

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    storm(ground, report).await?;
    timing(ground, report).await
}

/// 1,000 logins a second by strangers, and dashboards meanwhile.
async fn storm(ground: &Ground, report: &mut Report) -> Result<()> {
    let server = ground
        .serve_accounts(&lines([("alice".to_owned(), PASSWORD)]))
        .await?;
    let mut connection = connect(server.address).await?;
    let login = request(&server, "alice", PASSWORD, Ipv4Addr::LOCALHOST);
    let answer = connection.ask(&login).await?;
    let cookies = Cookies::Known(Arc::new(vec![cookie_of(&answer)?]));
    let (mut calm, mut stormy, mut answers) = (Vec::new(), Vec::new(), BTreeMap::new());
    let sources = Arc::new(Sources::default());
    for _ in 0..ground.size.fixed_rounds {
        calm.push(beside(&server, &cookies, ground.size.round).await?);
        let strangers = come(&server, &sources, ground.size.round);
        let (round, came) = tokio::join!(beside(&server, &cookies, ground.size.round), strangers);
        stormy.push(round?);
        for (status, count) in came? {
            *answers.entry(status).or_insert(0) += count;
        }
    }
    let p99 = |rounds: &[Round]| figures(rounds, |round| round.millis_at(99.0));
    let row = Row::compared(
        NAME,
        format!("p99 of dashboards beside {STORM} logins/s"),
        "ms",
        p99(&stormy),
        Series::new("calm", p99(&calm)),
    );
    let told: Vec<_> = answers
        .iter()
        .map(|(status, count)| format!("{count} times {status}"))
        .collect();
    report.add(row.limit(Limit::AtMost(50.0)).note(told.join(", ")));
    server.stop().await
}

async fn beside(server: &Server, cookies: &Cookies, span: Duration) -> Result<Round> {
    let visitors = visitors(server, &Plan::Dashboard(cookies.clone()), 16);
    load::at_rate(server, visitors, BESIDE, span).await
}

/// Strangers who guess, for as long; returns how often each status was answered.
async fn come(
    server: &Server,
    sources: &Arc<Sources>,
    span: Duration,
) -> Result<BTreeMap<u16, u32>> {
    let end = Instant::now() + span;
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        let mut connection = connect(server.address).await?;
        let host = server.address.to_string();
        let sources = Arc::clone(sources);
        strangers.spawn(async move {
            let mut due = interval(Duration::from_secs(1) / STORM * STRANGERS);
            due.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut statuses = Vec::new();
            while Instant::now() < end {
                due.tick().await;
                let source = sources.next();
                let guess = login(&host, &format!("user{source}"), "a guess at it", source);
                statuses.push(connection.ask(&guess).await?.status);
            }
            anyhow::Ok(statuses)
        });
    }
    let mut answers = BTreeMap::new();
    while let Some(statuses) = strangers.join_next().await {
        for status in statuses?? {
            if !matches!(status, 401 | 503) {
                bail!("a guess was answered by {status}");
            }
            *answers.entry(status).or_insert(0) += 1;
        }
    }
    Ok(answers)
}

/// The four ways not to get in, each try from an address and with an account that nobody tried before.
async fn timing(ground: &Ground, report: &mut Report) -> Result<()> {
    let tries = ground.size.tries;
    let known = |kind: &'static str| (0..tries).map(move |n| format!("{kind}{n}"));
    let names = known("wrong")
        .chain(known("disabled"))
        .chain(["throttled".to_owned()]);
    let server = ground
        .serve_accounts(&lines(names.map(|name| (name, PASSWORD))))
        .await?;
    for name in known("disabled") {
        ground.sessctl(&server, &["user", "disable", &name]).await?;
    }
    let sources = Sources::default();
    let mut connection = connect(server.address).await?;
    // From here on nothing that comes for this one is heard.
    for _ in 0..20 {
        one(&server, &mut connection, "throttled", &sources).await?;
    }
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for n in 0..tries {
        // Each time another one first: who comes after a try that only slept finds a processor that did so too.
        let mut kinds = ["wrong", "unknown", "disabled", "throttled"];
        let first = n % kinds.len();
        kinds.rotate_left(first);
        for kind in kinds {
            let name = match kind {
                "throttled" => kind.to_owned(),
                kind => format!("{kind}{n}"),
            };
            let took = one(&server, &mut connection, &name, &sources).await?;
            times
                .entry(kind)
                .or_default()
                .push(took.as_secs_f64() * 1e3);
        }
    }
    let wrong = times
        .remove("wrong")
        .context("wrong passwords were tried")?;
    for (kind, took) in times {
        // Of the medians, not of each try: a hash here and there is held up by something else.
        let row = Row::compared(
            NAME,
            format!("time of a 401, {kind} beside wrong password"),
            "ms",
            vec![median(&took)],
            Series::new("wrong", vec![median(&wrong)]),
        );
        report.add(row.limit(Limit::RatioWithin(0.05)));
    }
    server.stop().await
}

/// One try with a wrong password, and how long its answer took.
async fn one(
    server: &Server,
    connection: &mut Connection<TcpStream>,
    name: &str,
    sources: &Sources,
) -> Result<Duration> {
    let guess = request(server, name, "a guess at it", sources.next());
    let sent = Instant::now();
    let answer = connection.ask(&guess).await?;
    let took = sent.elapsed();
    if answer.status != 401 {
        bail!(
            "{name}'s wrong password was answered by {}",
            answer.describe()
        );
    }
    Ok(took)
}

fn request(server: &Server, name: &str, password: &str, source: Ipv4Addr) -> Vec<u8> {
    login(&server.address.to_string(), name, password, source)
}

/// A login as a proxy passes it on.
fn login(host: &str, name: &str, password: &str, source: Ipv4Addr) -> Vec<u8> {
    let body = format!("username={name}&password={}", password.replace(' ', "+"));
    let head = format!(
        "POST /login HTTP/1.1\r\nhost: {host}\r\nx-forwarded-for: {source}\r\naccept: */*\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// Accounts as `sessctl user import` reads them.
fn lines(accounts: impl IntoIterator<Item = (String, &'static str)>) -> String {
    let lines = accounts.into_iter().map(|(name, password)| {
        serde_json::json!({"name": name, "password": password}).to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}
