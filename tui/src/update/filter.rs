//! The filter line: in force with each key that makes it parse, and taken back on cancel.

use sessctl_api::Filter;

use crate::{
    dialog::{Dialog, Draft},
    input::Line,
    message::Command,
    model::Model,
};

/// Filters that are remembered.
const HISTORY: usize = 50;

pub(super) fn open(model: &mut Model) {
    let draft = Draft {
        line: Line::new(model.filter.as_str()),
        error: None,
        before: model.filter.clone(),
        cursor_before: model.cursor_row().map(|row| row.session.clone()),
        back: 0,
    };
    model.dialogs.push(Dialog::Filter(draft));
}

/// Puts a filter in force. The cursor keeps to its session if that matches too.
pub(super) fn set(model: &mut Model, filter: Filter) -> Command {
    model.filter = filter;
    model.anchor = None;
    // Marks by filter were of the one before.
    if model.marks.all().is_some() {
        model.marks.clear();
    }
    Command::List(model.want_here())
}

/// Takes the line as it is typed by now.
pub(super) fn typed(model: &mut Model) -> Option<Command> {
    let Some(Dialog::Filter(draft)) = model.dialogs.last_mut() else {
        return None;
    };
    match draft.line.text().parse() {
        Ok(filter) => {
            draft.error = None;
            (filter != model.filter).then(|| set(model, filter))
        }
        // The last good filter stays in force.
        Err(error) => {
            draft.error = Some(error);
            None
        }
    }
}

/// Closes the line if what it says is in force; a line that does not parse stays open, with its error.
pub(super) fn apply(model: &mut Model) {
    if matches!(model.dialogs.last(), Some(Dialog::Filter(draft)) if draft.error.is_none()) {
        model.dialogs.pop();
        remember(model);
    }
}

pub(super) fn remember(model: &mut Model) {
    let text = model.filter.as_str().to_owned();
    if text.is_empty() {
        return;
    }
    model.history.retain(|one| *one != text);
    model.history.push(text);
    if model.history.len() > HISTORY {
        model.history.remove(0);
    }
}

/// Puts an older or newer filter into the line; it is in force at once.
pub(super) fn recall(model: &mut Model, by: isize) -> Option<Command> {
    let Some(Dialog::Filter(draft)) = model.dialogs.last_mut() else {
        return None;
    };
    let back = draft
        .back
        .saturating_add_signed(by)
        .min(model.history.len());
    if back == draft.back {
        return None;
    }
    draft.back = back;
    let older = model.history.iter().rev().nth(back.wrapping_sub(1));
    let text = older.map_or(draft.before.as_str(), String::as_str);
    draft.line = Line::new(text);
    typed(model)
}
