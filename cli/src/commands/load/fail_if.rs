//! Thresholds: `--fail-if 'view.p99>50ms'`, what they mean, and whether a run has kept them.

use std::{str::FromStr, time::Duration};

use sessctl_api::text::clean;
use sessctl_client::load::{Latencies, LoadReport, Phase};

use super::fine;

/// What must not be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FailIf {
    /// As it was asked for.
    pub(super) text: String,
    /// Nothing: all of them for errors, views for the rest.
    phase: Option<Phase>,
    measure: Measure,
    operator: Operator,
}

/// What is measured, and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    Latency(Percentile, Duration),
    Errors(u64),
    /// Of a hundred.
    ErrorShare(f64),
    Rate(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Percentile {
    P50,
    P90,
    P99,
    P999,
    Max,
    Mean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What became of a threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) text: String,
    pub(super) measured: String,
    pub(super) is_held: bool,
}

const MEASURES: &str = "p50, p90, p99, p99.9, max, mean, errors or rate, or one of them of a phase: login.p99, view.p99, logout.p99";

const PERCENTILES: [(&str, Percentile); 6] = [
    ("p50", Percentile::P50),
    ("p90", Percentile::P90),
    ("p99", Percentile::P99),
    ("p99.9", Percentile::P999),
    ("max", Percentile::Max),
    ("mean", Percentile::Mean),
];

/// Longer ones first: each begins like a shorter one.
const OPERATORS: [(&str, Operator); 4] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::More),
];

impl FromStr for FailIf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = |at: usize, why: String| {
            let before = clean(&text[..at]).chars().count();
            format!("{why}\n  {}\n  {}^", clean(text), " ".repeat(before))
        };
        // Where a part begins, without the spaces before it.
        let start = |from: usize| from + text[from..].len() - text[from..].trim_start().len();

        let begin = start(0);
        let Some(at) = text.find(['<', '>', '=', '!']) else {
            let why = match text.trim().is_empty() {
                true => format!(
                    "nothing is compared; write one of {MEASURES}, then >, >=, < or <=, then a value"
                ),
                false => {
                    "nothing is compared; after what is measured stands >, >=, < or <=".to_owned()
                }
            };
            return Err(fault(text.trim_end().len(), why));
        };
        let Some((sign, operator)) = OPERATORS
            .iter()
            .find(|(sign, _)| text[at..].starts_with(sign))
        else {
            return Err(fault(
                at,
                "a comparison is one of >, >=, < and <=".to_owned(),
            ));
        };
        let name = text[..at].trim();
        let phase = Phase::ALL.into_iter().find(|phase| {
            let rest = name.strip_prefix(phase.name());
            rest.is_some_and(|rest| rest.starts_with('.'))
        });
        let name = phase.map_or(name, |phase| &name[phase.name().len() + 1..]);
        let value_at = start(at + sign.len());
        let value = text[value_at..].trim_end();
        let bad_value = |why: String| fault(value_at, why);
        let number = |text: &str| {
            let number = text.trim_end().parse::<f64>().ok();
            number.filter(|number| number.is_finite() && *number >= 0.0)
        };
        let percentile = PERCENTILES.iter().find(|(known, _)| *known == name);
        let measure = match (percentile, name) {
            (Some((_, percentile)), _) => {
                Measure::Latency(*percentile, fine::parse(value).map_err(bad_value)?)
            }
            (None, "errors") => {
                let read = match value.strip_suffix('%') {
                    Some(share) => number(share).map(Measure::ErrorShare),
                    None => value.parse().ok().map(Measure::Errors),
                };
                read.ok_or_else(|| {
                    bad_value("errors are a number or a share: 0, 12 or 0.5%".to_owned())
                })?
            }
            (None, "rate") => {
                let read = number(value).map(Measure::Rate);
                read.ok_or_else(|| bad_value("a rate is so many a second: 100 or 0.5".to_owned()))?
            }
            _ => {
                let at = begin + phase.map_or(0, |phase| phase.name().len() + 1);
                let why = format!("{:?} is not measured; write {MEASURES}", clean(name));
                return Err(fault(at, why));
            }
        };
        Ok(Self {
            text: text.trim().to_owned(),
            phase,
            measure,
            operator: *operator,
        })
    }
}

impl FailIf {
    /// Whether it says how many errors are too many.
    pub(super) fn is_about_errors(&self) -> bool {
        matches!(self.measure, Measure::Errors(_) | Measure::ErrorShare(_))
    }

    /// Compares. What was not measured is not kept either: nobody wants to be told that all is well by a run in which
    /// nothing happened.
    pub(super) fn judge(&self, report: &LoadReport) -> Judged {
        let phase = self.phase.unwrap_or(Phase::View);
        let measured = match self.measure {
            Measure::Latency(percentile, limit) => report.phase(phase).map(|found| {
                let found = percentile.of(&found.latencies);
                (fine::show(found), self.operator.holds(&found, &limit))
            }),
            Measure::Errors(limit) => self.errors(report).map(|(errors, _)| {
                let is_broken = self.operator.holds(&errors, &limit);
                (fine::count(errors), is_broken)
            }),
            Measure::ErrorShare(limit) => self.errors(report).map(|(errors, steps)| {
                let share = errors as f64 / steps as f64;
                let is_broken = self.operator.holds(&(share * 100.0), &limit);
                (fine::percent(share), is_broken)
            }),
            Measure::Rate(limit) => (!report.time_of(phase).is_zero()).then(|| {
                let rate = report.rate(phase);
                let is_broken = self.operator.holds(&rate, &limit);
                (format!("{}/s", fine::rate(rate)), is_broken)
            }),
        };
        let (measured, is_broken) =
            measured.unwrap_or_else(|| ("nothing was measured".to_owned(), true));
        Judged {
            text: self.text.clone(),
            measured,
            is_held: !is_broken,
        }
    }

    /// Errors, and out of how many; nothing where there was nothing to go wrong.
    fn errors(&self, report: &LoadReport) -> Option<(u64, u64)> {
        let (errors, steps) = match self.phase {
            None => (report.errors, report.steps),
            Some(phase) => {
                let all = report.phase(phase).map_or(0, |phase| phase.latencies.count);
                (all - report.done(phase), all)
            }
        };
        (steps > 0).then_some((errors, steps))
    }
}

impl Percentile {
    fn of(self, latencies: &Latencies) -> Duration {
        match self {
            Self::P50 => latencies.p50,
            Self::P90 => latencies.p90,
            Self::P99 => latencies.p99,
            Self::P999 => latencies.p999,
            Self::Max => latencies.max,
            Self::Mean => latencies.mean,
        }
    }
}

impl Operator {
    fn holds<T: PartialOrd>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::More => one > other,
            Self::AtLeast => one >= other,
        }
    }
}

#[cfg(test)]
mod tests;
