//! From a message to the next model, and to what must be done about it.
//!
//! Pure: the model is all it changes, the commands are all it wants. Here are the clock and the sharing out: `news`
//! holds what the registry tells, `moving` the cursor, `pointing` the mouse, `filter`, `palette` and `choosing` what is typed and chosen,
//! `marking` and `ending` which sessions end, `showing` what is shown of one.

mod choosing;
mod ending;
mod filter;
mod marking;
mod moving;
mod news;
mod palette;
mod pointing;
mod showing;

#[cfg(test)]
mod tests;

use sessctl_api::{Filter, SortField, Start};

pub(crate) use ending::count;
pub(crate) use palette::candidates;

use crate::{
    dialog::Dialog,
    message::{Command, Key, Message, News},
    model::{Aim, Link, Model, Tone, Writes},
    place::Place,
};

/// How long a status line stands at least: keys that were typed ahead must not wipe an answer away unseen.
const GLANCE: time::Duration = time::Duration::SECOND;
/// How long it stands when no key is pressed.
const READ: time::Duration = time::Duration::seconds(8);
/// How often the values that most sessions share are asked for.
const RANK_EVERY: std::time::Duration = std::time::Duration::from_secs(5);
/// Or so many times what a list takes.
const RANK_SHARE: u32 = 100;
/// How long sessions may be ended where otherwise only looking is allowed.
const ARMED: time::Duration = time::Duration::minutes(5);

/// Applies one message.
pub(crate) fn update(model: &mut Model, message: Message) -> Vec<Command> {
    // A tick within the same second changes nothing that can be seen.
    if !matches!(&message, Message::Tick(now) if now.unix_timestamp() == model.now.unix_timestamp())
    {
        model.dirty = true;
    }
    if message.is_input() {
        model.hush(GLANCE);
    }
    // A line that comes or goes makes the page shorter or longer; of events, those that move rows see to it themselves.
    let may_move = !matches!(&message, Message::News(news) if matches!(**news, News::Happened(_)));
    let mut commands = match message {
        Message::Tick(now) => tick(model, now),
        Message::Resized { width, height } => {
            (model.width, model.height) = (width, height);
            Vec::new()
        }
        Message::News(news) => news::take(model, *news),
        Message::Move(step) => moving::go(model, step),
        Message::Scroll(rows) => pointing::scroll(model, rows),
        Message::Click { column, row } => pointing::click(model, column, row),
        Message::Edit(edit) => typed(model, |line| line.edit(edit)),
        Message::Pasted(text) => typed(model, |line| line.paste(&text)),
        Message::Key(key) => press(model, key),
    };
    if may_move {
        model.show_cursor();
    }
    if model.is_live() {
        commands.extend(model.want_more().map(Command::List));
    }
    commands
}

fn press(model: &mut Model, key: Key) -> Vec<Command> {
    match key {
        Key::OpenFilter => filter::open(model),
        Key::OpenPalette => palette::open(model, ""),
        Key::OpenGoto => palette::open(model, "goto "),
        Key::OpenSort => choosing::open_sort(model),
        Key::OpenColumns => choosing::open_columns(model),
        Key::Older => return filter::recall(model, 1).into_iter().collect(),
        Key::Newer => return filter::recall(model, -1).into_iter().collect(),
        Key::Complete => palette::complete(model),
        Key::Toggle => choosing::toggle(model),
        Key::Sooner => choosing::shift(model, -1),
        Key::Later => choosing::shift(model, 1),
        Key::Wider => choosing::widen(model, 2),
        Key::Narrower => choosing::widen(model, -2),
        Key::Mark => return marking::mark(model),
        Key::Range => return marking::range(model),
        Key::MarkAll => return marking::all(model),
        Key::Show => return showing::open(model),
        Key::ShowNext => return showing::step(model, crate::message::Step::Down),
        Key::ShowPrevious => return showing::step(model, crate::message::Step::Up),
        Key::Reveal => showing::reveal(model),
        Key::AskRevoke => ending::ask(model),
        Key::Confirm => return ending::confirm(model).into_iter().collect(),
        Key::Apply => return apply(model),
        Key::Back => return back(model),
        Key::LetGo => return let_go(model),
        Key::Freeze => return freeze(model),
        Key::Reverse => {
            let sort = sessctl_api::Sort {
                descending: !model.sort.descending,
                ..model.sort
            };
            return choosing::sort_by(model, sort);
        }
        Key::Arm => arm(model),
        Key::Yank => return yank(model),
        Key::Overview => {
            let shown = model.chrome().overview > 0;
            model.overview.shown = Some(!shown);
            if !shown && model.chrome().overview == 0 {
                model.say(
                    Tone::Note,
                    "the counts need a screen of 16 lines".to_owned(),
                );
            }
            model.show_cursor();
        }
        Key::Mouse => return mouse(model, !model.look.mouse),
        Key::Theme => {
            let theme = model.look.theme.next();
            return set_theme(model, theme);
        }
        Key::Help => {
            if model.place() != Place::Help {
                model.dialogs.push(Dialog::Help { scroll: 0 });
            }
        }
        Key::ListAgain => return list_again(model),
        Key::Suspend => return vec![Command::Suspend],
        Key::Redraw => return vec![Command::Redraw],
        Key::Quit => return vec![Command::Quit],
    }
    Vec::new()
}

