//! The filter line: being typed, with its cursor and what is wrong with it, or the filter that is in force.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};
use sessctl_api::text;

use super::theme::Theme;
use crate::model::{Dialog, Draft, Model};

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    match model.dialogs.last() {
        Some(Dialog::Filter(draft)) => draw_draft(draft, theme, frame, area),
        _ if model.filter.is_empty() => {}
        _ => {
            let cells = usize::from(area.width).saturating_sub(8);
            let line = Line::from(vec![
                Span::styled("filter", theme.head()),
                Span::raw(format!("  {}", text::fit(model.filter.as_str(), cells))),
            ]);
            frame.render_widget(line, area);
        }
    }
}

fn draw_draft(draft: &Draft, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = draft.line.text();
    // Cells before the cursor, with hostile characters as they are shown: longer.
    let cursor = text::width(&text::clean(&draft.line.before_cursor()));
    let cells = usize::from(area.width).saturating_sub(3);
    // A line longer than the screen slides so that its cursor stays in sight.
    let slide = cursor.saturating_sub(cells);
    let shown = cut_start(&text::clean(&line), slide);
    let input = Line::from(vec![
        Span::styled("/ ", theme.key()),
        Span::raw(text::fit(&shown, usize::from(area.width).saturating_sub(2))),
    ]);
    frame.render_widget(input, Rect { height: 1, ..area });
    let x = (2 + cursor - slide).min(usize::from(area.width) - 1);
    frame.set_cursor_position(Position::new(area.x + x as u16, area.y));

    let Some(error) = draft.error.as_ref().filter(|_| area.height >= 3) else {
        return;
    };
    let before: String = error.text.chars().take(error.at).collect();
    let mark = (text::width(&text::clean(&before)) + 2).saturating_sub(slide);
    let caret = format!("{}^", " ".repeat(mark.min(usize::from(area.width) - 1)));
    frame.render_widget(
        Line::styled(caret, theme.bad()),
        Rect {
            y: area.y + 1,
            height: 1,
            ..area
        },
    );
    let message = text::fit(&error.message, usize::from(area.width));
    frame.render_widget(
        Line::styled(message, theme.bad()),
        Rect {
            y: area.y + 2,
            height: 1,
            ..area
        },
    );
}

/// Drops so many cells from the beginning of clean text.
fn cut_start(text: &str, cells: usize) -> String {
    let start = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| text::width(&text[..*at]) >= cells)
        .unwrap_or(text.len());
    text[start..].to_owned()
}
