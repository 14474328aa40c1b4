//! The list of columns to sort by, and the list of columns to show.

use sessctl_api::{Sort, SortField};

use crate::{
    columns::{self, Column},
    dialog::{Chooser, Dialog},
    message::Command,
    model::{Model, Tone},
};

pub(super) fn open_sort(model: &mut Model) {
    let at = columns::all().position(|field| field == model.sort.field);
    let at = at.unwrap_or_default();
    model.dialogs.push(Dialog::Sort { at });
}

pub(super) fn apply_sort(model: &mut Model) -> Vec<Command> {
    let Some(Dialog::Sort { at }) = model.dialogs.pop() else {
        return Vec::new();
    };
    let Some(field) = columns::all().nth(at) else {
        return Vec::new();
    };
    let descending = if field == model.sort.field {
        !model.sort.descending
    } else {
        begins_descending(field)
    };
    sort_by(model, Sort { field, descending })
}

/// Whether the end of a column that people look for is its greatest values.
fn begins_descending(field: SortField) -> bool {
    matches!(
        field,
        SortField::Requests
            | SortField::Size
            | SortField::Ips
            | SortField::Created
            | SortField::Seen
    )
}

pub(super) fn sort_by(model: &mut Model, sort: Sort) -> Vec<Command> {
    model.sort = sort;
    model.anchor = None;
    model.say(Tone::Note, format!("sorted by {sort}"));
    // The cursor goes where its session goes.
    vec![Command::List(model.want_here())]
}

pub(super) fn open_columns(model: &mut Model) {
    let before = model.look.columns.clone();
    let shown = if before.is_empty() {
        columns::usual()
    } else {
        before.clone()
    };
    let hidden = columns::all().filter(|field| shown.iter().all(|one| one.field != *field));
    let hidden: Vec<_> = hidden.map(|field| Column { field, width: None }).collect();
    let shown = shown.into_iter().map(|column| (column, true));
    let hidden = hidden.into_iter().map(|column| (column, false));
    let chooser = Chooser {
        columns: shown.chain(hidden).collect(),
        at: 0,
        before,
    };
    model.dialogs.push(Dialog::Columns(chooser));
}

/// Changes what is being chosen. The list shows it at once.
fn choose(model: &mut Model, change: impl FnOnce(&mut Chooser)) {
    let Some(Dialog::Columns(chooser)) = model.dialogs.last_mut() else {
        return;
    };
    change(chooser);
    let shown = chooser.columns.iter().filter(|(_, is_shown)| *is_shown);
    model.look.columns = shown.map(|(column, _)| *column).collect();
}

pub(super) fn toggle(model: &mut Model) {
    choose(model, |chooser| {
        let shown = chooser.columns.iter().filter(|(_, is_shown)| *is_shown);
        let is_last = shown.count() == 1;
        if let Some((_, is_shown)) = chooser.columns.get_mut(chooser.at)
            // A list without columns shows nothing.
            && !(*is_shown && is_last)
        {
            *is_shown = !*is_shown;
        }
    });
}

pub(super) fn shift(model: &mut Model, by: isize) {
    choose(model, |chooser| {
        let to = chooser.at.saturating_add_signed(by);
        if to < chooser.columns.len() {
            chooser.columns.swap(chooser.at, to);
            chooser.at = to;
        }
    });
}

pub(super) fn widen(model: &mut Model, cells: i16) {
    choose(model, |chooser| {
        if let Some((column, _)) = chooser.columns.get_mut(chooser.at) {
            column.widen(cells);
        }
    });
}

pub(super) fn keep_columns(model: &mut Model) -> Vec<Command> {
    model.dialogs.pop();
    vec![Command::Save(model.settings())]
}