fn tick(model: &mut Model, now: time::OffsetDateTime) -> Vec<Command> {
    let is_new = now.unix_timestamp() != model.now.unix_timestamp();
    model.now = now;
    if !is_new {
        return Vec::new();
    }
    if matches!(model.writes, Writes::Armed { until } if until <= now) {
        model.writes = Writes::Locked;
        model.say(Tone::Note, "read-only again".to_owned());
    }
    model.hush(READ);
    if model.held.is_none() {
        model.bury(false);
    }
    let mut commands: Vec<_> = model.want_again().map(Command::List).into_iter().collect();
    let every = RANK_EVERY.max(model.asked.took * RANK_SHARE);
    let ranked = model.overview.ranked;
    let is_due = ranked.is_none_or(|then| now - then >= every);
    if model.is_live() && is_due && model.chrome().overview > 0 {
        model.overview.ranked = Some(now);
        for field in [SortField::User, SortField::Client] {
            commands.push(Command::Rank(field, Filter::default()));
        }
    }
    commands
}

/// Changes the line that is open.
fn typed(model: &mut Model, change: impl FnOnce(&mut crate::input::Line)) -> Vec<Command> {
    match model.dialogs.last_mut() {
        Some(Dialog::Filter(draft)) => {
            change(&mut draft.line);
            return filter::typed(model).into_iter().collect();
        }
        Some(Dialog::Palette(command)) => {
            change(&mut command.line);
            command.error = None;
        }
        Some(Dialog::Confirm(question)) => {
            if let Some(line) = &mut question.typed {
                change(line);
            }
        }
        // Pasted text acts nowhere else.
        _ => {}
    }
    Vec::new()
}

fn apply(model: &mut Model) -> Vec<Command> {
    match model.dialogs.last() {
        Some(Dialog::Filter(_)) => filter::apply(model),
        Some(Dialog::Palette(_)) => return palette::run(model),
        Some(Dialog::Sort { .. }) => return choosing::apply_sort(model),
        Some(Dialog::Columns(_)) => return choosing::keep_columns(model),
        _ => {}
    }
    Vec::new()
}

fn back(model: &mut Model) -> Vec<Command> {
    match model.dialogs.pop() {
        Some(Dialog::Filter(draft)) if draft.before != model.filter => {
            let command = filter::set(model, draft.before);
            let Some(session) = draft.cursor_before else {
                return vec![command];
            };
            // Whatever the filter let through meanwhile: the cursor goes back where it was.
            model.cursor = Some(session.handle);
            let start = Start::Around(model.sort.cursor_at(&session));
            vec![Command::List(model.want(start, Aim::Keep))]
        }
        Some(Dialog::Columns(chooser)) => {
            model.look.columns = chooser.before;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn let_go(model: &mut Model) -> Vec<Command> {
    model.status = None;
    if model.anchor.take().is_some() {
        return Vec::new();
    }
    if !model.marks.is_empty() {
        model.marks.clear();
        return Vec::new();
    }
    if !model.filter.is_empty() {
        return vec![filter::set(model, Filter::default())];
    }
    let was_on_row = model.cursor.take().is_some();
    model.bury(true);
    if was_on_row || model.window.offset() > 0 {
        model.top = 0;
        return vec![Command::List(model.want_first())];
    }
    Vec::new()
}

fn freeze(model: &mut Model) -> Vec<Command> {
    if model.held.take().is_some() {
        model.bury(true);
        return vec![Command::List(model.want_here())];
    }
    model.held = Some(0);
    Vec::new()
}

fn arm(model: &mut Model) {
    match model.writes {
        Writes::Allowed => model.say(Tone::Note, "sessions may be ended here anyway".to_owned()),
        Writes::Locked => {
            let until = model.now + ARMED;
            model.writes = Writes::Armed { until };
            model.say(
                Tone::Bad,
                "sessions may be ended for five minutes".to_owned(),
            );
        }
        Writes::Armed { .. } => {
            model.writes = Writes::Locked;
            model.say(Tone::Note, "read-only again".to_owned());
        }
    }
}

fn yank(model: &mut Model) -> Vec<Command> {
    let Some((session, _)) = showing::subject(model) else {
        model.say(Tone::Note, "no session to copy".to_owned());
        return Vec::new();
    };
    let handle = session.handle.to_string();
    model.say(Tone::Note, format!("copied {handle}"));
    vec![Command::Copy(handle)]
}

fn mouse(model: &mut Model, on: bool) -> Vec<Command> {
    model.look.mouse = on;
    let text = if on {
        "the mouse works here: click and wheel; m gives it back to the terminal"
    } else {
        "the mouse is the terminal's: select and copy; m takes it here"
    };
    model.say(Tone::Note, text.to_owned());
    vec![Command::Mouse(on)]
}

fn set_theme(model: &mut Model, theme: crate::settings::Theme) -> Vec<Command> {
    model.look.theme = theme;
    model.say(Tone::Note, format!("colours: {}", theme.name()));
    vec![Command::Save(model.settings())]
}

fn list_again(model: &mut Model) -> Vec<Command> {
    if matches!(model.link, Link::Waiting { .. }) {
        return vec![Command::Connect];
    }
    model.say(Tone::Note, news::LISTING.to_owned());
    vec![Command::List(model.want_here())]
}
