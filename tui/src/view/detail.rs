//! All about one session, live or as it was when it ended.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use sessctl_api::text;

use super::theme::Theme;
use crate::{
    fields,
    message::Fate,
    model::{Model, Subject},
};

pub(super) fn draw(
    model: &Model,
    subject: &Subject,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let lines = fields::lines(subject, model.now, area.width);
    let last = lines.len().saturating_sub(usize::from(area.height));
    for (y, field) in area.rows().zip(lines.iter().skip(subject.scroll.min(last))) {
        let label = format!("  {:<width$}", field.label, width = fields::LABEL_CELLS);
        let style = match (&subject.fate, field.label) {
            (Fate::Ended(_), "state") => theme.bad(),
            (Fate::Alive, "state") => theme.good(),
            _ => theme.plain(),
        };
        let cells = usize::from(area.width).saturating_sub(text::width(&label));
        let line = Line::from(vec![
            Span::styled(label, theme.plain()),
            Span::styled(text::fit(&field.value, cells), style),
        ]);
        frame.render_widget(line, y);
    }
}
