//! Ending sessions: the question, the order, and what came of it.
//!
//! What the question shows is what ends: it holds the handles, and the list may do meanwhile what it likes.

use sessctl_api::{RevokeReport, RevokeResult, text};

use crate::{
    dialog::{Dialog, Question},
    input::Line,
    message::{Command, Fate, Order, Target},
    model::{Model, Tone},
};

/// From how many on the answer is their number.
const MANY: usize = 50;

pub(super) fn ask(model: &mut Model) {
    if !model.may_write() {
        let keys = "read-only here: W allows it for five minutes";
        return model.say(Tone::Bad, keys.to_owned());
    }
    let in_detail = matches!(model.dialogs.last(), Some(Dialog::Detail(_)));
    if !in_detail && !model.marks.is_empty() {
        let question = of_marks(model);
        return model.dialogs.push(Dialog::Confirm(question));
    }
    match super::showing::subject(model) {
        None => model.say(Tone::Note, "no session to end".to_owned()),
        Some((session, Fate::Alive)) => {
            let question = Question {
                order: Order::Sessions(vec![Target::of(&session)]),
                one: Some((session, Fate::Alive)),
                typed: None,
            };
            model.dialogs.push(Dialog::Confirm(question));
        }
        Some((session, fate)) => {
            let text = had_ended(&Target::of(&session), &fate);
            model.say(Tone::Note, text);
        }
    }
}

fn of_marks(model: &Model) -> Question {
    if let Some((filter, count)) = model.marks.all() {
        let (filter, count) = (filter.clone(), *count);
        return Question {
            order: Order::All { filter, count },
            one: None,
            typed: Some(Line::default()),
        };
    }
    let targets: Vec<_> = model.marks.targets().cloned().collect();
    let one = match &targets[..] {
        [target] => model.window.get(target.handle),
        _ => None,
    };
    Question {
        one: one.map(|row| (row.session.clone(), row.fate.clone())),
        typed: (targets.len() > MANY).then(Line::default),
        order: Order::Sessions(targets),
    }
}

/// How many sessions an order is about.
pub(crate) fn count(order: &Order) -> u64 {
    match order {
        Order::Sessions(targets) => targets.len() as u64,
        Order::All { count, .. } => *count,
    }
}

/// Orders the end of what the question named: whatever the list shows by now.
pub(super) fn confirm(model: &mut Model) -> Option<Command> {
    let Some(Dialog::Confirm(question)) = model.dialogs.last() else {
        return None;
    };
    let number = count(&question.order);
    if let Some(line) = &question.typed
        && line.text().trim().replace(',', "") != number.to_string()
    {
        model.say(Tone::Bad, format!("nothing ended: the number is {number}"));
        return None;
    }
    let question = question.clone();
    model.dialogs.pop();
    // The five minutes may have passed over the question.
    if !model.may_write() {
        model.say(Tone::Bad, "nothing ended: read-only again".to_owned());
        return None;
    }
    if let Some((session, fate @ Fate::Ended(_))) = &question.one {
        let text = had_ended(&Target::of(session), fate);
        model.say(Tone::Note, text);
        return None;
    }
    model.say(Tone::Note, format!("ending {} …", subject(&question.order)));
    Some(Command::Revoke(question.order))
}

/// Says what became of an order. The rows go at once: the answer means that their end is durable.
pub(super) fn answered(
    model: &mut Model,
    order: &Order,
    answer: Result<RevokeReport, String>,
) -> Vec<Command> {
    let name = subject(order);
    let report = match answer {
        Ok(report) => report,
        Err(why) => {
            model.say(Tone::Bad, format!("not ended: {name}: {why}"));
            return Vec::new();
        }
    };
    let mut counts = [0_u64; 5];
    for outcome in &report.outcomes {
        counts[outcome.result as usize] += 1;
        let gone = matches!(
            outcome.result,
            RevokeResult::Revoked | RevokeResult::AlreadyEnded | RevokeResult::NotFound
        );
        if gone {
            model.marks.remove(outcome.handle);
            if let Some(index) = model.window.index_of(outcome.handle) {
                model.window.end(index, outcome.ended.clone(), model.now);
            }
        }
    }
    if let Order::All { .. } = order {
        model.marks.clear();
    }
    let (tone, text) = match order {
        Order::Sessions(targets) if targets.len() == 1 => of_one(&targets[0], &report),
        _ => of_many(order, &counts),
    };
    model.say(tone, text);
    vec![Command::List(model.want_here())]
}

fn of_one(target: &Target, report: &RevokeReport) -> (Tone, String) {
    let name = name(target);
    let mut outcomes = report.outcomes.iter();
    let Some(outcome) = outcomes.find(|outcome| outcome.handle == target.handle) else {
        let text = format!("unclear: the answer does not speak of {name}; r refreshes");
        return (Tone::Bad, text);
    };
    let bad = |text: String| (Tone::Bad, text);
    match outcome.result {
        RevokeResult::Revoked => (Tone::Good, format!("ended {name}")),
        RevokeResult::AlreadyEnded => {
            let fate = Fate::Ended(outcome.ended.clone());
            (Tone::Note, had_ended(target, &fate))
        }
        RevokeResult::NotFound => bad(format!("not ended: the registry knows no session {name}")),
        RevokeResult::Failed => bad(format!("not durable: {name} is shut for now; end it again")),
        RevokeResult::WouldRevoke => bad(format!(
            "not ended: {name}: the registry only said that it would"
        )),
    }
}

fn of_many(order: &Order, counts: &[u64; 5]) -> (Tone, String) {
    let of = |result: RevokeResult| counts[result as usize];
    let asked = count(order);
    let told: u64 = counts.iter().sum();
    let mut parts = vec![format!("ended {} of {asked}", of(RevokeResult::Revoked))];
    let others = [
        (of(RevokeResult::AlreadyEnded), "had ended already"),
        (of(RevokeResult::NotFound), "not known"),
        (of(RevokeResult::Failed), "shut but not durable: end again"),
        (of(RevokeResult::WouldRevoke), "not ended"),
        (asked.saturating_sub(told), "without an answer"),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(others.map(|(count, words)| format!("{count} {words}")));
    let whole = of(RevokeResult::Revoked) + of(RevokeResult::AlreadyEnded) == asked;
    let tone = if whole { Tone::Good } else { Tone::Bad };
    (tone, parts.join(", "))
}

/// Names a session: `0123456789ab (alice)`.
pub(super) fn name(target: &Target) -> String {
    match &target.user {
        Some(user) => format!("{} ({})", target.handle, text::fit(user, 40)),
        None => target.handle.to_string(),
    }
}

fn subject(order: &Order) -> String {
    match order {
        Order::Sessions(targets) if targets.len() == 1 => name(&targets[0]),
        order => format!("{} sessions", count(order)),
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
