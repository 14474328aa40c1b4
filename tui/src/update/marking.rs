//! Which sessions are marked.

use sessctl_api::{Handle, Page};

use crate::{
    marks::Marks,
    message::{Command, Fate, Gather, Step, Target},
    model::{Model, Tone},
};

/// Marks the row under the cursor, or no more, and goes on to the next.
pub(super) fn mark(model: &mut Model) -> Vec<Command> {
    if model.anchor.is_some() {
        return range(model);
    }
    if model.cursor.is_none() {
        model.put_cursor(model.top);
    }
    let Some(row) = model.cursor_row() else {
        model.say(Tone::Note, "no session to mark".to_owned());
        return Vec::new();
    };
    let (target, is_over) = (Target::of(&row.session), row.fate != Fate::Alive);
    if model.marks.all().is_some() {
        model.say(
            Tone::Note,
            "all that match are marked; Esc clears".to_owned(),
        );
        return Vec::new();
    }
    if model.marks.has(target.handle) {
        model.marks.remove(target.handle);
    } else if is_over {
        model.say(Tone::Note, "it has ended already".to_owned());
    } else if !model.marks.add(target) {
        full(model);
    }
    super::moving::in_list(model, Step::Down)
}

/// Begins a range at the cursor, or marks all from its beginning to the cursor.
pub(super) fn range(model: &mut Model) -> Vec<Command> {
    if model.cursor.is_none() {
        model.put_cursor(model.top);
    }
    let Some(row) = model.cursor_row() else {
        model.say(Tone::Note, "no session to mark".to_owned());
        return Vec::new();
    };
    let here = row.session.clone();
    let Some(anchor) = model.anchor.take() else {
        model.anchor = Some(here);
        model.say(
            Tone::Note,
            "a range begins here; move and press V again, Esc forgets it".to_owned(),
        );
        return Vec::new();
    };
    let ends = (
        model.window.index_of(anchor.handle),
        model.window.index_of(here.handle),
    );
    if let (Some(one), Some(other)) = ends {
        let rows = model.window.rows().range(one.min(other)..=one.max(other));
        let alive = rows.filter(|row| row.fate == Fate::Alive);
        let targets: Vec<_> = alive.map(|row| Target::of(&row.session)).collect();
        take(model, targets);
        return Vec::new();
    }
    // Part of it is not at hand.
    let sort = model.sort;
    let (first, last) = {
        let (a, b) = (anchor.view(), here.view());
        let (value_a, value_b) = (sort.value(&a), sort.value(&b));
        let order = sort.order((&value_a, a.handle), (&value_b, b.handle));
        if order.is_le() {
            (anchor, here)
        } else {
            (here, anchor)
        }
    };
    let gather = Gather {
        filter: model.filter.clone(),
        sort,
        to: Some(last.handle),
        from: Some(Box::new(first)),
    };
    vec![Command::Gather(gather)]
}

/// Marks all that match: one by one if they are few, else as those that match.
pub(super) fn all(model: &mut Model) -> Vec<Command> {
    model.anchor = None;
    let total = model.window.total();
    if total == 0 {
        model.say(Tone::Note, "no session matches".to_owned());
        return Vec::new();
    }
    if total <= Marks::LIMIT as u64 {
        return vec![Command::Gather(Gather {
            filter: model.filter.clone(),
            sort: model.sort,
            from: None,
            to: None,
        })];
    }
    let filter = model.filter.clone();
    // Without a filter all sessions are meant; as a filter that never is.
    let filter = if filter.is_empty() {
        Ok(filter)
    } else {
        filter.for_revoke()
    };
    match filter {
        Ok(filter) => model.marks.take_all(filter, total),
        Err(error) => model.say(Tone::Bad, error.message),
    }
    Vec::new()
}

/// Marks what was gathered.
pub(super) fn gathered(model: &mut Model, gather: &Gather, page: Result<Page, String>) {
    if gather.filter != model.filter {
        return;
    }
    let page = match page {
        Ok(page) => page,
        Err(why) => return model.say(Tone::Bad, format!("not marked: {why}")),
    };
    let is_last = |handle: Handle| Some(handle) == gather.to;
    let end = page.sessions.iter().position(|one| is_last(one.handle));
    let count = match (gather.to, end) {
        (None, _) => page.sessions.len(),
        (Some(_), Some(end)) => end + 1,
        (Some(_), None) => {
            let limit = Marks::LIMIT;
            let text = format!(
                "not marked: the end of the range is not among the {limit} rows after its beginning"
            );
            return model.say(Tone::Bad, text);
        }
    };
    let first = gather.from.as_deref();
    let sessions = first.into_iter().chain(page.sessions.iter().take(count));
    take(model, sessions.map(Target::of).collect());
}

fn take(model: &mut Model, targets: Vec<Target>) {
    for target in targets {
        if !model.marks.add(target) {
            return full(model);
        }
    }
}

fn full(model: &mut Model) {
    let text = format!(
        "no more than {} are marked one by one; a filter and a mark all that match",
        Marks::LIMIT
    );
    model.say(Tone::Bad, text);
}
