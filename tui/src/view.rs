//! Draws the model. Reads `&Model`, writes a frame, and touches nothing else: no clock, no state of its own.
//!
//! The screen from top to bottom: header, trouble with the link, counts, filter line, the table or what is open, the
//! last order's result, keys. [`Model::chrome`] says how many lines each has.

mod choosing;
mod confirm;
mod detail;
mod header;
mod help;
mod overview;
mod prompt;
mod skin;
mod table;

#[cfg(test)]
mod picture;
#[cfg(test)]
mod tests;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Constraint, Layout, Margin, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear},
};
use sessctl_api::text;

use crate::{
    dialog::Dialog,
    message::Fate,
    model::{Model, Tone, Writes},
};
use skin::Skin;

/// Draws one frame.
pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let screen = frame.area();
    if screen.is_empty() {
        return;
    }
    let skin = Skin {
        theme: model.look.theme,
        glyphs: model.look.glyphs,
    };
    frame.buffer_mut().set_style(screen, skin.plain());
    let chrome = model.chrome();
    let area = screen.inner(Margin::new(chrome.frame, chrome.frame));
    if chrome.frame > 0 && matches!(model.writes, Writes::Armed { .. }) {
        let block = Block::bordered()
            .border_set(skin.border())
            .border_style(skin.bad())
            .title(" sessions may be ended ");
        frame.render_widget(block, screen);
    }
    let [header, banner, counts, filter, body, status, footer] = Layout::vertical([
        Constraint::Length(chrome.header),
        Constraint::Length(chrome.banner),
        Constraint::Length(chrome.overview),
        Constraint::Length(chrome.filter),
        Constraint::Fill(1),
        Constraint::Length(chrome.status),
        Constraint::Length(chrome.footer),
    ])
    .areas(area);

    header::draw(model, skin, frame, header);
    header::draw_trouble(model, skin, frame, banner);
    overview::draw(model, skin, frame, counts);
    prompt::draw(model, skin, frame, filter);
    draw_status(model, skin, frame, status);
    draw_footer(model, skin, frame, footer);
    draw_body(model, skin, chrome.heads, frame, area, body);
    if skin.is_ascii() {
        to_ascii(frame.buffer_mut());
    }
}

/// Draws the list, and what lies on it from the bottom up.
fn draw_body(
    model: &Model,
    skin: Skin,
    heads: u16,
    frame: &mut Frame<'_>,
    screen: Rect,
    body: Rect,
) {
    let shown = model.dialogs.iter().rev().find_map(|dialog| match dialog {
        Dialog::Detail(subject) => Some(subject),
        _ => None,
    });
    match shown {
        Some(subject) if model.is_beside() => {
            let [list, pane] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(model.pane_width())])
                    .areas(body);
            table::draw(model, skin, heads, frame, list);
            detail::draw(model, subject, skin, frame, pane);
        }
        Some(subject) => detail::draw(model, subject, skin, frame, body),
        None => table::draw(model, skin, heads, frame, body),
    }
    match model.dialogs.last() {
        None | Some(Dialog::Filter(_) | Dialog::Detail(_)) => {}
        Some(Dialog::Palette(command)) => prompt::draw_commands(command, skin, frame, body),
        Some(Dialog::Sort { at }) => choosing::draw_sort(model, *at, skin, frame, body),
        Some(Dialog::Columns(chooser)) => choosing::draw_columns(chooser, skin, frame, body),
        Some(Dialog::Help { scroll }) => {
            frame.render_widget(Clear, body);
            frame.buffer_mut().set_style(body, skin.plain());
            help::draw(&model.keymap, *scroll, skin, frame, body);
        }
        Some(Dialog::Confirm(question)) => {
            confirm::draw(model, question, skin, frame, within(screen, body));
        }
    }
}

/// Where a question may lie: over the body, or over everything when the body is too low for it.
fn within(screen: Rect, body: Rect) -> Rect {
    if body.height < confirm::LINES {
        screen
    } else {
        body
    }
}

/// Draws a box in the middle of an area, and says where its content goes.
fn boxed(
    skin: Skin,
    title: &str,
    style: Style,
    (width, height): (u16, u16),
    frame: &mut Frame<'_>,
    area: Rect,
) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, skin.plain());
    // Too low for a frame: the words matter more.
    if area.height < 5 || area.width < 16 {
        return area;
    }
    let block = Block::bordered()
        .border_set(skin.border())
        .title(title)
        .border_style(style);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

fn draw_status(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let Some(status) = &model.status else {
        return;
    };
    let style = match status.tone {
        Tone::Note => skin.plain(),
        Tone::Good => skin.good(),
        Tone::Bad => skin.bad(),
    };
    let text = text::fit(&status.text, usize::from(area.width));
    frame.render_widget(Line::styled(text, style), area);
}

fn draw_footer(model: &Model, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let is_over = match model.dialogs.last() {
        Some(Dialog::Detail(subject)) => subject.fate != Fate::Alive,
        Some(Dialog::Confirm(question)) => {
            matches!(&question.one, Some((_, Fate::Ended(_))))
        }
        _ => false,
    };
    let mut line = Line::default();
    for (key, word) in model.keymap.footer(model.place(), !is_over) {
        let gap = if line.spans.is_empty() { "" } else { "  " };
        let width = gap.len() + text::width(&key) + 1 + text::width(word);
        // Whole keys only: half a word explains nothing.
        if line.width() + width > usize::from(area.width) {
            break;
        }
        line.push_span(gap);
        line.push_span(Span::styled(key, skin.key()));
        line.push_span(format!(" {word}"));
    }
    frame.render_widget(line, area);
}

/// Replaces all that is not ASCII, what users chose included: a terminal that cannot show it shows worse.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.is_ascii() {
            let plain = match symbol {
                "…" => "~",
                _ => "?",
            };
            cell.set_symbol(plain);
        }
    }
}
