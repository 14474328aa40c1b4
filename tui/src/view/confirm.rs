//! The question before a session is ended: it names what ends, and where.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Clear},
};
use sessctl_api::text;

use super::theme::Theme;
use crate::{
    fields,
    message::Fate,
    model::{Model, Subject},
};

/// How many lines the question takes with its frame.
pub(super) const LINES: u16 = 9;

pub(super) fn draw(
    model: &Model,
    subject: &Subject,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let session = &subject.session;
    let named = [
        ("handle", session.handle.to_string()),
        ("user", fields::known(session.user.as_ref())),
        ("client", fields::client(session).to_owned()),
        ("ip", fields::known(session.ip)),
        ("age", fields::short(session.age(model.now))),
        ("source", model.source.clone()),
    ];
    let (title, style, answer) = match &subject.fate {
        Fate::Alive => (
            " End this session? ",
            theme.bad(),
            "y ends it for good, n leaves it".to_owned(),
        ),
        fate => (" It has ended already ", theme.good(), fields::state(fate)),
    };
    let area = centred(area, 58, LINES);
    frame.render_widget(Clear, area);
    let block = Block::bordered().title(title).border_style(style);
    // Too low for a frame: the words matter more.
    let inner = if area.height < 5 || area.width < 16 {
        area
    } else {
        let inner = block.inner(area);
        frame.render_widget(block, area);
        inner
    };
    let cells = usize::from(inner.width);
    let mut lines: Vec<Line<'_>> = named
        .into_iter()
        .map(|(label, value)| Line::raw(text::fit(&format!(" {label:<8}{value}"), cells)))
        .collect();
    // The answer's keys stay in sight on any screen.
    lines.truncate(usize::from(inner.height).saturating_sub(1));
    lines.push(Line::styled(
        text::fit(&format!(" {answer}"), cells),
        theme.strong(),
    ));
    for (y, line) in inner.rows().zip(lines) {
        frame.render_widget(line, y);
    }
}

fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
