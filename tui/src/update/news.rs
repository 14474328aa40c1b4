//! What the registry tells: the link's state, lists, events and answers.

use std::time::Duration;

use sessctl_api::{Event, EventKind, Page};

use crate::{
    dialog::Dialog,
    message::{Command, News, Trouble},
    model::{Link, Model, Tone},
};

/// Stands in the status line until the list is in.
pub(super) const LISTING: &str = "listing again …";

pub(super) fn take(model: &mut Model, news: News) -> Vec<Command> {
    match news {
        News::Connecting { attempt } => {
            let why = model.trouble().cloned();
            model.link = Link::Connecting { attempt, why };
        }
        News::Lost { attempt, wait, why } => lost(model, attempt, wait, why),
        News::Listed {
            want,
            page,
            since,
            took,
        } => return listed(model, want, page, since, took),
        News::NotListed { want, why } => not_listed(model, want, &why),
        News::Happened(event) => {
            heard(model);
            happened(model, *event);
        }
        News::Counted(stats) => {
            heard(model);
            if let Some(stats) = stats {
                let now = model.now;
                model.overview.count(*stats, now);
            }
        }
        News::Ranked { field, top } => model.overview.rank(field, top),
        News::Told { handle, answer } => return super::showing::told(model, handle, answer),
        News::Held { handle, data } => super::showing::held(model, handle, data),
        News::OfUser {
            user,
            sessions,
            total,
        } => super::showing::of_user(model, &user, &sessions, total),
        News::Gathered { gather, page } => super::marking::gathered(model, &gather, page),
        News::Answered { order, answer } => return super::ending::answered(model, &order, answer),
        News::NotSaved(why) => model.say(Tone::Bad, format!("not kept for next time: {why}")),
    }
    Vec::new()
}

fn lost(model: &mut Model, attempt: u32, wait: Duration, why: Trouble) {
    model.link = Link::Waiting {
        attempt,
        until: model.now + wait,
        why,
    };
    // Whatever was on its way does not come any more.
    model.asked.open = None;
}

/// The registry is there: what the rows say is true at this moment.
fn heard(model: &mut Model) {
    if model.is_live() {
        model.fresh = Some(model.now);
    }
}

/// Takes a page. Only then is the link live: a watch without a list shows nothing.
fn listed(
    model: &mut Model,
    want: u64,
    page: Page,
    since: Vec<Event>,
    took: Duration,
) -> Vec<Command> {
    model.link = Link::Live;
    model.fresh = Some(model.now);
    if want != model.asked.id {
        // Somebody has wished for something else since.
        return Vec::new();
    }
    let aim = model
        .asked
        .open
        .take()
        .map_or(crate::model::Aim::Keep, |(_, aim)| aim);
    model.asked.listed = Some(model.now);
    model.asked.took = took;
    let missing = model.take_page(page, model.sort, aim);
    for event in since {
        model.apply(event);
    }
    if model
        .status
        .as_ref()
        .is_some_and(|status| status.text == LISTING)
    {
        model.status = None;
    }
    // A session that a dialog is about, or that is under the cursor, and that no event ended: its event was lost, or
    // it stands elsewhere by now. Only the registry knows.
    let asked: std::collections::BTreeSet<_> = subjects(model).chain(missing).collect();
    asked.into_iter().map(Command::Ask).collect()
}

/// The sessions that dialogs are about, that are not at hand and not known to have ended.
fn subjects(model: &Model) -> impl Iterator<Item = sessctl_api::Handle> + '_ {
    use crate::message::Fate;
    let alive = model.dialogs.iter().filter_map(|dialog| match dialog {
        Dialog::Detail(subject) if subject.fate == Fate::Alive => Some(subject.session.handle),
        Dialog::Confirm(question) => match &question.one {
            Some((session, Fate::Alive)) => Some(session.handle),
            _ => None,
        },
        _ => None,
    });
    alive.filter(|handle| model.window.get(*handle).is_none())
}

fn not_listed(model: &mut Model, want: u64, why: &str) {
    if want == model.asked.id {
        model.asked.open = None;
        // Not again at once: it would be refused again.
        model.asked.listed = Some(model.now);
        model.say(Tone::Bad, format!("not listed: {why}"));
    }
}

fn happened(model: &mut Model, event: Event) {
    super::showing::happened(model, &event);
    let is_end = event.kind == EventKind::Ended;
    if is_end {
        model.marks.remove(event.session.handle);
    }
    let Some(pending) = &mut model.held else {
        return model.apply(event);
    };
    if event.kind != EventKind::Changed {
        *pending += 1;
    }
    // Rows that stand still may still be seen to have ended: nothing moves.
    if is_end && let Some(index) = model.window.index_of(event.session.handle) {
        let (how, now) = (crate::window::how(&event), model.now);
        model.window.end(index, how, now);
    }
}
