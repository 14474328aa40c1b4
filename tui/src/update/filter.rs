//! The filter line: in force with each key that makes it parse, and taken back on cancel.

use sessctl_api::Filter;

use crate::{
    input::Line,
    message::Edit,
    model::{Dialog, Draft, Model},
};

pub(super) fn open(model: &mut Model) {
    model.settle();
    let draft = Draft {
        line: Line::new(model.filter.as_str()),
        error: None,
        before: model.filter.clone(),
        selected_before: model.selected,
    };
    model.dialogs.push(Dialog::Filter(draft));
}

pub(super) fn edit(model: &mut Model, edit: Edit) {
    change(model, |line| line.edit(edit));
}

pub(super) fn paste(model: &mut Model, text: &str) {
    change(model, |line| line.paste(text));
}

/// Closes the line if what it says is in force; a line that does not parse stays open, with its error.
pub(super) fn apply(model: &mut Model) {
    if matches!(model.dialogs.last(), Some(Dialog::Filter(draft)) if draft.error.is_none()) {
        model.dialogs.pop();
    }
}

fn change(model: &mut Model, change: impl FnOnce(&mut Line)) {
    let Some(Dialog::Filter(draft)) = model.dialogs.last_mut() else {
        return;
    };
    change(&mut draft.line);
    match draft.line.text().parse().and_then(Filter::for_events) {
        Ok(filter) => {
            draft.error = None;
            if filter != model.filter {
                model.filter = filter;
                model.unsettle();
            }
        }
        // The last good filter stays in force.
        Err(error) => draft.error = Some(error),
    }
}
