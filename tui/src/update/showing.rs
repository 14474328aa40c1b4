//! All about one session: opened, followed, and what else there is to ask about it.

use serde_json::{Map, Value};
use sessctl_api::{Event, EventKind, Handle, Session};

use crate::{
    dialog::{Dialog, Subject},
    message::{Command, Fate, Step, Told},
    model::{Model, Tone},
    window,
};

/// Changes that are remembered while a session is looked at.
const SEEN: usize = 20;

/// The session that a key is about: the dialog's, else the one under the cursor, else the top one, which then is
/// under the cursor.
pub(super) fn subject(model: &mut Model) -> Option<(Session, Fate)> {
    if let Some(Dialog::Detail(subject)) = model.dialogs.last() {
        return Some((subject.session.clone(), subject.fate.clone()));
    }
    if model.cursor_row().is_none() {
        model.put_cursor(model.top);
    }
    let row = model.cursor_row()?;
    Some((row.session.clone(), row.fate.clone()))
}

pub(super) fn open(model: &mut Model) -> Vec<Command> {
    match subject(model) {
        Some((session, fate)) => show(model, session, fate),
        None => {
            model.say(Tone::Note, "no session to show".to_owned());
            Vec::new()
        }
    }
}

/// Opens a session, and asks for the rest that there is to know.
pub(super) fn show(model: &mut Model, session: Session, fate: Fate) -> Vec<Command> {
    let mut commands = Vec::new();
    if fate == Fate::Alive {
        commands.push(Command::Data(session.handle));
    }
    commands.extend(session.user.clone().map(Command::OfUser));
    let subject = Box::new(Subject::new(session, fate));
    model.dialogs.push(Dialog::Detail(subject));
    commands
}

/// Shows the session above or below in the list.
pub(super) fn step(model: &mut Model, step: Step) -> Vec<Command> {
    if !matches!(model.dialogs.last(), Some(Dialog::Detail(_))) {
        return Vec::new();
    }
    let before = model.cursor;
    let closed = model.dialogs.pop();
    let mut commands = super::moving::in_list(model, step);
    if model.cursor == before {
        // The end of the list: what is shown stays, as it was read.
        model.dialogs.extend(closed);
    } else {
        commands.extend(open(model));
    }
    commands
}

pub(super) fn reveal(model: &mut Model) {
    if let Some(Dialog::Detail(subject)) = model.dialogs.last_mut() {
        subject.is_revealed = !subject.is_revealed;
    }
}

/// The subject of the session that is shown, if it is this one.
fn shown(model: &mut Model, handle: Handle) -> Option<&mut Subject> {
    model.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Detail(subject) if subject.session.handle == handle => Some(&mut **subject),
        _ => None,
    })
}

/// Keeps what dialogs know of a session near the truth.
pub(super) fn happened(model: &mut Model, event: &Event) {
    let handle = event.session.handle;
    let is_end = event.kind == EventKind::Ended;
    if let Some(subject) = shown(model, handle) {
        let words = in_words(&subject.session, event);
        if subject.seen.len() >= SEEN {
            subject.seen.remove(0);
        }
        subject.seen.push((event.at, words));
        subject.session = event.session.clone();
        if is_end {
            subject.fate = Fate::Ended(window::how(event));
        }
    }
    for dialog in &mut model.dialogs {
        if let Dialog::Confirm(question) = dialog
            && let Some((session, fate)) = &mut question.one
            && session.handle == handle
        {
            *session = event.session.clone();
            if is_end {
                *fate = Fate::Ended(window::how(event));
            }
        }
    }
}

/// What an event changed.
fn in_words(before: &Session, event: &Event) -> String {
    let after = &event.session;
    match (event.kind, window::how(event)) {
        (EventKind::Ended, Some(ended)) => ended.in_words(),
        (EventKind::Ended, None) => "ended".to_owned(),
        (EventKind::Created, _) => "signed in".to_owned(),
        (EventKind::Changed, _) if before.user != after.user => "another user".to_owned(),
        (EventKind::Changed, _) if before.ip != after.ip => match after.ip {
            Some(ip) => format!("now from {ip}"),
            None => "address no longer known".to_owned(),
        },
        (EventKind::Changed, _) if before.size != after.size => {
            format!("holds {} bytes", after.size.unwrap_or_default())
        }
        (EventKind::Changed, _) => match (before.requests, after.requests) {
            (Some(before), Some(after)) if after == before + 1 => "1 request".to_owned(),
            (Some(before), Some(after)) => format!("{} requests", after.saturating_sub(before)),
            _ => "changed".to_owned(),
        },
    }
}

/// Takes the registry's word on one session: one that was missing from a list, or that somebody asked for.
pub(super) fn told(model: &mut Model, handle: Handle, answer: Told) -> Vec<Command> {
    let (fate, session) = match answer {
        Told::Alive(session) => (Fate::Alive, Some(session)),
        Told::Ended(how, session) => (Fate::Ended(how), session),
    };
    if model.awaited == Some(handle) {
        model.awaited = None;
        return match session {
            Some(session) => show(model, *session, fate),
            None => {
                model.say(Tone::Bad, format!("the registry knows no session {handle}"));
                Vec::new()
            }
        };
    }
    if let Some(subject) = shown(model, handle).filter(|subject| subject.fate == Fate::Alive) {
        subject.fate = fate.clone();
        if let Some(session) = &session {
            subject.session = (**session).clone();
        }
    }
    for dialog in &mut model.dialogs {
        if let Dialog::Confirm(question) = dialog
            && let Some((session, old @ Fate::Alive)) = &mut question.one
            && session.handle == handle
        {
            *old = fate.clone();
        }
    }
    match (fate, session) {
        (Fate::Ended(how), _) => {
            if let Some(index) = model.window.index_of(handle) {
                model.window.end(index, how, model.now);
            }
            model.marks.remove(handle);
        }
        (Fate::Alive, Some(session)) => {
            let is_here = model.cursor == Some(handle);
            let matches = !model.filter.needs_data() && model.filter.matches(&session, model.now);
            model.window.renew(*session);
            if is_here && matches {
                // It stands elsewhere in the order by now, and the cursor goes with it.
                return vec![Command::List(model.want_here())];
            }
        }
        (Fate::Alive, None) => {}
    }
    Vec::new()
}

pub(super) fn held(model: &mut Model, handle: Handle, data: Result<Map<String, Value>, String>) {
    if let Some(subject) = shown(model, handle) {
        subject.data = Some(data);
    }
}

pub(super) fn of_user(model: &mut Model, user: &str, sessions: &[Session], total: u64) {
    for dialog in &mut model.dialogs {
        if let Dialog::Detail(subject) = dialog
            && subject.session.user.as_deref() == Some(user)
        {
            let handle = subject.session.handle;
            let is_among = sessions.iter().any(|one| one.handle == handle);
            let others = sessions.iter().filter(|one| one.handle != handle);
            let count = total.saturating_sub(u64::from(is_among));
            subject.others = Some((others.cloned().collect(), count));
        }
    }
}
