//! Load: many visitors at once, either each as fast as it is answered, or all together at a fixed rate.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use sessctl_client::load::Alarm;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};

use crate::{http::Connection, process::Server, visit::Visitor};

/// When a round is over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Passed(Duration),
    Answered(u64),
}

/// What one round measured.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// Processor time of the server.
    pub(crate) cpu: Duration,
    /// In nanoseconds.
    latencies: Histogram<u64>,
    /// The cookies that logins brought and that nobody used up.
    pub(crate) cookies: Vec<String>,
}

/// What a visitor did in a round.
struct Done {
    visitor: Visitor,
    latencies: Vec<Duration>,
}

impl Round {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time of the server for one request, in microseconds.
    pub(crate) fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    /// A percentile of latency, in milliseconds.
    pub(crate) fn millis_at(&self, percentile: f64) -> f64 {
        self.latencies.value_at_quantile(percentile / 100.0) as f64 / 1e6
    }
}

/// Closed loop: each visitor sends its next request as soon as the last was answered.
pub(crate) async fn closed(server: &Server, visitors: Vec<Visitor>, until: Until) -> Result<Round> {
    let budget = Arc::new(AtomicU64::new(match until {
        Until::Passed(_) => u64::MAX,
        Until::Answered(count) => count,
    }));
    let mut open = connect_all(server.address, visitors).await?;
    let cpu_before = server.cpu()?;
    let start = Instant::now();
    let end = match until {
        Until::Passed(span) => Some(start + span),
        Until::Answered(_) => None,
    };
    let mut running = JoinSet::new();
    for (connection, visitor) in open.drain(..) {
        running.spawn(go_on(connection, visitor, end, Arc::clone(&budget)));
    }
    finish(server, running, start, cpu_before).await
}

/// Open loop: requests are due at a fixed rate, whether or not the last was answered. Latency counts from when a
/// request was due, so a server that stalls cannot hide it by holding up the visitors.
pub(crate) async fn at_rate(
    server: &Server,
    visitors: Vec<Visitor>,
    per_second: u32,
    span: Duration,
) -> Result<Round> {
    let gap = Duration::from_secs(1) / per_second;
    let each = u32::try_from(visitors.len()).context("too many visitors")?;
    let count = (f64::from(per_second) * span.as_secs_f64()) as u32 / each;
    let mut open = connect_all(server.address, visitors).await?;
    let cpu_before = server.cpu()?;
    // Time for every visitor to be there when its first request is due.
    let start = Instant::now() + Duration::from_millis(20);
    let mut running = JoinSet::new();
    for (number, (connection, visitor)) in (0_u32..).zip(open.drain(..)) {
        let schedule = Schedule {
            first: start + gap * number,
            gap: gap * each,
            count,
        };
        running.spawn(go_by(connection, visitor, schedule));
    }
    finish(server, running, start, cpu_before).await
}

/// When the requests of one visitor are due.
struct Schedule {
    first: Instant,
    gap: Duration,
    count: u32,
}

async fn go_on(
    mut connection: Connection<TcpStream>,
    mut visitor: Visitor,
    end: Option<Instant>,
    budget: Arc<AtomicU64>,
) -> Result<Done> {
    let mut latencies = Vec::with_capacity(1 << 14);
    let mut sent = Instant::now();
    while end.is_none_or(|end| sent < end) && take_one(&budget) {
        let answer = connection.ask(visitor.next()).await?;
        visitor.check(&answer)?;
        let answered = Instant::now();
        latencies.push(answered - sent);
        sent = answered;
    }
    Ok(Done { visitor, latencies })
}

async fn go_by(
    mut connection: Connection<TcpStream>,
    mut visitor: Visitor,
    schedule: Schedule,
) -> Result<Done> {
    let alarm = Alarm::new()?;
    let mut latencies = Vec::with_capacity(schedule.count as usize);
    for number in 0..schedule.count {
        let due = schedule.first + schedule.gap * number;
        alarm.wait_until(due).await?;
        let answer = connection.ask(visitor.next()).await?;
        visitor.check(&answer)?;
        latencies.push(due.elapsed());
    }
    Ok(Done { visitor, latencies })
}

/// Takes one of the requests that are left.
fn take_one(budget: &AtomicU64) -> bool {
    budget
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
}

async fn connect_all(
    address: SocketAddr,
    visitors: Vec<Visitor>,
) -> Result<Vec<(Connection<TcpStream>, Visitor)>> {
    let mut open = Vec::with_capacity(visitors.len());
    for visitor in visitors {
        open.push((connect(address).await?, visitor));
    }
    Ok(open)
}

/// Opens a connection to a server.
pub(crate) async fn connect(address: SocketAddr) -> Result<Connection<TcpStream>> {
    let stream = TcpStream::connect(address)
        .await
        .context("cannot connect to the server")?;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream))
}

async fn finish(
    server: &Server,
    mut running: JoinSet<Result<Done>>,
    start: Instant,
    cpu_before: Duration,
) -> Result<Round> {
    let mut all = Vec::with_capacity(running.len());
    while let Some(done) = running.join_next().await {
        all.push(done??);
    }
    let elapsed = start.elapsed();
    let cpu = server.cpu()? - cpu_before;
    let mut latencies = Histogram::new(3)?;
    let mut cookies = Vec::new();
    for done in all {
        for latency in done.latencies {
            latencies.record(u64::try_from(latency.as_nanos())?)?;
        }
        cookies.extend(done.visitor.held);
    }
    Ok(Round {
        requests: latencies.len(),
        elapsed,
        cpu,
        latencies,
        cookies,
    })
}
