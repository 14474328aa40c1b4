//! The result as a page of its own: no script, nothing fetched from anywhere. The template engine escapes what it is
//! given.

use std::time::Duration;

use askama::Template;
use sessctl_api::span;
use sessctl_client::load::{LoadReport, LoadSecond, Phase};
use time::OffsetDateTime;

use super::{
    chart::{Axis, Chart, Key, Spot, line, round},
    fail_if::Judged,
    fine, report,
    settings::Settings,
};
use crate::exit::{Failure, failed};

/// More points than a chart has room for.
const MOST_POINTS: usize = 240;

#[derive(Template)]
#[template(path = "load.html")]
struct Page<'a> {
    server: &'a str,
    started: String,
    is_partial: bool,
    tiles: Vec<(&'static str, String)>,
    judged: &'a [Judged],
    doubts: Vec<String>,
    charts: Vec<Chart>,
    head: [&'static str; 9],
    /// Whether it tells of something that went wrong, and its cells.
    lines: Vec<(bool, [String; 9])>,
    settings: Vec<(&'static str, String)>,
}

/// The whole page.
pub(super) fn html(
    report: &LoadReport,
    settings: &Settings<'_>,
    judged: &[Judged],
    started: OffsetDateTime,
) -> Result<String, Failure> {
    let series = merged(&report.series);
    let mut charts = Vec::new();
    if !series.is_empty() {
        charts.push(throughput(&series));
        charts.push(latency(&series));
    }
    if !report.phases.is_empty() {
        charts.push(distribution(report));
    }
    let lines = report::lines(report).into_iter();
    let page = Page {
        server: settings.server,
        started: span::utc(started),
        is_partial: report.is_partial,
        tiles: tiles(report),
        judged,
        doubts: report::doubts(report),
        charts,
        head: report::head(),
        lines: lines
            .map(|line| (line.is_error, line.cells(started)))
            .collect(),
        settings: settings.in_words(),
    };
    page.render().map_err(failed)
}

fn tiles(report: &LoadReport) -> Vec<(&'static str, String)> {
    let mut tiles = vec![("views a second", fine::rate(report.rate(Phase::View)))];
    if let Some(views) = report.phase(Phase::View) {
        tiles.push(("p50 of views", fine::show(views.latencies.p50)));
        tiles.push(("p99 of views", fine::show(views.latencies.p99)));
        tiles.push(("slowest view", fine::show(views.latencies.max)));
    }
    tiles.push(("errors", fine::count(report.errors)));
    tiles.push(("requests", fine::count(report.requests)));
    tiles
}

/// Joins seconds, so that a chart has no more points than it can show. Of percentiles the worst stands for all: a peak
/// must not vanish in a mean.
fn merged(series: &[LoadSecond]) -> Vec<LoadSecond> {
    // A last moment after the end would look like a collapse.
    let series = match series {
        [rest @ .., last] if !rest.is_empty() && last.length < Duration::from_millis(500) => rest,
        all => all,
    };
    let join = |part: &[LoadSecond]| {
        part.iter().copied().reduce(|one, next| LoadSecond {
            start: one.start,
            length: one.length + next.length,
            steps: one.steps + next.steps,
            errors: one.errors + next.errors,
            views: one.views + next.views,
            p50: one.p50.max(next.p50),
            p99: one.p99.max(next.p99),
        })
    };
    let size = series.len().div_ceil(MOST_POINTS).max(1);
    series.chunks(size).filter_map(join).collect()
}

fn across(series: &[LoadSecond]) -> Axis {
    let end = series.last().map(|last| last.start + last.length);
    Axis::across(end.unwrap_or_default().as_secs_f64())
}

fn middle(second: &LoadSecond) -> f64 {
    (second.start + second.length / 2).as_secs_f64()
}

fn per_second(count: u64, second: &LoadSecond) -> f64 {
    sessctl_client::load::per_second(count, second.length)
}

fn seconds(value: f64) -> String {
    format!("{}s", (value * 10.0).round() / 10.0)
}

fn throughput(series: &[LoadSecond]) -> Chart {
    let x = across(series);
    let steps = |second: &LoadSecond| per_second(second.steps, second);
    let errors = |second: &LoadSecond| per_second(second.errors, second);
    let y = Axis::up(series.iter().map(steps).fold(0.0, f64::max));
    let points = |of: &dyn Fn(&LoadSecond) -> f64| -> Vec<_> {
        series
            .iter()
            .map(|one| (x.at(middle(one)), y.at(of(one))))
            .collect()
    };
    let mut lines = vec![line("good", &points(&steps), true)];
    let mut keys = vec![key("good", "logins, views and logouts a second")];
    if series.iter().any(|second| second.errors > 0) {
        lines.push(line("bad", &points(&errors), true));
        keys.push(key("bad", "errors a second"));
    }
    let least = series.iter().map(steps).fold(f64::INFINITY, f64::min);
    let most = series.iter().map(steps).fold(0.0, f64::max);
    Chart {
        title: "Throughput",
        summary: format!(
            "from {} to {} a second",
            fine::rate(least),
            fine::rate(most)
        ),
        keys,
        grid: y.ticks(|value| match value.fract() {
            0.0 => fine::count(value as u64),
            _ => format!("{value:.2}"),
        }),
        marks: x.ticks(seconds),
        lines,
        spots: spots(series, &x),
    }
}

fn latency(series: &[LoadSecond]) -> Chart {
    let seen: Vec<_> = series
        .iter()
        .filter(|second| second.views > 0)
        .copied()
        .collect();
    let x = across(series);
    let most = seen
        .iter()
        .map(|second| second.p99)
        .max()
        .unwrap_or_default();
    let y = Axis::up(most.as_secs_f64());
    let points = |of: &dyn Fn(&LoadSecond) -> Duration| -> Vec<_> {
        seen.iter()
            .map(|one| (x.at(middle(one)), y.at(of(one).as_secs_f64())))
            .collect()
    };
    Chart {
        title: "Latency of views",
        summary: format!("the 99th percentile is at most {}", fine::show(most)),
        keys: vec![key("bad", "p99"), key("good", "p50")],
        grid: y.ticks(span_label),
        marks: x.ticks(seconds),
        lines: vec![
            line("bad", &points(&|second| second.p99), false),
            line("good", &points(&|second| second.p50), false),
        ],
        spots: spots(series, &x),
    }
}

/// How long the slowest shares took: the axis stretches towards its end, where the trouble is.
fn distribution(report: &LoadReport) -> Chart {
    const CLASSES: [(Phase, &str); 3] = [
        (Phase::Login, "other"),
        (Phase::View, "good"),
        (Phase::Logout, "third"),
    ];
    const SHARES: [(f64, &str); 5] = [
        (0.5, "50 %"),
        (0.9, "90 %"),
        (0.99, "99 %"),
        (0.999, "99.9 %"),
        (0.9999, "99.99 %"),
    ];
    let x = Axis::across(4.4);
    let place = |share: f64| x.at((1.0 / (1.0 - share).max(1e-9)).log10().min(4.4));
    let all = || report.phases.iter().flat_map(|phase| &phase.curve);
    let least = all()
        .map(|(_, at)| at.as_secs_f64())
        .fold(f64::INFINITY, f64::min);
    let most = all().map(|(_, at)| at.as_secs_f64()).fold(0.0, f64::max);
    let y = Axis::up_by_powers(least.max(most / 1e5), most);
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for phase in &report.phases {
        let class = CLASSES.iter().find(|(of, _)| *of == phase.phase);
        let class = class.map_or("good", |(_, class)| class);
        let curve = phase.curve.iter();
        let points: Vec<_> = curve
            .map(|(share, at)| (place(*share), y.at(at.as_secs_f64())))
            .collect();
        lines.push(line(class, &points, false));
        let count = fine::count(phase.latencies.count);
        keys.push(key(class, &format!("{} ({count})", phase.phase.name())));
    }
    let marks = SHARES.iter().map(|(share, label)| super::chart::Tick {
        at: round(place(*share)),
        label: (*label).to_owned(),
    });
    let views = report.phase(Phase::View).map(|views| views.latencies);
    Chart {
        title: "Latency by percentile",
        summary: views.map_or_else(String::new, |views| {
            format!("half of the views took {} at most", fine::show(views.p50))
        }),
        keys,
        grid: y.ticks(span_label),
        marks: marks.collect(),
        lines,
        spots: Vec::new(),
    }
}

fn spots(series: &[LoadSecond], x: &Axis) -> Vec<Spot> {
    let spot = |second: &LoadSecond| {
        let start = second.start.as_secs_f64();
        let (left, right) = (x.at(start), x.at(start + second.length.as_secs_f64()));
        Spot {
            x: round(left),
            width: round(right - left),
            label: format!(
                "{start:.0} s: {}/s, p50 {}, p99 {}, {} errors",
                fine::rate(per_second(second.steps, second)),
                fine::show(second.p50),
                fine::show(second.p99),
                fine::count(second.errors)
            ),
        }
    };
    series.iter().map(spot).collect()
}

fn key(class: &'static str, label: &str) -> Key {
    Key {
        class,
        label: label.to_owned(),
    }
}

fn span_label(seconds: f64) -> String {
    let micros = seconds * 1e6;
    let plain = |value: f64, unit| format!("{}{unit}", (value * 100.0).round() / 100.0);
    match micros {
        0.0 => "0".to_owned(),
        ..999.5 => plain(micros, "us"),
        ..999_500.0 => plain(micros / 1e3, "ms"),
        _ => plain(micros / 1e6, "s"),
    }
}
