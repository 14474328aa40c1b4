//! A million live sessions: how soon they are there, what they take, and what a request costs among them.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Result, bail};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::{Pace, figures, interleaved, one_round, stop_all};
use crate::{
    admin::Admin,
    ground::{Ground, VISITORS, visitors},
    http::Connection,
    load::{self, Round, Until},
    people::Person,
    process::{Memory, Server},
    report::{Limit, Report, Row, Series},
    visit::{Cookies, Plan},
};

const NAME: &str = "million";

/// How long everything may take to be there before the run is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// One start, in milliseconds since the process was started.
struct Start {
    answered: f64,
    newest: f64,
    loaded: f64,
}

pub(super) async fn run(ground: &Ground, report: &mut Report) -> Result<()> {
    let count = ground.size.million;
    let file = ground.many().await?;
    let mut starts = Vec::new();
    for _ in 0..ground.size.starts {
        let (server, start) = start(ground, &file, count).await?;
        starts.push(start);
        server.stop().await?;
    }
    let each = |figure: fn(&Start) -> f64| starts.iter().map(figure).collect::<Vec<_>>();
    report.add(
        Row::alone(
            NAME,
            "start to the first answer",
            "ms",
            each(|s| s.answered),
        )
        .limit(Limit::AtMost(50.0)),
    );
    let newest = each(|s| s.newest);
    report.add(Row::alone(
        NAME,
        "start to the newest session's page",
        "ms",
        newest,
    ));
    report.add(
        Row::alone(NAME, "start to all loaded", "ms", each(|s| s.loaded))
            .limit(Limit::AtMost(1_500.0)),
    );

    let (server, _) = start(ground, &file, count).await?;
    sleep(Duration::from_secs(1)).await;
    add_memory(report, "after the start", server.memory()?);
    // Every session once: what a request adds to it is there then.
    let all = visitors(
        &server,
        &Plan::EachDashboard(Arc::new(AtomicU64::new(0))),
        VISITORS,
    );
    load::closed(&server, all, Until::Answered(count)).await?;
    sleep(Duration::from_secs(1)).await;
    add_memory(
        report,
        "after a request of each from a second address",
        server.memory()?,
    );
    cost_of_a_request(ground, report, server).await
}

async fn cost_of_a_request(ground: &Ground, report: &mut Report, many: Server) -> Result<()> {
    let (file, few) = ground.few().await?;
    let contestants = vec![
        (ground.serve(&file).await?, Cookies::Of(few)),
        (many, Cookies::Of(ground.size.million)),
    ];
    let plan = |cookies: &Cookies| Plan::Dashboard(cookies.clone());
    // The few have been asked for by nobody yet.
    one_round(
        &contestants[0].0,
        &plan(&contestants[0].1),
        Pace::AsAnswered(ground.size.round),
    )
    .await?;
    let pace = Pace::AsAnswered(ground.size.round);
    let rounds = interleaved(&contestants, ground.size.rounds, plan, pace).await?;
    let row = |figure, unit, of: fn(&Round) -> f64| {
        let few = Series::new("at 1,000", figures(&rounds[0], of));
        Row::compared(NAME, figure, unit, figures(&rounds[1], of), few)
    };
    let cpu = row("CPU a checked request", "us", Round::cpu_micros);
    report.add(cpu.limit(Limit::RatioAtMost(1.15)));
    report.add(row("throughput", "1/s", Round::per_second));
    report.add(row("p99", "ms", |round| round.millis_at(99.0)));
    stop_all(contestants).await
}

fn add_memory(report: &mut Report, when: &str, memory: Memory) {
    let megabytes = |bytes: u64| vec![bytes as f64 / 1e6];
    let row = Row::alone(NAME, format!("memory {when}"), "MB", megabytes(memory.now));
    let peak = format!("peak {:.0} MB", memory.peak as f64 / 1e6);
    report.add(row.limit(Limit::AtMost(300.0)).note(peak));
}

/// Starts a server and waits until all sessions are there. Loading goes from the newest to the oldest.
async fn start(ground: &Ground, file: &Path, count: u64) -> Result<(Server, Start)> {
    let server = ground.serve(file).await?;
    let millis = || server.started.elapsed().as_secs_f64() * 1e3;
    let mut connection = load::connect(server.address).await?;
    let hello = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    let answer = connection.ask(hello.as_bytes()).await?;
    if answer.status != 200 {
        bail!("/healthz was answered by {}", answer.describe());
    }
    let answered = millis();
    until_welcome(&server, &mut connection, Person(count - 1)).await?;
    let newest = millis();
    until_welcome(&server, &mut connection, Person(0)).await?;
    let active = Admin::of(&server).await?.active().await?;
    if active != count {
        bail!("{active} sessions are live where {count} should be");
    }
    let loaded = millis();
    let start = Start {
        answered,
        newest,
        loaded,
    };
    Ok((server, start))
}

/// Asks for a person's dashboard until it comes; 503 means that it is not loaded yet.
async fn until_welcome(
    server: &Server,
    connection: &mut Connection<TcpStream>,
    person: Person,
) -> Result<()> {
    let request = format!(
        "GET /dashboard HTTP/1.1\r\nhost: {}\r\ncookie: sid={}\r\n\r\n",
        server.address,
        person.cookie()
    );
    let give_up = Instant::now() + PATIENCE;
    loop {
        let answer = connection.ask(request.as_bytes()).await?;
        match answer.status {
            200 => return Ok(()),
            503 if Instant::now() < give_up => sleep(Duration::from_millis(5)).await,
            _ => bail!("a stored session was answered by {}", answer.describe()),
        }
    }
}
