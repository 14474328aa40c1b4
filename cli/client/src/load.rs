//! Many users at once at any server with a form login, each with a jar of their own: sign in, look at pages, sign out.
//!
//! Signing in is the site's own knowledge; what is sent goes over a client that is leaner than the servers that it
//! measures. `user` is what one user does, `signing` how a user gets in and out, `browser` what it is done with; below that
//! are `connection`, `head` and `body`. `pace` says when views are due at a fixed rate, `tally` measures. This part of the
//! room reads the clock.

mod body;
mod browser;
mod clock;
mod connection;
mod head;
mod pace;
mod plan;
mod report;
mod request;
mod run;
mod signing;
mod tally;
mod target;
mod user;

use std::{fmt, mem, pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use self::{
    pace::Pace,
    run::{Parts, Run, Signing},
    target::Target,
    user::User,
};
use crate::{Error, Site};

pub use clock::{Alarm, thread_time};
pub use plan::{LoadPlan, Person};
pub use report::{
    Latencies, LoadReport, LoadRow, LoadSecond, Outcome, Phase, PhaseReport, per_second,
};

/// How long signing out may take once everybody has to go.
const LAST_SECOND: Duration = Duration::from_secs(1);

/// How long the first user may take to sign in and out before the others come, once nobody wants them any more.
const WAY_BACK: Duration = Duration::from_secs(3);

/// How often whoever watches is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// A run that can begin.
pub struct Load(Parts);

/// What became of the preparation.
#[derive(Debug)]
pub enum Prepared {
    Ready(Box<Load>),
    /// It was told to stop; with what the user should know.
    Stopped(Vec<String>),
}

/// What can be told while it goes on.
#[derive(Debug, Clone, Copy)]
pub struct LoadNow {
    /// Of the span in which views are wanted; none while users sign in for a fixed rate.
    pub elapsed: Duration,
    pub span: Duration,
    pub is_signing_in: bool,
    pub requests: u64,
    pub errors: u64,
    /// Logins, views and logouts in the last second.
    pub per_second: u64,
    /// Of the views.
    pub p50: Duration,
    pub p99: Duration,
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load")
            .field("people", &self.0.plan.people.len())
            .finish_non_exhaustive()
    }
}

impl Load {
    /// Finds the server and, unless all are strangers, proves with the first user that signing in works. Told to `stop`, it
    /// still signs that user out.
    pub async fn prepare(
        site: &Site,
        plan: LoadPlan,
        stop: impl Future<Output = ()>,
    ) -> Result<Prepared, Error> {
        let signs_in = plan.signs_in;
        let preparing = pin!(Self::ready(site, plan));
        let preparing = match select(preparing, pin!(stop)).await {
            Either::Left((ready, _)) => return Ok(Prepared::Ready(Box::new(ready?))),
            Either::Right(((), preparing)) => preparing,
        };
        let mut notes = Vec::new();
        if signs_in {
            // Nobody but the one who signs in knows the session, and is soonest out of it by going on.
            match timeout(WAY_BACK, preparing).await {
                Ok(Ok(load)) => notes = load.notes().to_vec(),
                // Nobody got in.
                Ok(Err(_)) => {}
                Err(_) => notes.push(
                    "the first user's sign-in was cut off: a session may live on at the server"
                        .to_owned(),
                ),
            }
        }
        Ok(Prepared::Stopped(notes))
    }

    async fn ready(site: &Site, plan: LoadPlan) -> Result<Self, Error> {
        let site = site.apart(plan.timeout, &plan.user_agent)?;
        let dashboard = site.proof_url()?;
        let pages = plan.paths.iter().map(|path| site.url(path));
        let mut pages = pages.collect::<Result<Vec<_>, _>>()?;
        if pages.is_empty() {
            pages.push(dashboard.clone());
        }
        let origin = site.jar().origin().clone();
        let base = site.base().clone();
        let signing = match plan.people.first().filter(|_| plan.signs_in) {
            Some(first) => Some(Signing {
                found: site.scout(&first.name, first.password.as_ref()).await?,
                proof: pages.iter().position(|page| *page == dashboard),
                site,
            }),
            None => {
                site.probe().await?;
                None
            }
        };
        Ok(Self(Parts {
            target: Target::find(&base, plan.timeout).await?,
            pace: plan
                .rate
                .map(|rate| Pace::new(rate, plan.span, plan.people.len())),
            plan,
            origin,
            pages,
            signing,
        }))
    }

