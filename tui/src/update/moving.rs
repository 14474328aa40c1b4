//! The cursor and the page go somewhere.

use sessctl_api::Start;

use crate::{
    columns,
    dialog::Dialog,
    fields,
    message::{Command, Step},
    model::{Aim, Model},
};

pub(super) fn go(model: &mut Model, step: Step) -> Vec<Command> {
    let page = model.page().max(1);
    let (width, now) = (model.pane_width(), model.now);
    match model.dialogs.last_mut() {
        Some(Dialog::Help { scroll }) => {
            let lines = model.keymap.help().len();
            *scroll = stepped(*scroll, step, page, lines.saturating_sub(page));
        }
        Some(Dialog::Detail(subject)) => {
            let lines = fields::lines(subject, now, width).len();
            subject.scroll = stepped(subject.scroll, step, page, lines.saturating_sub(page));
        }
        Some(Dialog::Sort { at }) => {
            *at = stepped(*at, step, page, columns::all().count() - 1);
        }
        Some(Dialog::Columns(chooser)) => {
            let last = chooser.columns.len().saturating_sub(1);
            chooser.at = stepped(chooser.at, step, page, last);
        }
        Some(_) => {}
        None => return in_list(model, step),
    }
    Vec::new()
}

/// Moves the cursor in the list, beyond the rows at hand where it must.
pub(super) fn in_list(model: &mut Model, step: Step) -> Vec<Command> {
    match step {
        Step::First if model.window.offset() > 0 => {
            return vec![Command::List(model.want(Start::First, Aim::First))];
        }
        Step::Last if model.window.has_more() => {
            return vec![Command::List(
                model.want(Start::Offset(u64::MAX), Aim::Last),
            )];
        }
        _ => {}
    }
    let before = model.cursor_index();
    let last = model.window.rows().len().saturating_sub(1);
    let index = match (before, step) {
        // The first move only takes hold of a row.
        (None, Step::Last) => last,
        (None, _) => model.top,
        (Some(index), step) => stepped(index, step, model.page().max(1), last),
    };
    model.put_cursor(index);
    // The row that was left may have been a ghost's.
    model.bury(true);
    model.show_cursor();
    Vec::new()
}

/// Goes to the row with this number, counted from one.
pub(super) fn to_row(model: &mut Model, number: u64) -> Vec<Command> {
    let number = number.clamp(1, model.window.total().max(1));
    let within = number
        .checked_sub(model.window.offset() + 1)
        .and_then(|index| usize::try_from(index).ok())
        .filter(|index| *index < model.window.rows().len());
    match within {
        Some(index) => {
            model.bury(true);
            model.put_cursor(index);
            Vec::new()
        }
        None => {
            let before = model.limit() as u64 / 2;
            let start = Start::Offset(number.saturating_sub(before));
            vec![Command::List(model.want(start, Aim::Row(number)))]
        }
    }
}

pub(super) fn stepped(at: usize, step: Step, page: usize, last: usize) -> usize {
    let half = (page / 2).max(1);
    let to = match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => at + 1,
        Step::HalfUp => at.saturating_sub(half),
        Step::HalfDown => at + half,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => at + page,
        Step::First => 0,
        Step::Last => last,
    };
    to.min(last)
}
