//! From a message to the next model, and to what must be done about it.
//!
//! Pure: the model is all it changes, the commands are all it wants. `news` holds what the registry tells, `filter`
//! the filter line; here are the clock, the cursor and the dialogs.

mod filter;
mod news;

#[cfg(test)]
mod tests;

use crate::{
    fields, keys,
    message::{Command, Fate, Message, Step, Target},
    model::{Dialog, Model, Place, Subject, Tone},
};

/// How long a status line stands at least: keys that were typed ahead must not wipe an answer away unseen.
const GLANCE: time::Duration = time::Duration::SECOND;
/// How long it stands when no key is pressed.
const READ: time::Duration = time::Duration::seconds(8);

/// Applies one message.
pub(crate) fn update(model: &mut Model, message: Message) -> Vec<Command> {
    // A tick within the same second changes nothing that can be seen.
    if !matches!(&message, Message::Tick(now) if now.unix_timestamp() == model.now.unix_timestamp())
    {
        model.dirty = true;
    }
    if message.is_key() {
        model.hush(GLANCE);
    }
    let mut commands = Vec::new();
    match message {
        Message::Tick(now) => tick(model, now),
        Message::Resized { width, height } => (model.width, model.height) = (width, height),

        Message::Connecting { attempt } => news::connecting(model, attempt),
        Message::Lost { attempt, wait, why } => news::lost(model, attempt, wait, why),
        Message::Listed {
            sessions,
            total,
            since,
        } => commands = news::listed(model, sessions, total, since),
        Message::Happened(event) => news::happened(model, *event),
        Message::Answered { target, answer } => news::answered(model, &target, answer),
        Message::Told { handle, fate } => news::told(model, handle, &fate),

        Message::OpenFilter => filter::open(model),
        Message::Edit(edit) => filter::edit(model, edit),
        Message::Pasted(text) => filter::paste(model, &text),
        Message::ApplyFilter => filter::apply(model),

        Message::Move(step) => go(model, step),
        Message::Show => show(model),
        Message::AskRevoke => ask_revoke(model),
        Message::Confirm => commands.extend(confirm(model)),
        Message::Back => back(model),
        Message::LetGo => let_go(model),
        Message::Help => {
            if model.place() != Place::Help {
                model.dialogs.push(Dialog::Help { scroll: 0 });
            }
        }
        Message::ListAgain => {
            model.say(Tone::Note, news::LISTING.to_owned());
            commands.push(Command::List);
        }
        Message::Redraw => commands.push(Command::Redraw),
        Message::Quit => commands.push(Command::Quit),
    }
    commands
}

fn tick(model: &mut Model, now: time::OffsetDateTime) {
    if model.is_live() {
        model.fresh = Some(now);
    }
    if now.unix_timestamp() != model.now.unix_timestamp() && !model.filter.is_empty() {
        // A filter may speak of spans: sessions grow into it and out of it.
        model.unsettle();
    }
    model.now = now;
    model.hush(READ);
}

fn go(model: &mut Model, step: Step) {
    model.settle();
    let page = model.page().max(1);
    let (width, now) = (model.width, model.now);
    match model.dialogs.last_mut() {
        Some(Dialog::Help { scroll }) => {
            *scroll = stepped(*scroll, step, page, keys::help().len().saturating_sub(page));
        }
        Some(Dialog::Detail(subject)) => {
            let lines = fields::lines(subject, now, width).len();
            subject.scroll = stepped(subject.scroll, step, page, lines.saturating_sub(page));
        }
        Some(_) => {}
        None => {
            let last = model.shown.len().saturating_sub(1);
            let index = match (model.selected_index(), step) {
                // The first move only takes hold of a row.
                (None, Step::Last) => last,
                (None, _) => 0,
                (Some(index), step) => stepped(index, step, page, last),
            };
            model.select(index);
        }
    }
}

fn stepped(at: usize, step: Step, page: usize, last: usize) -> usize {
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

/// The session that a key is about: the dialog's, else the one under the cursor, else the top one, which then is
/// under the cursor.
fn subject(model: &mut Model) -> Option<Subject> {
    if let Some(Dialog::Detail(subject)) = model.dialogs.last() {
        return Some(subject.clone());
    }
    model.settle();
    if model.selected_index().is_none() {
        model.select(0);
    }
    let session = model.rows.get(model.selected?.handle)?.clone();
    Some(Subject {
        session,
        fate: Fate::Alive,
        scroll: 0,
    })
}

fn show(model: &mut Model) {
    match subject(model) {
        Some(subject) => model.dialogs.push(Dialog::Detail(subject)),
        None => model.say(Tone::Note, "no session to show".to_owned()),
    }
}

fn ask_revoke(model: &mut Model) {
    match subject(model) {
        None => model.say(Tone::Note, "no session to end".to_owned()),
        Some(subject) => match &subject.fate {
            Fate::Alive => model.dialogs.push(Dialog::Confirm(subject)),
            fate => {
                let text = news::had_ended(&target(&subject), fate);
                model.say(Tone::Note, text);
            }
        },
    }
}

/// Orders the end of the session that the question named, by its handle: whatever the list shows by now.
fn confirm(model: &mut Model) -> Option<Command> {
    let Some(Dialog::Confirm(subject)) = model.dialogs.last() else {
        return None;
    };
    let (target, fate) = (target(subject), subject.fate.clone());
    model.dialogs.pop();
    if fate == Fate::Alive {
        let text = format!("ending {} …", news::name(&target));
        model.say(Tone::Note, text);
        Some(Command::Revoke(target))
    } else {
        let text = news::had_ended(&target, &fate);
        model.say(Tone::Note, text);
        None
    }
}

fn target(subject: &Subject) -> Target {
    Target {
        handle: subject.session.handle,
        user: subject.session.user.clone(),
    }
}

fn back(model: &mut Model) {
    if let Some(Dialog::Filter(draft)) = model.dialogs.pop() {
        model.filter = draft.before;
        model.selected = draft.selected_before;
        model.unsettle();
    }
}

fn let_go(model: &mut Model) {
    if model.filter.is_empty() {
        model.selected = None;
    } else {
        model.filter = sessctl_api::Filter::default();
        model.unsettle();
    }
    model.status = None;
}
