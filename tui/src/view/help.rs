//! The help screen: the table of keys.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::theme::Theme;
use crate::keys::{self, HelpLine};

pub(super) fn draw(scroll: usize, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let lines = keys::help();
    let last = lines.len().saturating_sub(usize::from(area.height));
    for (y, line) in area.rows().zip(lines.into_iter().skip(scroll.min(last))) {
        let line = match line {
            HelpLine::Head(head) => Line::styled(head, theme.head()),
            HelpLine::Key { keys, help } => Line::from(vec![
                Span::styled(format!("  {keys:<16} "), theme.key()),
                Span::raw(help),
            ]),
        };
        frame.render_widget(line, y);
    }
}
