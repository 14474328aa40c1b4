//! What the mouse does.

use super::{moving, showing};
use crate::{
    message::{Command, Step},
    model::Model,
    place::Place,
};

/// Moves the page, and the cursor only as far as it must to stay on it.
pub(super) fn scroll(model: &mut Model, rows: i32) -> Vec<Command> {
    if !model.dialogs.is_empty() {
        let step = if rows < 0 { Step::Up } else { Step::Down };
        return (0..rows.unsigned_abs())
            .flat_map(|_| moving::go(model, step))
            .collect();
    }
    let page = model.page().max(1);
    let last = model.window.rows().len().saturating_sub(page);
    let by = isize::try_from(rows).unwrap_or_default();
    model.top = model.top.saturating_add_signed(by).min(last);
    if let Some(index) = model.cursor_index() {
        model.put_cursor(index.clamp(model.top, model.top + page - 1));
    }
    Vec::new()
}

/// Puts the cursor on the row that was pointed at; on the row under the cursor already, opens it.
pub(super) fn click(model: &mut Model, column: u16, row: u16) -> Vec<Command> {
    if model.place() != Place::List || column >= model.width {
        return Vec::new();
    }
    let chrome = model.chrome();
    let above = chrome.frame
        + chrome.header
        + chrome.banner
        + chrome.overview
        + chrome.filter
        + chrome.heads;
    let Some(line) = row.checked_sub(above).map(usize::from) else {
        return Vec::new();
    };
    let index = model.top + line;
    if line >= model.page() || index >= model.window.rows().len() {
        return Vec::new();
    }
    if model.cursor_index() == Some(index) {
        return showing::open(model);
    }
    model.put_cursor(index);
    model.bury(true);
    Vec::new()
}