    /// What the user should know before it begins.
    pub fn notes(&self) -> &[String] {
        let signing = self.0.signing.as_ref();
        signing.map_or(&[], |signing| &signing.found.notes)
    }

    /// Runs to its end, or until `stop` is done: then users have a second to sign out. On the thread that calls it, all
    /// alone: what this thread does is taken for the cost of the load. `watch` is told how it goes.
    pub async fn run(
        mut self,
        stop: impl Future<Output = ()>,
        mut watch: impl FnMut(LoadNow),
    ) -> LoadReport {
        let began_cpu = thread_time();
        let people = mem::take(&mut self.0.plan.people);
        let run = Arc::new(Run::start(self.0));
        let count = u32::try_from(people.len()).unwrap_or(u32::MAX).max(1);
        let mut users = JoinSet::new();
        for (number, person) in (0..).zip(people) {
            let after = run.parts.plan.ramp * number / count;
            users.spawn(User::new(&run, person, after).live());
        }
        let waker = tokio::spawn({
            let run = Arc::clone(&run);
            async move {
                if let Some(pace) = &run.parts.pace {
                    pace.wake().await;
                }
            }
        });
        let mut tick = interval(TOLD_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        let mut is_partial = false;
        loop {
            tokio::select! {
                done = users.join_next() => if done.is_none() { break },
                () = &mut stop, if !is_partial => {
                    is_partial = true;
                    let now = Instant::now();
                    count_missed(&run, now);
                    run.stop.send_replace(true);
                    let all = async { while users.join_next().await.is_some() {} };
                    let _ = timeout(LAST_SECOND, all).await;
                    break;
                }
                _ = tick.tick() => watch(now(&run)),
            }
        }
        users.shutdown().await;
        waker.abort();
        let end = Instant::now();
        if !is_partial {
            count_missed(&run, end);
        }
        report(&run, end, is_partial, thread_time() - began_cpu)
    }
}

/// Counts what was due and never sent, at the least latency that it can have had.
fn count_missed(run: &Run, until: Instant) {
    let (Some(pace), Some((_, end))) = (&run.parts.pace, run.viewing()) else {
        return;
    };
    let end = end.min(until);
    for due in pace.missed(end) {
        run.tally.step(Phase::View, Outcome::Unsent, end - due, end);
    }
}

fn now(run: &Run) -> LoadNow {
    let at = Instant::now();
    let viewing = run.viewing();
    let (elapsed, span) = viewing.map_or_else(Default::default, |(start, end)| {
        (
            at.saturating_duration_since(start).min(end - start),
            end - start,
        )
    });
    let told = run.tally.now(at);
    LoadNow {
        elapsed,
        span,
        is_signing_in: viewing.is_none(),
        requests: told.counts.requests,
        errors: told.counts.errors,
        per_second: told.per_second,
        p50: told.p50,
        p99: told.p99,
    }
}

fn report(run: &Run, end: Instant, is_partial: bool, cpu: Duration) -> LoadReport {
    let elapsed = end - run.start;
    let (rows, phases, series) = run.tally.finish(end);
    let counts = run.tally.counts();
    let viewing = run
        .viewing()
        .map(|(start, last)| last.min(end).saturating_duration_since(start));
    LoadReport {
        elapsed,
        viewing: viewing.unwrap_or_default(),
        is_partial,
        rows,
        phases,
        series,
        steps: counts.steps,
        errors: counts.errors,
        requests: counts.requests,
        bytes: counts.bytes,
        busy: cpu.as_secs_f64() / elapsed.as_secs_f64().max(1e-9),
        own_delay: run.own_delay(),
        left_behind: run.left_behind(),
    }
}
