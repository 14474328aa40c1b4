//! The help screen: the table of keys.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use sessctl_api::text;

use super::skin::Skin;
use crate::keys::{HelpLine, Keymap};

pub(super) fn draw(keymap: &Keymap, scroll: usize, skin: Skin, frame: &mut Frame<'_>, area: Rect) {
    let lines = keymap.help();
    let last = lines.len().saturating_sub(usize::from(area.height));
    let cells = usize::from(area.width).saturating_sub(23);
    for (y, line) in area.rows().zip(lines.into_iter().skip(scroll.min(last))) {
        let line = match line {
            HelpLine::Head(head) => Line::styled(head, skin.head()),
            HelpLine::Key { keys, help } => Line::from(vec![
                Span::styled(format!("  {keys:<20} "), skin.key()),
                Span::raw(text::fit(help, cells)),
            ]),
        };
        frame.render_widget(line, y);
    }
}
