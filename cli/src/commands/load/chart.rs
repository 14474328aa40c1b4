//! Charts as SVG: lines over an x axis, drawn into a fixed frame. Text is not escaped here but where it is set.

use std::fmt::Write as _;

/// The drawing's size, with room for the labels at its left and below.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// A chart, ready to be set into the page.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// What a reader who cannot see it is told.
    pub(super) summary: String,
    pub(super) keys: Vec<Key>,
    pub(super) grid: Vec<Tick>,
    pub(super) marks: Vec<Tick>,
    pub(super) lines: Vec<Line>,
    pub(super) spots: Vec<Spot>,
}

/// What a colour stands for.
pub(super) struct Key {
    pub(super) class: &'static str,
    pub(super) label: String,
}

/// A label at an axis.
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) path: String,
    /// Filled down to the axis; empty where only the line is drawn.
    pub(super) area: String,
}

/// Where a pointer is told figures.
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) label: String,
}

/// The places of values along an axis.
pub(super) struct Axis {
    from: f64,
    to: f64,
    is_log: bool,
    start: f64,
    end: f64,
}

impl Axis {
    pub(super) fn across(to: f64) -> Self {
        Self {
            from: 0.0,
            to: to.max(1e-9),
            is_log: false,
            start: LEFT,
            end: WIDTH - RIGHT,
        }
    }

    /// Up from nothing to at least the largest value, at a round one.
    pub(super) fn up(most: f64) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = step(most);
        Self {
            from: 0.0,
            to: (most / step).ceil().max(1.0) * step,
            is_log: false,
            start: HEIGHT - BOTTOM,
            end: TOP,
        }
    }

    /// Up by powers of ten, for values that lie far from each other.
    pub(super) fn up_by_powers(least: f64, most: f64) -> Self {
        let from = 10_f64.powf(least.max(1e-6).log10().floor());
        let to = 10_f64.powf(most.max(1e-6).log10().ceil());
        Self {
            from,
            to: if to > from { to } else { from * 10.0 },
            is_log: true,
            start: HEIGHT - BOTTOM,
            end: TOP,
        }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.is_log {
            (value.max(self.from) / self.from).log10() / (self.to / self.from).log10()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.start + share.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// Round values along it, with their labels.
    pub(super) fn ticks(&self, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let mut values = Vec::new();
        if self.is_log {
            let mut value = self.from;
            while value <= self.to * 1.001 {
                values.push(value);
                value *= 10.0;
            }
        } else {
            let step = step(self.to);
            // By number, for sums of steps drift.
            let count = (self.to / step + 0.001) as u32;
            values.extend((0..=count).map(|number| f64::from(number) * step));
        }
        let tick = |value: f64| Tick {
            at: round(self.at(value)),
            label: label(value),
        };
        values.into_iter().map(tick).collect()
    }
}

/// A round step that divides a span into about five.
fn step(span: f64) -> f64 {
    let rough = (span / 5.0).max(1e-9);
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0];
    let fits = times
        .into_iter()
        .find(|times| times * power >= rough * 0.999);
    fits.unwrap_or(10.0) * power
}

/// A line through points, filled below if that is wanted.
pub(super) fn line(class: &'static str, points: &[(f64, f64)], is_filled: bool) -> Line {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{} {}", round(*x), round(*y));
    }
    let area = match (is_filled, points.first(), points.last()) {
        (true, Some((first, _)), Some((last, _))) => {
            let floor = HEIGHT - BOTTOM;
            format!("{path}L{} {floor}L{} {floor}Z", round(*last), round(*first))
        }
        _ => String::new(),
    };
    Line { class, path, area }
}

/// A tenth of a point is finer than any screen.
pub(super) fn round(at: f64) -> f64 {
    (at * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        let ticks = axis.ticks(|value| format!("{value}"));
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn an_axis_has_round_values_and_room_for_the_largest() {
        assert_eq!(
            labels(&Axis::up(87.0)),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(labels(&Axis::up(0.0)).last().unwrap(), "1");
        assert_eq!(labels(&Axis::across(10.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(
            labels(&Axis::up_by_powers(3.0, 250.0)),
            ["1", "10", "100", "1000"]
        );
        for axis in [Axis::up(87.0), Axis::up_by_powers(3.0, 250.0)] {
            assert!(axis.at(87.0) < axis.at(3.0), "up is up");
            assert!((TOP..=HEIGHT - BOTTOM).contains(&axis.at(1e9)));
            assert!((TOP..=HEIGHT - BOTTOM).contains(&axis.at(0.0)));
        }
    }

    #[test]
    fn a_line_goes_through_its_points() {
        let drawn = line("a", &[(0.0, 1.04), (2.0, 3.0)], true);
        assert_eq!(drawn.path, "M0 1L2 3");
        assert_eq!(drawn.area, "M0 1L2 3L2 204L0 204Z");
        assert_eq!(line("a", &[], true).area, "");
    }
}
