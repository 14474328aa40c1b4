//! The counts above the list: four curves, why sessions ended lately, and who has the most.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};
use sessctl_api::{ValueCount, text};

use super::{header::grouped, skin::Skin};
use crate::{model::Model, overview::Series};

/// Lines of a curve.
const CURVE: usize = 2;

pub(super) fn draw(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    if area.height == 0 {
        return;
    }
    let [curves, users, clients, _] = Layout::vertical([
        Constraint::Length(1 + CURVE as u16),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let overview = &model.overview;
    let reasons: Vec<_> = overview
        .reasons()
        .into_iter()
        .map(|(reason, count)| format!("{reason} {}", grouped(count)))
        .collect();
    let all: [(&str, &Series, String); 4] = [
        ("live", &overview.active, String::new()),
        ("logins/s", &overview.logins, String::new()),
        ("ends/s", &overview.ends, reasons.join(" ")),
        ("requests/s", &overview.requests, String::new()),
    ];
    let columns = Layout::horizontal([Constraint::Ratio(1, 4); 4]).areas::<4>(curves);
    for (area, (name, series, note)) in columns.into_iter().zip(all) {
        let cells = usize::from(area.width.saturating_sub(2));
        draw_curve(skin, name, series, &note, cells, frame, area);
    }
    draw_top(skin, "users", &overview.users, frame, users);
    draw_top(skin, "clients", &overview.clients, frame, clients);
}

fn draw_curve(
    skin: Skin,
    name: &str,
    series: &Series,
    note: &str,
    cells: usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let value = series.last().map_or_else(|| "-".to_owned(), number);
    let mut head = Line::from(vec![
        Span::styled(format!("{name} "), skin.head()),
        Span::styled(value, skin.strong()),
    ]);
    let room = cells.saturating_sub(head.width() + 2);
    if room > 8 && !note.is_empty() {
        head.push_span(Span::styled(
            format!("  {}", text::fit(note, room)),
            skin.stale(),
        ));
    }
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        frame.render_widget(head, row);
    }
    let values: Vec<_> = series.latest(cells * skin.values_per_cell()).collect();
    for (row, line) in rows.zip(skin.curve(&values, cells, CURVE)) {
        frame.render_widget(Line::styled(line, skin.good()), row);
    }
}

/// A rate or a count, in few cells.
fn number(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        format!("{value:.1}")
    } else {
        grouped(value.round() as u64)
    }
}

fn draw_top(skin: Skin, name: &str, counts: &[ValueCount], frame: &mut Frame<'_>, area: Rect) {
    let mut line = Line::from(Span::styled(format!("most {name:<8}"), skin.head()));
    match counts.first() {
        None => line.push_span("-"),
        Some(most) if most.sessions == 1 => line.push_span("none has more than one session"),
        _ => {}
    }
    for ValueCount { value, sessions } in counts.iter().filter(|one| one.sessions > 1) {
        let value = text::fit(value.as_deref().unwrap_or("(unknown)"), 24);
        let count = grouped(*sessions);
        let width = text::width(&value) + count.len() + 3;
        // Whole names only.
        if line.width() + width > usize::from(area.width) {
            break;
        }
        line.push_span(format!("{value} "));
        line.push_span(Span::styled(count, skin.strong()));
        line.push_span("  ");
    }
    frame.render_widget(line, area);
}
