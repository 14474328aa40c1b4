//! The list of columns to sort by, and the list of columns to show.

use ratatui::{Frame, layout::Rect, text::Line};
use sessctl_api::text;

use super::{boxed, skin::Skin};
use crate::{columns, dialog::Chooser, model::Model};

pub(super) fn draw_sort(model: &Model, at: usize, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let lines = columns::all().map(|field| {
        let arrow = if field == model.sort.field {
            skin.arrow(model.sort.descending)
        } else {
            " "
        };
        format!("{arrow} {field}")
    });
    let lines: Vec<_> = lines.collect();
    draw(" Sort by ", &lines, at, 22, skin, frame, area);
}

pub(super) fn draw_columns(chooser: &Chooser, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let lines = chooser.columns.iter().map(|(column, is_shown)| {
        let sign = if *is_shown { "[x]" } else { "[ ]" };
        let width = column
            .width
            .map_or_else(String::new, |width| format!("{width} cells"));
        format!("{sign} {:<10} {width}", column.field)
    });
    let lines: Vec<_> = lines.collect();
    draw(
        " Columns, from the left ",
        &lines,
        chooser.at,
        34,
        skin,
        frame,
        area,
    );
}

fn draw(
    title: &str,
    lines: &[String],
    at: usize,
    width: u16,
    skin: Skin,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let inner = boxed(skin, title, skin.head(), (width, height), frame, area);
    let cells = usize::from(inner.width);
    let first = (at + 1).saturating_sub(usize::from(inner.height));
    for (y, (index, line)) in inner.rows().zip(lines.iter().enumerate().skip(first)) {
        let is_here = index == at;
        let cursor = if is_here { ">" } else { " " };
        let line = text::fit(&format!("{cursor} {line}"), cells);
        let style = if is_here {
            skin.selected()
        } else {
            skin.plain()
        };
        frame.render_widget(Line::styled(format!("{line:<cells$}"), style), y);
    }
}
