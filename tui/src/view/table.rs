//! The list: only the rows on the screen are ever built, in as many columns as fit.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    text::Line,
    widgets::{Row, Table},
};
use sessctl_api::{Session, text};
use time::OffsetDateTime;

use super::theme::Theme;
use crate::{fields, model::Model};

/// One column: how it is headed, and how many cells it needs and can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    field: Field,
    head: &'static str,
    least: u16,
    most: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Handle,
    User,
    Client,
    Ip,
    Age,
    Idle,
    Expires,
    Requests,
}

/// The columns in the order in which they stand.
const COLUMNS: [Column; 8] = [
    column(Field::Handle, "handle", 12, 12),
    column(Field::User, "user", 12, 40),
    column(Field::Client, "client", 12, 28),
    column(Field::Ip, "ip", 15, 39),
    column(Field::Age, "age", 6, 6),
    column(Field::Idle, "idle", 6, 6),
    column(Field::Expires, "expires in", 7, 10),
    column(Field::Requests, "requests", 8, 8),
];

/// The columns in the order in which a wider screen gets them.
const BY_WEIGHT: [Field; 8] = [
    Field::User,
    Field::Handle,
    Field::Idle,
    Field::Age,
    Field::Expires,
    Field::Client,
    Field::Ip,
    Field::Requests,
];

/// Cells before the first column, for the cursor's mark: a reversed row alone is lost in a copied text.
const MARK: u16 = 2;

const fn column(field: Field, head: &'static str, least: u16, most: u16) -> Column {
    Column {
        field,
        head,
        least,
        most,
    }
}

pub(super) fn draw(model: &Model, theme: Theme, heads: u16, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let columns = columns_for(area.width);
    let rows_area = Rect {
        y: area.y + heads.min(area.height),
        height: area.height - heads.min(area.height),
        ..area
    };
    if model.shown.is_empty() {
        return draw_empty(model, theme, frame, rows_area);
    }
    let selected = model.selected_index();
    let page = usize::from(rows_area.height);
    let rows = model
        .shown
        .iter()
        .enumerate()
        .skip(model.offset)
        .take(page)
        .filter_map(|(index, rank)| {
            let session = model.rows.get(rank.handle)?;
            let is_selected = selected == Some(index);
            let cells = columns
                .iter()
                .map(|(field, width)| cell(*field, session, model.now, usize::from(*width)));
            let mark = if is_selected { ">" } else { "" };
            let row = Row::new(std::iter::once(mark.to_owned()).chain(cells));
            let base = if model.is_live() {
                theme.plain()
            } else {
                theme.stale()
            };
            Some(row.style(if is_selected {
                base.patch(theme.selected())
            } else {
                base
            }))
        });
    let widths = std::iter::once(MARK - 1)
        .chain(columns.iter().map(|(_, width)| *width))
        .map(Constraint::Length);
    let mut table = Table::new(rows.collect::<Vec<_>>(), widths).column_spacing(1);
    if heads > 0 {
        let names = columns.iter().map(|(field, width)| head(*field, *width));
        table = table.header(Row::new(std::iter::once("").chain(names)).style(theme.head()));
    }
    frame.render_widget(table, area);
}

fn draw_empty(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let words = if model.fresh.is_none() {
        "waiting for the list …".to_owned()
    } else if model.rows.len() == 0 {
        "no live sessions yet".to_owned()
    } else {
        // The advice must stay in sight, so a long filter is cut, not the line.
        let cells = usize::from(area.width).saturating_sub(36).max(8);
        let filter = text::fit(model.filter.as_str(), cells);
        format!("no session matches {filter}; Esc clears it")
    };
    let lines = fields::wrap(&words, usize::from(area.width.saturating_sub(MARK)).max(1));
    for (y, line) in area.rows().zip(lines) {
        frame.render_widget(Line::styled(format!("  {line}"), theme.strong()), y);
    }
}

/// Picks the columns for a screen so wide, and shares its cells out.
fn columns_for(width: u16) -> Vec<(Field, u16)> {
    let mut free = width.saturating_sub(MARK);
    let mut fields = Vec::new();
    for (nth, field) in BY_WEIGHT.into_iter().enumerate() {
        let column = COLUMNS[field as usize];
        let gap = u16::from(!fields.is_empty());
        if column.least + gap <= free {
            free -= column.least + gap;
            fields.push(field);
        } else if nth == 0 {
            // The user stays, however narrow.
            return vec![(field, free)];
        } else if nth > 1 {
            // A lesser column must not stand where a weightier one did not fit; but the short idle time may, where
            // the handle did not.
            break;
        }
    }
    let mut columns: Vec<(Column, u16)> = COLUMNS
        .into_iter()
        .filter(|column| fields.contains(&column.field))
        .map(|column| (column, column.least))
        .collect();
    // A cell each in turn, until all have what they can use.
    while free > 0 {
        let before = free;
        for (column, width) in &mut columns {
            if free > 0 && *width < column.most {
                *width += 1;
                free -= 1;
            }
        }
        if free == before {
            break;
        }
    }
    columns
        .into_iter()
        .map(|(column, width)| (column.field, width))
        .collect()
}

fn head(field: Field, width: u16) -> &'static str {
    let head = COLUMNS[field as usize].head;
    if usize::from(width) < head.len() && field == Field::Expires {
        "expires"
    } else {
        head
    }
}

/// The text of one cell, harmless and cut to its width.
fn cell(field: Field, session: &Session, now: OffsetDateTime, width: usize) -> String {
    let text = match field {
        Field::Handle => session.handle.to_string(),
        Field::User => return text::fit(session.user.as_deref().unwrap_or("-"), width),
        Field::Client => return text::fit(fields::client(session), width),
        Field::Ip => fields::known(session.ip),
        Field::Age => fields::short(session.age(now)),
        Field::Idle => fields::short(session.idle(now)),
        Field::Expires => fields::left(session.left(now)),
        Field::Requests => {
            let count = fields::known(session.requests);
            format!("{count:>width$}")
        }
    };
    text::fit(&text, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_stands_where_its_field_says() {
        for (place, column) in COLUMNS.iter().enumerate() {
            assert_eq!(column.field as usize, place);
        }
    }

    #[test]
    fn the_user_stays_however_narrow_the_screen() {
        for width in 0..=200 {
            let columns = columns_for(width);
            assert!(
                columns.iter().any(|(field, _)| *field == Field::User),
                "{width}"
            );
            let used: u16 = columns.iter().map(|(_, width)| width + 1).sum();
            assert!(used <= width.max(3), "{width}: {columns:?}");
        }
    }

    #[test]
    fn wider_screens_have_more_columns() {
        use Field::{Age, Client, Expires, Handle, Idle, Ip, Requests, User};
        let fields = |width| {
            columns_for(width)
                .into_iter()
                .map(|(field, _)| field)
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(22), [User, Idle]);
        assert_eq!(fields(40), [Handle, User, Idle]);
        assert_eq!(fields(80), [Handle, User, Client, Ip, Age, Idle, Expires]);
        assert_eq!(
            fields(160),
            [Handle, User, Client, Ip, Age, Idle, Expires, Requests]
        );
    }
}
