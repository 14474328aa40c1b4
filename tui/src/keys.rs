//! Every key, where it works, what it means and how it is explained: one table.
//!
//! The loop looks keys up here, the help screen and the footer are made of the same lines. It decides nothing else.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::{
    message::{Edit, Message, Step},
    model::Place,
};

/// One key or several that mean the same.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) place: Place,
    strokes: &'static [Stroke],
    pub(crate) message: Message,
    /// For the help screen.
    pub(crate) help: &'static str,
    /// For the footer; empty when it is not there.
    footer: &'static str,
}

/// A key with or without Ctrl. Shift is no part of it: it is in the character already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stroke {
    code: KeyCode,
    ctrl: bool,
}

const fn key(code: KeyCode) -> Stroke {
    Stroke { code, ctrl: false }
}

const fn char(c: char) -> Stroke {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Stroke {
    Stroke {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

const fn bind(
    place: Place,
    strokes: &'static [Stroke],
    message: Message,
    help: &'static str,
    footer: &'static str,
) -> Binding {
    Binding {
        place,
        strokes,
        message,
        help,
        footer,
    }
}

use Message as M;
use Place as P;

const ENTER: Stroke = key(KeyCode::Enter);
const ESC: Stroke = key(KeyCode::Esc);
const BACKSPACE: &[Stroke] = &[key(KeyCode::Backspace), ctrl('h')];
const UP: &[Stroke] = &[key(KeyCode::Up), char('k')];
const DOWN: &[Stroke] = &[key(KeyCode::Down), char('j')];
const PAGE_UP: &[Stroke] = &[key(KeyCode::PageUp), ctrl('b')];
const PAGE_DOWN: &[Stroke] = &[key(KeyCode::PageDown), ctrl('f')];
const FIRST: &[Stroke] = &[char('g'), key(KeyCode::Home)];
const LAST: &[Stroke] = &[char('G'), key(KeyCode::End)];

/// The table, in the order of the help screen; within a place, the footer keeps the order too.
// One line a key, or it is no table.
#[rustfmt::skip]
static KEYS: [Binding; 38] = [
    bind(P::List, DOWN, M::Move(Step::Down), "one row down", ""),
    bind(P::List, UP, M::Move(Step::Up), "one row up", ""),
    bind(P::List, PAGE_DOWN, M::Move(Step::PageDown), "one page down", ""),
    bind(P::List, PAGE_UP, M::Move(Step::PageUp), "one page up", ""),
    bind(P::List, &[ctrl('d')], M::Move(Step::HalfDown), "half a page down", ""),
    bind(P::List, &[ctrl('u')], M::Move(Step::HalfUp), "half a page up", ""),
    bind(P::List, FIRST, M::Move(Step::First), "newest login", ""),
    bind(P::List, LAST, M::Move(Step::Last), "oldest login", ""),
    bind(P::List, &[char('/')], M::OpenFilter, "filter, such as user=alice and idle>10m", "filter"),
    bind(P::List, &[char('x')], M::AskRevoke, "end the session; asks first", "end"),
    bind(P::List, &[char('?')], M::Help, "this help", "help"),
    bind(P::List, &[char('q')], M::Quit, "quit", "quit"),
    bind(P::List, &[ENTER], M::Show, "show all about the session", "show"),
    bind(P::List, &[char('r')], M::ListAgain, "list again, or connect again now", "refresh"),
    bind(P::List, &[ESC], M::LetGo, "clear the filter, then the cursor", ""),
    bind(P::Filter, &[ENTER], M::ApplyFilter, "keep the filter", "keep"),
    bind(P::Filter, &[ESC], M::Back, "back to the filter before", "cancel"),
    bind(P::Filter, &[ctrl('u')], M::Edit(Edit::Clear), "remove all before the cursor", "clear"),
    bind(P::Filter, BACKSPACE, M::Edit(Edit::Backspace), "remove the character before", ""),
    bind(P::Filter, &[key(KeyCode::Delete)], M::Edit(Edit::Delete), "remove the character under", ""),
    bind(P::Filter, &[key(KeyCode::Left)], M::Edit(Edit::Left), "one character left", ""),
    bind(P::Filter, &[key(KeyCode::Right)], M::Edit(Edit::Right), "one character right", ""),
    bind(P::Filter, &[key(KeyCode::Home), ctrl('a')], M::Edit(Edit::Home), "to the beginning", ""),
    bind(P::Filter, &[key(KeyCode::End), ctrl('e')], M::Edit(Edit::End), "to the end", ""),
    bind(P::Detail, &[ESC, ENTER, char('q')], M::Back, "back to the list", "back"),
    bind(P::Detail, &[char('x')], M::AskRevoke, "end this session; asks first", "end"),
    bind(P::Detail, &[char('?')], M::Help, "this help", "help"),
    bind(P::Detail, DOWN, M::Move(Step::Down), "scroll down", "scroll"),
    bind(P::Detail, UP, M::Move(Step::Up), "scroll up", ""),
    bind(P::Confirm, &[char('y')], M::Confirm, "yes, end it", "yes"),
    bind(P::Confirm, &[char('n'), ESC, char('q')], M::Back, "no, leave it", "no"),
    bind(P::Help, &[ESC, ENTER, char('?'), char('q')], M::Back, "close the help", "close"),
    bind(P::Help, DOWN, M::Move(Step::Down), "scroll down", "scroll"),
    bind(P::Help, UP, M::Move(Step::Up), "scroll up", ""),
    bind(P::Help, PAGE_DOWN, M::Move(Step::PageDown), "one page down", ""),
    bind(P::Help, PAGE_UP, M::Move(Step::PageUp), "one page up", ""),
    bind(P::Anywhere, &[ctrl('c')], M::Quit, "quit at once", ""),
    bind(P::Anywhere, &[ctrl('l')], M::Redraw, "draw the screen anew", ""),
];

/// What a key means in a place, if anything.
pub(crate) fn message(event: KeyEvent, place: Place) -> Option<Message> {
    // A terminal that reports more than presses must not make two keys of one.
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let stroke = Stroke {
        code: event.code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    let alone = (event.modifiers - KeyModifiers::SHIFT - KeyModifiers::CONTROL).is_empty();
    let found = KEYS
        .iter()
        .filter(|binding| binding.place == place || binding.place == Place::Anywhere)
        .find(|binding| alone && binding.strokes.contains(&stroke))
        .map(|binding| binding.message.clone());
    let message = match (found, event.code) {
        (None, KeyCode::Char(c)) if place == Place::Filter && !stroke.ctrl => {
            // Alt stays allowed: some layouts type by it.
            Some(Message::Edit(Edit::Type(c)))
        }
        (found, _) => found,
    };
    // A key that is held down may move and type, never act.
    message.filter(|message| {
        event.kind == KeyEventKind::Press || matches!(message, Message::Move(_) | Message::Edit(_))
    })
}

/// A line of the help screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HelpLine {
    Head(&'static str),
    Key { keys: String, help: &'static str },
}

/// The help screen: the table, by place.
pub(crate) fn help() -> Vec<HelpLine> {
    [
        (Place::List, "In the list"),
        (Place::Filter, "In the filter line"),
        (Place::Detail, "In a session"),
        (Place::Confirm, "When asked"),
        (Place::Help, "In this help"),
        (Place::Anywhere, "Anywhere"),
    ]
    .into_iter()
    .flat_map(|(place, head)| {
        let keys = KEYS.iter().filter(move |binding| binding.place == place);
        std::iter::once(HelpLine::Head(head)).chain(keys.map(|binding| HelpLine::Key {
            keys: binding.names().join(" "),
            help: binding.help,
        }))
    })
    .collect()
}

/// The keys to remind of in a place, as name and word, the most useful first. Where the session in question has ended,
/// those that would end it are left out.
pub(crate) fn footer(place: Place, is_over: bool) -> impl Iterator<Item = (String, &'static str)> {
    KEYS.iter()
        .filter(move |binding| binding.place == place && !binding.footer.is_empty())
        .filter(move |binding| {
            !(is_over && matches!(binding.message, Message::Confirm | Message::AskRevoke))
        })
        .map(|binding| (binding.names().swap_remove(0), binding.footer))
}

impl Binding {
    fn names(&self) -> Vec<String> {
        self.strokes.iter().map(|stroke| stroke.name()).collect()
    }
}

impl Stroke {
    fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(c) if self.ctrl => return format!("Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => return c.to_string(),
            KeyCode::Up => "↑",
            KeyCode::Down => "↓",
            KeyCode::Left => "←",
            KeyCode::Right => "→",
            KeyCode::PageUp => "PgUp",
            KeyCode::PageDown => "PgDn",
            KeyCode::Home => "Home",
            KeyCode::End => "End",
            KeyCode::Enter => "Enter",
            KeyCode::Esc => "Esc",
            KeyCode::Backspace => "Backspace",
            KeyCode::Delete => "Del",
            _ => "?",
        };
        name.to_owned()
    }
}

#[cfg(test)]
mod tests;
