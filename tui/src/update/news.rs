//! What the registry tells: the link's state, lists, events and answers.

use std::time::Duration;

use sessctl_api::{Ended, Event, EventKind, Handle, RevokeReport, RevokeResult, Session, text};

use crate::{
    message::{Command, Fate, Target},
    model::{Dialog, Link, Model, Subject, Tone},
};

/// Stands in the status line until the list is in.
pub(super) const LISTING: &str = "listing again …";

pub(super) fn connecting(model: &mut Model, attempt: u32) {
    let why = model.trouble().map(str::to_owned);
    model.link = Link::Connecting { attempt, why };
}

pub(super) fn lost(model: &mut Model, attempt: u32, wait: Duration, why: String) {
    model.link = Link::Waiting {
        attempt,
        until: model.now + wait,
        why,
    };
}

/// Takes a whole list. Only then is the link live: a watch without a list shows nothing.
pub(super) fn listed(
    model: &mut Model,
    sessions: Vec<Session>,
    total: u64,
    since: Vec<Event>,
) -> Vec<Command> {
    model.rows.replace(sessions, total);
    model.link = Link::Live;
    model.fresh = Some(model.now);
    for event in since {
        happened(model, event);
    }
    model.unsettle();
    if model
        .status
        .as_ref()
        .is_some_and(|status| status.text == LISTING)
    {
        model.status = None;
    }
    // A session that a dialog is about and that no event ended: its event was lost, or it lies behind the limit.
    // Only the registry knows.
    subjects(model)
        .filter(|subject| subject.fate == Fate::Alive)
        .map(|subject| subject.session.handle)
        .collect::<Vec<_>>()
        .into_iter()
        .filter(|handle| model.rows.get(*handle).is_none())
        .map(Command::Ask)
        .collect()
}

pub(super) fn happened(model: &mut Model, event: Event) {
    let Event {
        at,
        kind,
        reason,
        actor,
        session,
        ..
    } = event;
    for subject in subjects(model).filter(|subject| subject.session.handle == session.handle) {
        subject.session = session.clone();
        if kind == EventKind::Ended {
            let how = reason.map(|reason| Ended {
                reason,
                actor: actor.clone(),
                at,
            });
            subject.fate = Fate::Ended(how);
        }
    }
    match kind {
        EventKind::Created => model.rows.insert(session),
        EventKind::Changed => model.rows.update(session),
        EventKind::Ended => model.rows.remove(session.handle),
    }
    model.unsettle();
}

/// Says what became of an order. The row goes at once: the answer means that its end is durable.
pub(super) fn answered(model: &mut Model, target: &Target, answer: Result<RevokeReport, String>) {
    let name = name(target);
    let report = match answer {
        Ok(report) => report,
        Err(why) => return model.say(Tone::Bad, format!("not ended: {name}: {why}")),
    };
    let Some(outcome) = report
        .outcomes
        .into_iter()
        .find(|outcome| outcome.handle == target.handle)
    else {
        let text = format!("unclear: the answer does not speak of {name}; r refreshes");
        return model.say(Tone::Bad, text);
    };
    let gone = matches!(
        outcome.result,
        RevokeResult::Revoked | RevokeResult::AlreadyEnded | RevokeResult::NotFound
    );
    if gone {
        model.rows.remove(target.handle);
        model.unsettle();
    }
    let (tone, text) = match outcome.result {
        RevokeResult::Revoked => (Tone::Good, format!("ended {name}")),
        RevokeResult::AlreadyEnded => (Tone::Note, had_ended(target, &Fate::Ended(outcome.ended))),
        RevokeResult::NotFound => (
            Tone::Bad,
            format!("not ended: the registry knows no session {name}"),
        ),
        RevokeResult::Failed => (
            Tone::Bad,
            format!("not durable: {name} is shut for now; end it again"),
        ),
        RevokeResult::WouldRevoke => (
            Tone::Bad,
            format!("not ended: {name}: the registry only said that it would"),
        ),
    };
    model.say(tone, text);
}

/// Takes the registry's word on a session that was missing from a list.
pub(super) fn told(model: &mut Model, handle: Handle, fate: &Fate) {
    for subject in subjects(model)
        .filter(|subject| subject.session.handle == handle && subject.fate == Fate::Alive)
    {
        subject.fate = fate.clone();
    }
}

fn subjects(model: &mut Model) -> impl Iterator<Item = &mut Subject> {
    model.dialogs.iter_mut().filter_map(|dialog| match dialog {
        Dialog::Detail(subject) | Dialog::Confirm(subject) => Some(subject),
        Dialog::Filter(_) | Dialog::Help { .. } => None,
    })
}

/// Names a session: `0123456789ab (alice)`.
pub(super) fn name(target: &Target) -> String {
    match &target.user {
        Some(user) => format!("{} ({})", target.handle, text::fit(user, 40)),
        None => target.handle.to_string(),
    }
}

/// Says that there was nothing left to end.
pub(super) fn had_ended(target: &Target, fate: &Fate) -> String {
    let name = name(target);
    match fate {
        Fate::Ended(Some(ended)) => format!("had ended already: {name}, {}", ended.in_words()),
        _ => format!("had ended already: {name}"),
    }
}
