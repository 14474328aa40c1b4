//! All about one session, live or as it was when it ended.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use sessctl_api::text;

use super::skin::Skin;
use crate::{
    dialog::Subject,
    fields::{self, Kind},
    message::Fate,
    model::Model,
};

/// Cells of a bar at most.
const BAR: usize = 24;

pub(super) fn draw(
    model: &Model,
    subject: &Subject,
    skin: Skin,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let lines = fields::lines(subject, model.now, area.width);
    let last = lines.len().saturating_sub(usize::from(area.height));
    for (y, field) in area.rows().zip(lines.iter().skip(subject.scroll.min(last))) {
        if field.kind == Kind::Head {
            let head = text::fit(&field.label, usize::from(area.width).saturating_sub(2));
            frame.render_widget(Line::styled(format!("  {head}"), skin.head()), y);
            continue;
        }
        let label = format!("  {:<width$}", field.label, width = fields::LABEL_CELLS);
        let style = match (&subject.fate, field.kind) {
            (Fate::Ended(_), Kind::State) => skin.bad(),
            (Fate::Alive, Kind::State) => skin.good(),
            _ => skin.plain(),
        };
        let mut cells = usize::from(area.width).saturating_sub(text::width(&label));
        let mut spans = vec![Span::styled(label, skin.stale())];
        if let Kind::Bar(share) = field.kind {
            let bar = BAR.min(cells.saturating_sub(text::width(&field.value) + 8));
            let percent = format!("{:>3.0} %  ", share * 100.0);
            let style = if share > 0.9 {
                skin.warn()
            } else {
                skin.good()
            };
            cells = cells.saturating_sub(bar + percent.len() + 1);
            spans.push(Span::styled(skin.bar(share, bar), style));
            spans.push(Span::raw(format!(" {percent}")));
        }
        spans.push(Span::styled(text::fit(&field.value, cells), style));
        frame.render_widget(Line::from(spans), y);
    }
}
