//! What was measured, as a table for people and as JSON for programs.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;
use serde::Serialize;

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    scenario: &'static str,
    figure: String,
    unit: &'static str,
    ours: Option<Series>,
    /// What ours is compared with.
    base: Option<Series>,
    /// Beside it, for orientation.
    beside: Option<Series>,
    ratio: Option<Spread>,
    limit: Option<Limit>,
    /// Whether the limit is kept; absent where there is none or nothing is judged.
    pass: Option<bool>,
    note: Option<String>,
}

/// The values of all rounds, in order.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Series {
    name: &'static str,
    median: f64,
    rounds: Vec<f64>,
}

/// A ratio, round by round.
#[derive(Debug, Clone, Copy, Serialize)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

/// What the median of a figure has to keep.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case", tag = "of", content = "limit")]
pub(crate) enum Limit {
    RatioAtMost(f64),
    RatioAtLeast(f64),
    AtMost(f64),
    /// Neither above nor below 1 by more.
    RatioWithin(f64),
}

/// Everything of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: String,
    is_judged: bool,
    rows: Vec<Row>,
}

impl Series {
    pub(crate) fn new(name: &'static str, rounds: Vec<f64>) -> Self {
        Self {
            name,
            median: median(&rounds),
            rounds,
        }
    }
}

impl Row {
    /// A figure of ours alone.
    pub(crate) fn alone(
        scenario: &'static str,
        figure: impl Into<String>,
        unit: &'static str,
        rounds: Vec<f64>,
    ) -> Self {
        Self {
            scenario,
            figure: figure.into(),
            unit,
            ours: Some(Series::new("ours", rounds)),
            base: None,
            beside: None,
            ratio: None,
            limit: None,
            pass: None,
            note: None,
        }
    }

    /// A figure of ours and the same of what it is compared with, measured in turn: the ratio is that of each round.
    pub(crate) fn compared(
        scenario: &'static str,
        figure: impl Into<String>,
        unit: &'static str,
        ours: Vec<f64>,
        base: Series,
    ) -> Self {
        let ratios: Vec<_> = ours
            .iter()
            .zip(&base.rounds)
            .map(|(ours, base)| ours / base)
            .collect();
        let spread = Spread {
            median: median(&ratios),
            least: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            most: ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        Self {
            base: Some(base),
            ratio: Some(spread),
            ..Self::alone(scenario, figure, unit, ours)
        }
    }

    /// Something that the server does not do.
    pub(crate) fn missing(
        scenario: &'static str,
        figure: impl Into<String>,
        unit: &'static str,
        why: String,
    ) -> Self {
        Self {
            ours: None,
            note: Some(why),
            ..Self::alone(scenario, figure, unit, Vec::new())
        }
    }

    pub(crate) fn beside(mut self, series: Option<Series>) -> Self {
        self.beside = series;
        self
    }

    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    pub(crate) fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        let ours = self.ours.as_ref().map(|series| series.median);
        let ratio = self.ratio.map(|ratio| ratio.median);
        self.pass = match limit {
            Limit::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
            Limit::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
            Limit::AtMost(most) => ours.map(|ours| ours <= most),
            Limit::RatioWithin(off) => ratio.map(|ratio| (ratio - 1.0).abs() <= off),
        };
        self
    }

    /// The median of what ours is compared with, for limits that depend on it.
    pub(crate) fn base_median(&self) -> Option<f64> {
        self.base.as_ref().map(|base| base.median)
    }

    fn line(&self) -> String {
        let show = |series: &Option<Series>| series.as_ref().map(|s| number(s.median));
        let base = self
            .base
            .as_ref()
            .map(|base| format!("{} {}", base.name, number(base.median)));
        let ratio = self
            .ratio
            .map(|r| format!("{:.2} ({:.2}-{:.2})", r.median, r.least, r.most));
        let limit = self.limit.map(|limit| match limit {
            Limit::RatioAtMost(most) => format!("<= {most:.2} x"),
            Limit::RatioAtLeast(least) => format!(">= {least:.2} x"),
            Limit::AtMost(most) => format!("<= {}", number(most)),
            Limit::RatioWithin(off) => format!("1 +- {off:.2} x"),
        });
        let verdict = self
            .pass
            .map(|pass| if pass { "pass" } else { "MISS" }.to_owned());
        let verdict = [verdict, self.note.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ");
        // A filter may hold the character that parts the cells.
        let figure = format!("{}, {}", self.figure, self.unit).replace('|', "\\|");
        let cells = [
            Some(self.scenario.to_owned()),
            Some(figure),
            show(&self.ours),
            base,
            show(&self.beside),
            ratio,
            limit,
            Some(verdict),
        ];
        let cells: Vec<_> = cells.into_iter().map(Option::unwrap_or_default).collect();
        format!("| {} |", cells.join(" | "))
    }
}

impl Report {
    pub(crate) fn new(machine: String, is_judged: bool) -> Self {
        Self {
            machine,
            is_judged,
            rows: Vec::new(),
        }
    }

    /// Takes a row in, and says it to whoever waits.
    pub(crate) fn add(&mut self, mut row: Row) {
        if !self.is_judged {
            row.pass = None;
        }
        eprintln!("{}", row.line());
        self.rows.push(row);
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.machine);
        if !self.is_judged {
            text.push_str(
                "A quick run: it shows that everything answers; its figures mean nothing.\n\n",
            );
        }
        text.push_str("| scenario | figure | ours | compared with | ts-memory | ratio (least-most) | limit | |\n");
        text.push_str("|---|---|---:|---:|---:|---:|---:|---|\n");
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", row.line());
        }
        text
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_vec_pretty(self)?)?;
        Ok(())
    }
}

/// The middle value; of an even number of them the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (len, half) if len % 2 == 1 => sorted[half],
        (_, half) => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// A value with as many digits as mean something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_judged_by_the_median_of_its_rounds() {
        let base = Series::new("bare", vec![10.0, 20.0, 10.0]);
        let row = Row::compared("dashboard", "CPU", "us", vec![12.0, 26.0, 11.0], base)
            .limit(Limit::RatioAtMost(1.25));
        assert_eq!(row.pass, Some(true));
        assert_eq!(
            row.line(),
            "| dashboard | CPU, us | 12.0 | bare 10.0 |  | 1.20 (1.10-1.30) | <= 1.25 x | pass |"
        );
        assert_eq!(row.limit(Limit::RatioAtLeast(1.25)).pass, Some(false));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn what_is_missing_passes_nothing() {
        let row = Row::missing("lists", "sort", "ms", "unsupported".to_owned())
            .limit(Limit::AtMost(90.0));
        assert_eq!(row.pass, None);
    }
}
