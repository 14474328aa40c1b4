//! What was found, as a table and as JSON.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use sessctl_client::load::{Latencies, LoadReport, Outcome, Phase, per_second};

use super::{fail_if::Judged, fine};
use crate::output::Column;

/// A thread that is at work for more of the time has none to spare.
const BUSY: f64 = 0.95;

/// A view that is sent so late is late by something else than the timer's own grain.
const LATE: Duration = Duration::from_millis(1);

/// A line of the table, and whether it tells of something that went wrong.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    phase: &'static str,
    status: String,
    count: u64,
    per_s: f64,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p99_9_ms: f64,
    max_ms: f64,
    /// The same for people.
    #[serde(skip)]
    pub(super) cells: [String; 9],
    #[serde(skip)]
    pub(super) is_error: bool,
}

/// The titles of that table.
pub(super) fn head() -> [&'static str; 9] {
    COLUMNS.each_ref().map(Column::title)
}

/// Of that table.
pub(super) static COLUMNS: [Column<Line>; 9] = [
    Column::new("phase", "PHASE", |line: &Line, _| line.cells[0].clone()).naming(),
    Column::new("status", "STATUS", |line: &Line, _| line.cells[1].clone()),
    Column::new("count", "COUNT", |line: &Line, _| line.cells[2].clone()),
    Column::new("per_s", "RATE/S", |line: &Line, _| line.cells[3].clone()),
    Column::new("p50_ms", "P50", |line: &Line, _| line.cells[4].clone()),
    Column::new("p90_ms", "P90", |line: &Line, _| line.cells[5].clone()),
    Column::new("p99_ms", "P99", |line: &Line, _| line.cells[6].clone()),
    Column::new("p99_9_ms", "P99.9", |line: &Line, _| line.cells[7].clone()),
    Column::new("max_ms", "MAX", |line: &Line, _| line.cells[8].clone()),
];

/// A line for each phase and outcome, and one for all of a phase that had several.
pub(super) fn lines(report: &LoadReport) -> Vec<Line> {
    let mut lines = Vec::new();
    for phase in &report.phases {
        let time = report.time_of(phase.phase);
        let rows = report.rows.iter().filter(|row| row.phase == phase.phase);
        let before = lines.len();
        for row in rows {
            let outcome = row.outcome.to_string();
            let is_error = row.outcome.is_error();
            lines.push(line(phase.phase, outcome, &row.latencies, time, is_error));
        }
        if lines.len() - before > 1 {
            let all = "all".to_owned();
            lines.push(line(phase.phase, all, &phase.latencies, time, false));
        }
    }
    lines
}

fn line(
    phase: Phase,
    status: String,
    latencies: &Latencies,
    time: Duration,
    is_error: bool,
) -> Line {
    let per_s = per_second(latencies.count, time);
    Line {
        cells: [
            phase.name().to_owned(),
            status.clone(),
            fine::count(latencies.count),
            fine::rate(per_s),
            fine::show(latencies.p50),
            fine::show(latencies.p90),
            fine::show(latencies.p99),
            fine::show(latencies.p999),
            fine::show(latencies.max),
        ],
        phase: phase.name(),
        status,
        count: latencies.count,
        per_s,
        p50_ms: millis(latencies.p50),
        p90_ms: millis(latencies.p90),
        p99_ms: millis(latencies.p99),
        p99_9_ms: millis(latencies.p999),
        max_ms: millis(latencies.max),
        is_error,
    }
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
    if report.left_behind > 0 {
        doubts.push(format!(
            "{} did not get to sign out: as many sessions may live on at the server",
            match report.left_behind {
                1 => "1 user".to_owned(),
                many => format!("{} users", fine::count(many)),
            }
        ));
    }
    doubts
}

/// The same for programs.
pub(super) fn json(report: &LoadReport, settings: &Value, judged: &[Judged]) -> Value {
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
    for (name, span) in [
        ("mean_ms", latencies.mean),
        ("p50_ms", latencies.p50),
        ("p90_ms", latencies.p90),
        ("p99_ms", latencies.p99),
        ("p99_9_ms", latencies.p999),
        ("max_ms", latencies.max),
    ] {
        object[name] = millis(span).into();
    }
    object
}

fn millis(span: Duration) -> f64 {
    // To the microsecond: the rest is noise.
    (span.as_secs_f64() * 1e6).round() / 1e3
}
