//! Many users at once at any server with a form login, each with a jar of their own: sign in, look at pages, sign out.
//!
//! Signing in is [`crate::site`]'s knowledge; what is sent goes over a client that is leaner than the servers that it
//! measures. `user` is what one user does, `browser` what it is done with; below that are `connection`, `head` and
//! `body`. `pace` says when views are due at a fixed rate, `tally` measures. This part of the room reads the clock.

mod alarm;
mod body;
mod browser;
mod connection;
mod head;
mod pace;
mod report;
mod request;
mod run;
mod tally;
mod target;
mod user;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use self::{
    pace::Pace,
    request::Common,
    run::{Parts, Run, Signing},
    target::Target,
    user::User,
};
use crate::{Error, Origin, Site};

pub use report::{
    Latencies, LoadReport, LoadRow, LoadSecond, Outcome, Phase, PhaseReport, per_second,
};
pub use user::Person;

/// How long signing out may take once everybody has to go.
const LAST_SECOND: Duration = Duration::from_secs(1);

/// How often whoever watches is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// What is to be done.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// The users; each is one.
    pub people: Vec<Person>,
    /// Whether they sign in; else they are strangers, and have no names.
    pub signs_in: bool,
    /// How long it lasts; at a fixed rate, from when all have tried to sign in.
    pub span: Duration,
    /// Views of a visit. Without a number a visit lasts as long as the run.
    pub views: Option<u64>,
    /// The pause between a user's views, on average.
    pub think: Duration,
    /// The time over which users come.
    pub ramp: Duration,
    /// Views a second of all users together.
    pub rate: Option<f64>,
    /// The pages, in the order in which each user looks at them; none is the dashboard.
    pub paths: Vec<String>,
    pub timeout: Duration,
    pub user_agent: String,
}

/// A run that can begin.
pub struct Load {
    people: Vec<Person>,
    ramp: Duration,
    origin: Origin,
    parts: Parts,
    notes: Vec<String>,
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
            .field("people", &self.people.len())
            .finish_non_exhaustive()
    }
}

impl Load {
    /// Finds the server and, unless all are strangers, proves with the first user that signing in works.
    pub async fn prepare(site: &Site, plan: LoadPlan) -> Result<Self, Error> {
        let site = site.apart(plan.timeout, &plan.user_agent)?;
        let dashboard = site.proof_url()?;
        let mut pages = plan.paths.iter().map(|path| site.url(path));
        let mut pages = pages.by_ref().collect::<Result<Vec<_>, _>>()?;
        if pages.is_empty() {
            pages.push(dashboard.clone());
        }
        let origin = site.jar().origin().clone();
        let base = site.base().clone();
        let (mut notes, mut signing) = (Vec::new(), None);
        match plan.people.first().filter(|_| plan.signs_in) {
            Some(first) => {
                let scouted = site.scout(&first.name, first.password.as_ref()).await?;
                notes = scouted.notes;
                signing = Some(Signing {
                    login: scouted.login,
                    logout: site.logout_url()?,
                    proof: pages.iter().position(|page| *page == dashboard),
                    form_page: scouted.form_page,
                    anonymous: scouted.anonymous,
                    logs_out_by_get: AtomicBool::new(false),
                    site,
                });
            }
            None => {
                site.probe().await?;
            }
        }
        let pace = plan
            .rate
            .map(|rate| Pace::new(rate, plan.span, plan.people.len()))
            .transpose()
            .map_err(Error::file("cannot make a timer"))?;
        Ok(Self {
            parts: Parts {
                target: Target::find(&base, plan.timeout).await?,
                common: Common {
                    user_agent: plan.user_agent,
                },
                timeout: plan.timeout,
                pages,
                signing,
                views: plan.views,
                think: plan.think,
                span: plan.span,
                pace,
            },
            people: plan.people,
            ramp: plan.ramp,
            origin,
            notes,
        })
    }

    /// What the user should know before it begins.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Runs to its end, or until `stop` is done: then users have a second to sign out. On the thread that calls it, all
    /// alone: what this thread does is taken for the cost of the load. `watch` is told how it goes.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        mut watch: impl FnMut(LoadNow),
    ) -> LoadReport {
        let began_cpu = thread_time();
        let run = Arc::new(Run::start(self.parts));
        let count = u32::try_from(self.people.len()).unwrap_or(u32::MAX).max(1);
        let mut users = JoinSet::new();
        for (number, person) in (0..).zip(self.people) {
            let after = self.ramp * number / count;
            users.spawn(User::new(&run, person, self.origin.clone(), after).live());
        }
        let mut waker = JoinSet::new();
        if run.pace.is_some() {
            let run = Arc::clone(&run);
            waker.spawn(async move {
                if let Some(pace) = &run.pace {
                    pace.wake().await;
                }
            });
        }
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
        waker.shutdown().await;
        let end = Instant::now();
        if !is_partial {
            count_missed(&run, end);
        }
        report(&run, end, is_partial, thread_time() - began_cpu)
    }
}

/// Counts what was due and never sent, at the least latency that it can have had.
fn count_missed(run: &Run, until: Instant) {
    let (Some(pace), Some((_, end))) = (&run.pace, run.viewing()) else {
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
        left_behind: run.left_behind.load(Ordering::Relaxed),
    }
}

/// Processor time that this thread used up to now.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
