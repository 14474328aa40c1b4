//! What a run of load has found, for those who print it.

use std::{fmt, time::Duration};

use super::connection::Fault;

/// What a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Fetching the form, posting it, and following where that leads.
    Login,
    View,
    Logout,
}

impl Phase {
    /// In the order in which a user comes to them.
    pub const ALL: [Self; 3] = [Self::Login, Self::View, Self::Logout];

    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::View => "view",
            Self::Logout => "logout",
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Status(u16),
    /// The answer was that to a stranger: the login form or page, or the stranger's own page.
    NotSignedIn,
    /// No connection came about.
    Unreachable,
    Timeout,
    /// The connection ended before the answer did.
    Closed,
    /// No HTTP/1.1, or not by its rules.
    Malformed,
    /// Its time had come, and when the run was over all users still waited for other answers.
    Unsent,
}

impl Outcome {
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Status(..400))
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreachable => Self::Unreachable,
            Fault::Timeout => Self::Timeout,
            Fault::Closed => Self::Closed,
            Fault::Malformed => Self::Malformed,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::NotSignedIn => f.write_str("not signed in"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::Timeout => f.write_str("timeout"),
            Self::Closed => f.write_str("closed"),
            Self::Malformed => f.write_str("malformed"),
            Self::Unsent => f.write_str("unsent"),
        }
    }
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latencies {
    pub count: u64,
    pub mean: Duration,
    pub p50: Duration,
    pub p90: Duration,
    pub p99: Duration,
    pub p999: Duration,
    pub max: Duration,
}

/// One phase and one way in which it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadRow {
    pub phase: Phase,
    pub outcome: Outcome,
    pub latencies: Latencies,
}

/// One phase, however it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseReport {
    pub phase: Phase,
    pub latencies: Latencies,
    /// The distribution: so large a share took no longer than this.
    pub curve: Vec<(f64, Duration)>,
}

/// One second of the run; the last may be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadSecond {
    /// Since the start of the run.
    pub start: Duration,
    pub length: Duration,
    pub steps: u64,
    pub errors: u64,
    pub views: u64,
    /// Of the views.
    pub p50: Duration,
    pub p99: Duration,
}

/// What a run has found.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadReport {
    pub elapsed: Duration,
    /// The part of it in which views were wanted: at a fixed rate all but the sign-ins before.
    pub viewing: Duration,
    /// Whether it was stopped before its end.
    pub is_partial: bool,
    /// Sorted by phase and outcome.
    pub rows: Vec<LoadRow>,
    /// Those that happened.
    pub phases: Vec<PhaseReport>,
    pub series: Vec<LoadSecond>,
    /// Logins, views and logouts.
    pub steps: u64,
    pub errors: u64,
    /// What was sent for them; a login may be several.
    pub requests: u64,
    /// What came back.
    pub bytes: u64,
    /// The share of the run in which the one thread of the generator was at work.
    pub busy: f64,
    /// At a fixed rate: by how much the generator itself sent 99 of 100 views late, at most.
    pub own_delay: Option<Duration>,
    /// Sessions that may live on, for their users could not sign out.
    pub left_behind: u64,
}

impl LoadReport {
    /// How a phase went, if it happened.
    pub fn phase(&self, phase: Phase) -> Option<&PhaseReport> {
        self.phases.iter().find(|report| report.phase == phase)
    }

    /// How many steps of a phase ended well.
    pub fn done(&self, phase: Phase) -> u64 {
        let of = self
            .rows
            .iter()
            .filter(|row| row.phase == phase && !row.outcome.is_error());
        of.map(|row| row.latencies.count).sum()
    }

    /// Steps of a phase a second that ended well.
    pub fn rate(&self, phase: Phase) -> f64 {
        per_second(self.done(phase), self.time_of(phase))
    }

    /// The time in which steps of a phase were made.
    pub fn time_of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::View => self.viewing,
            Phase::Login | Phase::Logout => self.elapsed,
        }
    }

    /// The share of steps that failed.
    pub fn error_share(&self) -> f64 {
        self.errors as f64 / (self.steps.max(1)) as f64
    }
}

/// A count by time; nothing in no time.
pub fn per_second(count: u64, time: Duration) -> f64 {
    match time.is_zero() {
        true => 0.0,
        false => count as f64 / time.as_secs_f64(),
    }
}
