//! The question before sessions are ended: it names what ends, and where.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};
use sessctl_api::{Session, text};

use super::{boxed, header::grouped, skin::Skin};
use crate::{
    dialog::Question,
    fields,
    message::{Fate, Order, Target},
    model::Model,
};

/// How many lines the question takes with its frame.
pub(super) const LINES: u16 = 9;
/// How many when it names many.
const MANY: u16 = 16;

pub(super) fn draw(
    model: &Model,
    question: &Question,
    skin: Skin,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let yes = model.keymap.first(crate::place::Place::Confirm, "yes");
    let no = model.keymap.first(crate::place::Place::Confirm, "no");
    let (title, style, answer) = match (&question.one, &question.order) {
        (Some((_, fate @ Fate::Ended(_))), _) => (
            " It has ended already ".to_owned(),
            skin.good(),
            fields::state(fate),
        ),
        (Some(_), _) => (
            " End this session? ".to_owned(),
            skin.bad(),
            format!("{yes} ends it for good, {no} leaves it"),
        ),
        (None, order) => {
            let count = grouped(count(order));
            let answer = match &question.typed {
                Some(line) => format!("type {count} and Enter to end them: {}", line.text()),
                None => format!("{yes} ends them for good, {no} leaves them"),
            };
            (format!(" End {count} sessions? "), skin.bad(), answer)
        }
    };
    let (mut lines, height) = match (&question.one, &question.order) {
        (Some((session, _)), _) => (about_one(model, session), LINES),
        (None, Order::Sessions(targets)) => (about_many(model, targets), MANY),
        (None, Order::All { filter, .. }) => (about_all(model, filter.as_str()), LINES),
    };
    let inner = boxed(skin, &title, style, (58, height), frame, area);
    let cells = usize::from(inner.width);
    // The answer's keys stay in sight on any screen.
    let room = usize::from(inner.height).saturating_sub(1);
    if lines.len() > room && room > 0 {
        lines.drain(..lines.len().min(lines.len() - room));
    }
    let typed = question.typed.is_some();
    for (y, line) in inner.rows().zip(lines) {
        frame.render_widget(Line::raw(text::fit(&format!(" {line}"), cells)), y);
    }
    let last = Rect {
        y: inner.bottom().saturating_sub(1),
        height: inner.height.min(1),
        ..inner
    };
    let answer = text::fit(&format!(" {answer}"), cells);
    if typed && inner.height > 0 {
        let x = text::width(&answer).min(cells.saturating_sub(1));
        frame.set_cursor_position(Position::new(inner.x + x as u16, last.y));
    }
    frame.render_widget(Line::styled(answer, skin.strong()), last);
}

fn count(order: &Order) -> u64 {
    crate::update::count(order)
}

fn labelled(label: &str, value: &str) -> String {
    format!("{label:<8}{value}")
}

fn about_one(model: &Model, session: &Session) -> Vec<String> {
    [
        ("handle", session.handle.to_string()),
        ("user", fields::known(session.user.as_ref())),
        ("client", fields::client(session).to_owned()),
        ("ip", fields::known(session.ip)),
        ("age", fields::short(session.age(model.now))),
        ("source", model.source.clone()),
    ]
    .map(|(label, value)| labelled(label, &value))
    .to_vec()
}

fn about_many(model: &Model, targets: &[Target]) -> Vec<String> {
    // Frame, source, gap, "and more" and answer.
    let room = usize::from(MANY) - 6;
    let shown = targets.len().min(room);
    let mut lines = vec![labelled("source", &model.source), String::new()];
    lines.extend(targets[..shown].iter().map(|target| {
        let user = text::fit(target.user.as_deref().unwrap_or("-"), 40);
        format!("{}  {user}", target.handle)
    }));
    let more = targets.len() - shown;
    if more > 0 {
        lines.push(format!("and {} more", grouped(more as u64)));
    }
    lines
}

fn about_all(model: &Model, filter: &str) -> Vec<String> {
    let what = match filter {
        "" => "every live session".to_owned(),
        filter => format!("all that match {filter}"),
    };
    vec![
        labelled("which", &what),
        labelled("source", &model.source),
        String::new(),
        "None ends if there are more or fewer by then.".to_owned(),
    ]
}
