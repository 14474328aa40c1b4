//! What was found, as a table and as JSON.

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};
use sessctl_client::load::{Latencies, LoadReport, Outcome, Phase, per_second};
use time::OffsetDateTime;

use super::{fail_if::Judged, fine, settings::Settings};
use crate::output::Column;

/// A thread that is at work for more of the time has none to spare.
const BUSY: f64 = 0.95;

/// A view that is sent so late is late by something else than the timer's own grain.
const LATE: Duration = Duration::from_millis(1);

/// A line of the table.
#[derive(Debug)]
pub(super) struct Line {
    phase: Phase,
    status: String,
    per_s: f64,
    latencies: Latencies,
    /// Whether it tells of something that went wrong.
    pub(super) is_error: bool,
}

impl Line {
    /// What people read of it.
    pub(super) fn cells(&self, now: OffsetDateTime) -> [String; 9] {
        CELLS.map(|(_, _, text)| text(self, now))
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("phase", self.phase.name())?;
        line.serialize_entry("status", &self.status)?;
        line.serialize_entry("count", &self.latencies.count)?;
        line.serialize_entry("per_s", &self.per_s)?;
        for (name, span) in percentiles(&self.latencies) {
            line.serialize_entry(name, &millis(span))?;
        }
        line.end()
    }
}

/// The name for programs, the title, and what people read.
type Cell = (
    &'static str,
    &'static str,
    fn(&Line, OffsetDateTime) -> String,
);

/// Of the table here and on the page.
const CELLS: [Cell; 9] = [
    ("phase", "PHASE", |line, _| line.phase.name().to_owned()),
    ("status", "STATUS", |line, _| line.status.clone()),
    ("count", "COUNT", |line, _| {
        fine::count(line.latencies.count)
    }),
    ("per_s", "RATE/S", |line, _| fine::rate(line.per_s)),
    ("p50_ms", "P50", |line, _| fine::show(line.latencies.p50)),
    ("p90_ms", "P90", |line, _| fine::show(line.latencies.p90)),
    ("p99_ms", "P99", |line, _| fine::show(line.latencies.p99)),
    ("p99_9_ms", "P99.9", |line, _| {
        fine::show(line.latencies.p999)
    }),
    ("max_ms", "MAX", |line, _| fine::show(line.latencies.max)),
];

const fn column(number: usize) -> Column<Line> {
    let (name, title, text) = CELLS[number];
    Column::new(name, title, text)
}

/// The same for lists.
pub(super) static COLUMNS: [Column<Line>; 9] = [
    column(0).naming(),
    column(1),
    column(2),
    column(3),
    column(4),
    column(5),
    column(6),
    column(7),
    column(8),
];

/// The titles of that table.
pub(super) fn head() -> [&'static str; 9] {
    COLUMNS.each_ref().map(Column::title)
}

/// A line for each phase and outcome, and one for all of a phase that had several.
pub(super) fn lines(report: &LoadReport) -> Vec<Line> {
    let mut lines = Vec::new();
    for phase in &report.phases {
        let time = report.time_of(phase.phase);
        let rows = report.rows.iter().filter(|row| row.phase == phase.phase);
        let before = lines.len();
        let line = |status, latencies: Latencies, is_error| Line {
            phase: phase.phase,
            status,
            per_s: per_second(latencies.count, time),
            latencies,
            is_error,
        };
        lines.extend(rows.map(|row| {
            let (status, is_error) = (row.outcome.to_string(), row.outcome.is_error());
            line(status, row.latencies, is_error)
        }));
        if lines.len() - before > 1 {
            lines.push(line("all".to_owned(), phase.latencies, false));
        }
    }
    lines
}

/// All of it in a line.
pub(super) fn total(report: &LoadReport, users: usize) -> String {
    let errors = match report.errors {
        0 => "no errors".to_owned(),
        1 => format!("1 error ({})", fine::percent(report.error_share())),
        many => format!(
            "{} errors ({})",
            fine::count(many),
            fine::percent(report.error_share())
        ),
    };
    format!(
        "{} {} in {}: {} views/s, {errors}, {} requests, {} received",
        users,
        if users == 1 { "user" } else { "users" },
        fine::show(report.elapsed),
        fine::rate(report.rate(Phase::View)),
        fine::count(report.requests),
        size(report.bytes),
    )
}

fn size(bytes: u64) -> String {
    match bytes as f64 {
        small @ ..1e3 => format!("{small:.0} B"),
        some @ ..1e6 => format!("{:.1} kB", some / 1e3),
        many @ ..1e9 => format!("{:.1} MB", many / 1e6),
        most => format!("{:.1} GB", most / 1e9),
    }
}

