//! Draws the model. Reads `&Model`, writes a frame, and touches nothing else: no clock, no state of its own.
//!
//! The screen from top to bottom: header, trouble with the link, filter line, the table or what is open, the last
//! order's result, keys. [`Model::chrome`] says how many lines each has.

mod confirm;
mod detail;
mod header;
mod help;
mod prompt;
mod table;
mod theme;

#[cfg(test)]
mod tests;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};
use sessctl_api::text;

use crate::{
    keys,
    message::Fate,
    model::{Dialog, Model, Tone},
};
use theme::Theme;

/// Draws one frame.
pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let theme = Theme { mono: model.mono };
    let chrome = model.chrome(area.height);
    let [header, banner, filter, body, status, footer] = Layout::vertical([
        Constraint::Length(chrome.header),
        Constraint::Length(chrome.banner),
        Constraint::Length(chrome.filter),
        Constraint::Fill(1),
        Constraint::Length(chrome.status),
        Constraint::Length(chrome.footer),
    ])
    .areas(area);

    header::draw(model, theme, frame, header);
    header::draw_trouble(model, theme, frame, banner);
    prompt::draw(model, theme, frame, filter);
    draw_status(model, theme, frame, status);
    draw_footer(model, theme, frame, footer);
    match model.dialogs.last() {
        None | Some(Dialog::Filter(_)) => table::draw(model, theme, chrome.heads, frame, body),
        Some(Dialog::Detail(subject)) => detail::draw(model, subject, theme, frame, body),
        Some(Dialog::Help { scroll }) => help::draw(*scroll, theme, frame, body),
        Some(Dialog::Confirm(subject)) => {
            // The list stays in sight around the question.
            table::draw(model, theme, chrome.heads, frame, body);
            confirm::draw(model, subject, theme, frame, within(area, body));
        }
    }
}

/// Where a dialog may lie: over the body, or over everything when the body is too low for it.
fn within(screen: Rect, body: Rect) -> Rect {
    if body.height < confirm::LINES {
        screen
    } else {
        body
    }
}

fn draw_status(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(status) = &model.status else {
        return;
    };
    let style = match status.tone {
        Tone::Note => theme.plain(),
        Tone::Good => theme.good(),
        Tone::Bad => theme.bad(),
    };
    let text = text::fit(&status.text, usize::from(area.width));
    frame.render_widget(Line::styled(text, style), area);
}

fn draw_footer(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let is_over = match model.dialogs.last() {
        Some(Dialog::Detail(subject) | Dialog::Confirm(subject)) => subject.fate != Fate::Alive,
        _ => false,
    };
    let mut line = Line::default();
    for (key, word) in keys::footer(model.place(), is_over) {
        let gap = if line.spans.is_empty() { "" } else { "  " };
        let width = gap.len() + text::width(&key) + 1 + text::width(word);
        // Whole keys only: half a word explains nothing.
        if line.width() + width > usize::from(area.width) {
            break;
        }
        line.push_span(gap);
        line.push_span(Span::styled(key, theme.key()));
        line.push_span(format!(" {word}"));
    }
    frame.render_widget(line, area);
}
