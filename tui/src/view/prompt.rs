//! The line that is being typed, with its cursor and what is wrong with it, or the filter that is in force.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};
use sessctl_api::text;

use super::skin::Skin;
use crate::{
    dialog::{Command, Dialog, Draft},
    input,
    model::Model,
    update,
};

pub(super) fn draw(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    match model.dialogs.last() {
        Some(Dialog::Filter(draft)) => draw_draft(draft, skin, frame, area),
        Some(Dialog::Palette(command)) => draw_command(command, skin, frame, area),
        _ if model.filter.is_empty() => {}
        _ => {
            let cells = usize::from(area.width).saturating_sub(8);
            let line = Line::from(vec![
                Span::styled("filter", skin.head()),
                Span::raw(format!("  {}", text::fit(model.filter.as_str(), cells))),
            ]);
            frame.render_widget(line, area);
        }
    }
}

/// Draws the line so that its cursor is in sight. Says by how many cells it slid for that.
fn draw_line(
    sign: &str,
    line: &input::Line,
    skin: Skin,
    frame: &mut Frame<'_>,
    area: Rect,
) -> usize {
    // Cells before the cursor, with hostile characters as they are shown: longer.
    let cursor = text::width(&text::clean(&line.before_cursor()));
    let cells = usize::from(area.width).saturating_sub(3);
    let slide = cursor.saturating_sub(cells);
    let shown = cut_start(&text::clean(&line.text()), slide);
    let input = Line::from(vec![
        Span::styled(format!("{sign} "), skin.key()),
        Span::raw(text::fit(&shown, usize::from(area.width).saturating_sub(2))),
    ]);
    frame.render_widget(input, Rect { height: 1, ..area });
    let x = (2 + cursor - slide).min(usize::from(area.width) - 1);
    frame.set_cursor_position(Position::new(area.x + x as u16, area.y));
    slide
}

/// The so many'th line of an area.
fn nth(area: Rect, line: u16) -> Rect {
    Rect {
        y: area.y + line,
        height: 1,
        ..area
    }
}

fn draw_draft(draft: &Draft, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let slide = draw_line("/", &draft.line, skin, frame, area);
    let Some(error) = draft.error.as_ref().filter(|_| area.height >= 3) else {
        return;
    };
    let before: String = error.text.chars().take(error.at).collect();
    let mark = (text::width(&text::clean(&before)) + 2).saturating_sub(slide);
    let caret = format!("{}^", " ".repeat(mark.min(usize::from(area.width) - 1)));
    frame.render_widget(Line::styled(caret, skin.bad()), nth(area, 1));
    let message = text::fit(&error.message, usize::from(area.width));
    frame.render_widget(Line::styled(message, skin.bad()), nth(area, 2));
}

fn draw_command(command: &Command, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    draw_line(":", &command.line, skin, frame, area);
    if let Some(error) = command.error.as_ref().filter(|_| area.height >= 2) {
        let message = text::fit(error, usize::from(area.width));
        frame.render_widget(Line::styled(message, skin.bad()), nth(area, 1));
    }
}

/// What may be typed, over the beginning of the list.
pub(super) fn draw_commands(command: &Command, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let typed = command.line.text();
    for (y, (name, rest, help)) in area.rows().zip(update::candidates(&typed)) {
        frame.render_widget(ratatui::widgets::Clear, y);
        let what = format!("{name} {rest}");
        let line = Line::from(vec![
            Span::styled(format!("  {what:<24} "), skin.key()),
            Span::styled(
                text::fit(help, usize::from(y.width).saturating_sub(27)),
                skin.plain(),
            ),
        ]);
        frame.render_widget(line, y);
    }
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
