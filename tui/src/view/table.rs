//! The list: only the rows on the screen are ever built, in as many columns as fit.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use sessctl_api::{Session, SortField as Field, text};
use time::{OffsetDateTime, UtcOffset};

use super::skin::Skin;
use crate::{columns, fields, message::Fate, model::Model, window::Row};

/// Cells before the first column, for the cursor's sign and the mark's: a reversed row alone is lost in a copied text.
const SIGNS: u16 = 2;

pub(super) fn draw(model: &Model, skin: Skin, heads: u16, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = columns::layout(&model.look.columns, area.width.saturating_sub(SIGNS));
    let heads = heads.min(area.height);
    let body = Rect {
        y: area.y + heads,
        height: area.height - heads,
        ..area
    };
    if heads > 0 {
        frame.render_widget(head(model, skin, &columns), Rect { height: 1, ..area });
    }
    if model.window.rows().is_empty() {
        return draw_empty(model, skin, frame, body);
    }
    let cursor = model.cursor_index();
    let rows = model.window.rows().iter().enumerate().skip(model.top);
    for (area, (index, row)) in body.rows().zip(rows) {
        let is_under = cursor == Some(index);
        frame.render_widget(line(model, skin, &columns, row, is_under, area.width), area);
    }
}

fn head(model: &Model, skin: Skin, columns: &[(Field, u16)]) -> Line<'static> {
    let mut line = " ".repeat(usize::from(SIGNS));
    for (nth, (field, width)) in columns.iter().enumerate() {
        if nth > 0 {
            line.push(' ');
        }
        let mut head = columns::head(*field, *width).to_owned();
        if *field == model.sort.field {
            head += skin.arrow(model.sort.descending);
        }
        let width = usize::from(*width);
        if is_number(*field) {
            let head = text::fit(&head, width);
            line += &format!("{head:>width$}");
        } else {
            line += &padded(&head, width);
        }
    }
    Line::styled(line, skin.head())
}

fn line(
    model: &Model,
    skin: Skin,
    columns: &[(Field, u16)],
    row: &Row,
    is_under: bool,
    width: u16,
) -> Line<'static> {
    let is_marked = model.marks.has(row.handle()) && !row.is_ghost();
    let in_range = model
        .anchor
        .as_ref()
        .is_some_and(|one| one.handle == row.handle());
    let base = match () {
        () if row.is_ghost() => skin.ghost(),
        () if !model.is_live() => skin.stale(),
        () if is_marked => skin.marked(),
        () => skin.plain(),
    };
    let sign = match () {
        () if row.is_ghost() => "x",
        () if is_marked => "*",
        () if in_range => "V",
        () => " ",
    };
    let mut text = String::new();
    for (nth, (field, width)) in columns.iter().enumerate() {
        if nth > 0 {
            text.push(' ');
        }
        text += &cell(*field, &row.session, model.now, usize::from(*width));
    }
    let cells = usize::from(width.saturating_sub(SIGNS));
    let text = padded(&text, cells);
    let cursor = if is_under { ">" } else { " " };
    let mut spans = vec![Span::raw(format!("{cursor}{sign}"))];
    if row.is_ghost() {
        // The reason stands over what matters least by now.
        let why = why(&row.fate);
        let why = text::fit(&why, cells.saturating_sub(14).max(8));
        let kept = cells.saturating_sub(text::width(&why) + 1);
        spans.push(Span::styled(padded(&text, kept), base));
        spans.push(Span::styled(format!(" {why}"), skin.warn()));
    } else {
        spans.push(Span::styled(text, base));
    }
    let style = if is_under {
        skin.plain().patch(skin.selected())
    } else {
        Style::new()
    };
    Line::from(spans).style(style)
}

/// Why a row is none any more, in few words.
fn why(fate: &Fate) -> String {
    match fate {
        Fate::Alive => "elsewhere in the list, or out of the filter".to_owned(),
        Fate::Ended(None) => "ended".to_owned(),
        Fate::Ended(Some(ended)) => ended.in_words(),
    }
}

fn draw_empty(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let words = if model.fresh.is_none() {
        "waiting for the list …".to_owned()
    } else if model.filter.is_empty() {
        "no live sessions yet".to_owned()
    } else {
        // The advice must stay in sight, so a long filter is cut, not the line.
        let cells = usize::from(area.width).saturating_sub(36).max(8);
        let filter = text::fit(model.filter.as_str(), cells);
        format!("no session matches {filter}; Esc clears it")
    };
    let cells = usize::from(area.width.saturating_sub(SIGNS)).max(1);
    for (y, line) in area.rows().zip(fields::wrap(&words, cells)) {
        frame.render_widget(Line::styled(format!("  {line}"), skin.strong()), y);
    }
}

/// Cuts or fills text to exactly so many cells.
fn padded(text: &str, cells: usize) -> String {
    let mut text = text::fit(text, cells);
    let missing = cells.saturating_sub(text::width(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

fn is_number(field: Field) -> bool {
    matches!(field, Field::Requests | Field::Ips | Field::Size)
}

/// The text of one cell, harmless and exactly as wide as its column.
fn cell(field: Field, session: &Session, now: OffsetDateTime, width: usize) -> String {
    let number = |number: Option<u64>| {
        let text = text::fit(&fields::known(number), width);
        format!("{text:>width$}")
    };
    let known = match field {
        Field::Handle => session.handle.to_string(),
        Field::User => return padded(session.user.as_deref().unwrap_or("-"), width),
        Field::Client => return padded(fields::client(session), width),
        Field::Ua => return padded(session.ua.as_deref().unwrap_or("-"), width),
        Field::Ip => fields::known(session.ip),
        Field::LoginIp => fields::known(session.login_ip),
        Field::Age => fields::short(session.age(now)),
        Field::Idle => fields::short(session.idle(now)),
        Field::Expires => fields::left(session.left(now)),
        Field::Created => moment(session.created),
        Field::Seen => moment(session.seen),
        Field::Requests => return number(session.requests),
        Field::Size => return number(session.size),
        Field::Ips => return number(Some(session.ips.len() as u64).filter(|n| *n > 0)),
        Field::Ended | Field::Reason => String::new(),
    };
    padded(&known, width)
}

/// A moment in the columns, in UTC.
fn moment(at: Option<OffsetDateTime>) -> String {
    fields::known(at.map(|at| {
        let at = at.to_offset(UtcOffset::UTC);
        let (hour, minute, second) = at.time().as_hms();
        format!("{} {hour:02}:{minute:02}:{second:02}", at.date())
    }))
}