/// What makes the figures say less about the server than they seem to.
pub(super) fn doubts(report: &LoadReport) -> Vec<String> {
    let mut doubts = Vec::new();
    if report.busy > BUSY {
        doubts.push(format!(
            "sessctl itself was the bottleneck: its one thread was at work for {:.0} % of the time, so the server can do more than this, and latencies are longer than it made them",
            (report.busy * 100.0).min(100.0)
        ));
    }
    if let Some(delay) = report.own_delay.filter(|delay| *delay > LATE) {
        doubts.push(format!(
            "sessctl itself was late: of a hundred views that could have gone out on time, one was sent {} late or later, which counts as latency; is the machine busy?",
            fine::show(delay)
        ));
    }
    let unsent = report
        .rows
        .iter()
        .find(|row| row.outcome == Outcome::Unsent);
    if let Some(unsent) = unsent {
        doubts.push(format!(
            "{} views were due and never sent, for all users waited for answers: their latency is at least what is told. The server does not keep up with the rate, or more --users are needed for it",
            fine::count(unsent.latencies.count)
        ));
    }
    doubts.extend(left_behind(report));
    doubts
}

/// Sessions that may live on, and why.
fn left_behind(report: &LoadReport) -> Option<String> {
    let failed = report
        .rows
        .iter()
        .filter(|row| row.phase == Phase::Logout && row.outcome.is_error());
    let (mut why, mut told) = (Vec::new(), 0);
    for row in failed {
        why.push(row.outcome.to_string());
        told += row.latencies.count;
    }
    if told < report.left_behind {
        why.push("no time was left for it".to_owned());
    }
    let sessions = match report.left_behind {
        0 => return None,
        1 => "a session".to_owned(),
        many => format!("{} sessions", fine::count(many)),
    };
    let why = why.join(", ");
    Some(format!(
        "users could not sign out ({why}): {sessions} may live on at the server"
    ))
}

/// The same for programs.
pub(super) fn json(report: &LoadReport, settings: &Settings<'_>, judged: &[Judged]) -> Value {
    let rows = report.rows.iter().map(|row| {
        let (status, error) = match row.outcome {
            Outcome::Status(status) => (Some(status), None),
            other => (None, Some(other.to_string())),
        };
        let time = report.time_of(row.phase);
        with_latencies(
            json!({
                "phase": row.phase.name(), "status": status, "error": error,
                "ok": !row.outcome.is_error(), "per_s": per_second(row.latencies.count, time),
            }),
            &row.latencies,
        )
    });
    let phases = report.phases.iter().map(|phase| {
        let curve = phase.curve.iter();
        let curve: Vec<_> = curve.map(|(share, at)| json!([share, millis(*at)])).collect();
        with_latencies(
            json!({
                "phase": phase.phase.name(), "errors": phase.latencies.count - report.done(phase.phase),
                "curve": curve,
            }),
            &phase.latencies,
        )
    });
    let seconds = report.series.iter().map(|second| {
        json!({
            "start_s": second.start.as_secs_f64(), "length_s": second.length.as_secs_f64(),
            "steps": second.steps, "errors": second.errors, "views": second.views,
            "view_p50_ms": millis(second.p50), "view_p99_ms": millis(second.p99),
        })
    });
    let thresholds = judged.iter().map(|judged| {
        json!({"threshold": judged.text, "measured": judged.measured, "held": judged.is_held})
    });
    json!({
        "schema": 1,
        "settings": settings,
        "partial": report.is_partial,
        "elapsed_s": report.elapsed.as_secs_f64(),
        "viewing_s": report.viewing.as_secs_f64(),
        "views_per_s": report.rate(Phase::View),
        "steps": report.steps,
        "errors": report.errors,
        "error_share": report.error_share(),
        "requests": report.requests,
        "received_bytes": report.bytes,
        "left_behind": report.left_behind,
        "generator": {"busy": report.busy, "own_delay_p99_ms": report.own_delay.map(millis)},
        "doubts": doubts(report),
        "phases": phases.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
        "seconds": seconds.collect::<Vec<_>>(),
        "thresholds": thresholds.collect::<Vec<_>>(),
    })
}

fn with_latencies(mut object: Value, latencies: &Latencies) -> Value {
    object["count"] = latencies.count.into();
    object["mean_ms"] = millis(latencies.mean).into();
    for (name, span) in percentiles(latencies) {
        object[name] = millis(span).into();
    }
    object
}

/// By their names for programs.
fn percentiles(latencies: &Latencies) -> [(&'static str, Duration); 5] {
    [
        ("p50_ms", latencies.p50),
        ("p90_ms", latencies.p90),
        ("p99_ms", latencies.p99),
        ("p99_9_ms", latencies.p999),
        ("max_ms", latencies.max),
    ]
}

fn millis(span: Duration) -> f64 {
    // To the microsecond: the rest is noise.
    (span.as_secs_f64() * 1e6).round() / 1e3
}
