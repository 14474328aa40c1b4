//! Every key, where it works, what it means and how it is explained: one table.
//!
//! The loop looks keys up here, the help screen and the footer are made of the same lines. It decides nothing else.
//! How a key is written is in `stroke`, what a user changed in `keymap`.

mod keymap;
mod stroke;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::{
    message::{Edit, Key as K, Message, Step},
    place::Place,
};
pub use keymap::{BadKeymap, Keymap};
use stroke::{Stroke, char, ctrl, key};

/// One key or several that mean the same.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) place: Place,
    /// What it is called in settings, behind its place.
    name: &'static str,
    strokes: &'static [Stroke],
    pub(crate) message: Message,
    /// For the help screen.
    pub(crate) help: &'static str,
    /// For the footer; empty when it is not there.
    footer: &'static str,
}

const fn bind(
    place: Place,
    name: &'static str,
    strokes: &'static [Stroke],
    message: Message,
    help: &'static str,
    footer: &'static str,
) -> Binding {
    Binding {
        place,
        name,
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
const LEFT: Stroke = key(KeyCode::Left);
const RIGHT: Stroke = key(KeyCode::Right);
const DELETE: Stroke = key(KeyCode::Delete);

/// The table, in the order of the help screen; within a place, the footer keeps the order too.
// One line a key, or it is no table.
#[rustfmt::skip]
static KEYS: &[Binding] = &[
    bind(P::List, "filter", &[char('/')], M::Key(K::OpenFilter), "filter, such as user=alice and idle>10m", "filter"),
    bind(P::List, "end", &[char('x')], M::Key(K::AskRevoke), "end the session, or all marked ones; asks first", "end"),
    bind(P::List, "mark", &[char(' ')], M::Key(K::Mark), "mark the session, or no more", "mark"),
    bind(P::List, "help", &[char('?')], M::Key(K::Help), "this help", "help"),
    bind(P::List, "quit", &[char('q')], M::Key(K::Quit), "quit", "quit"),
    bind(P::List, "show", &[ENTER], M::Key(K::Show), "show all about the session", "show"),
    bind(P::List, "sort", &[char('s')], M::Key(K::OpenSort), "sort by another column", "sort"),
    bind(P::List, "freeze", &[char('f')], M::Key(K::Freeze), "make the rows stand still, or go on", "freeze"),
    bind(P::List, "command", &[char(':')], M::Key(K::OpenPalette), "type a command, such as goto 50%", "command"),
    bind(P::List, "columns", &[char('c')], M::Key(K::OpenColumns), "choose columns", "columns"),
    bind(P::List, "down", DOWN, M::Move(Step::Down), "one row down", ""),
    bind(P::List, "up", UP, M::Move(Step::Up), "one row up", ""),
    bind(P::List, "page_down", PAGE_DOWN, M::Move(Step::PageDown), "one page down", ""),
    bind(P::List, "page_up", PAGE_UP, M::Move(Step::PageUp), "one page up", ""),
    bind(P::List, "half_down", &[ctrl('d')], M::Move(Step::HalfDown), "half a page down", ""),
    bind(P::List, "half_up", &[ctrl('u')], M::Move(Step::HalfUp), "half a page up", ""),
    bind(P::List, "first", FIRST, M::Move(Step::First), "the first row", ""),
    bind(P::List, "last", LAST, M::Move(Step::Last), "the last row", ""),
    bind(P::List, "goto", &[char('%')], M::Key(K::OpenGoto), "go to a row, or to so many percent", ""),
    bind(P::List, "reverse", &[char('S')], M::Key(K::Reverse), "turn the order round", ""),
    bind(P::List, "range", &[char('V')], M::Key(K::Range), "begin a range of marks, and end it", ""),
    bind(P::List, "mark_all", &[char('a')], M::Key(K::MarkAll), "mark all that match", ""),
    bind(P::List, "yank", &[char('y')], M::Key(K::Yank), "copy the handle", ""),
    bind(P::List, "overview", &[char('o')], M::Key(K::Overview), "show or hide the counts", ""),
    bind(P::List, "theme", &[char('t')], M::Key(K::Theme), "the next colours", ""),
    bind(P::List, "mouse", &[char('m')], M::Key(K::Mouse), "use the mouse here, or leave it to the terminal", ""),
    bind(P::List, "arm", &[char('W')], M::Key(K::Arm), "where only looking is allowed: end sessions for five minutes", ""),
    bind(P::List, "refresh", &[char('r')], M::Key(K::ListAgain), "list again, or connect again now", ""),
    bind(P::List, "clear", &[ESC], M::Key(K::LetGo), "clear the marks, then the filter, then the cursor", ""),
    bind(P::Detail, "back", &[ESC, ENTER, char('q')], M::Key(K::Back), "back to the list", "back"),
    bind(P::Detail, "end", &[char('x')], M::Key(K::AskRevoke), "end this session; asks first", "end"),
    bind(P::Detail, "next", &[char('n')], M::Key(K::ShowNext), "the next session", "next"),
    bind(P::Detail, "previous", &[char('p')], M::Key(K::ShowPrevious), "the previous session", "previous"),
    bind(P::Detail, "reveal", &[char('v')], M::Key(K::Reveal), "show the values of its data, or hide them", "values"),
    bind(P::Detail, "yank", &[char('y')], M::Key(K::Yank), "copy the handle", "copy"),
    bind(P::Detail, "help", &[char('?')], M::Key(K::Help), "this help", "help"),
    bind(P::Detail, "arm", &[char('W')], M::Key(K::Arm), "where only looking is allowed: end sessions for five minutes", ""),
    bind(P::Detail, "down", DOWN, M::Move(Step::Down), "scroll down", ""),
    bind(P::Detail, "up", UP, M::Move(Step::Up), "scroll up", ""),
    bind(P::Detail, "page_down", PAGE_DOWN, M::Move(Step::PageDown), "one page down", ""),
    bind(P::Detail, "page_up", PAGE_UP, M::Move(Step::PageUp), "one page up", ""),
    bind(P::Filter, "keep", &[ENTER], M::Key(K::Apply), "keep the filter", "keep"),
    bind(P::Filter, "cancel", &[ESC], M::Key(K::Back), "back to the filter before", "cancel"),
    bind(P::Filter, "older", &[key(KeyCode::Up), ctrl('p')], M::Key(K::Older), "the filter used before this one", "older"),
    bind(P::Filter, "newer", &[key(KeyCode::Down), ctrl('n')], M::Key(K::Newer), "the filter used after this one", ""),
    bind(P::Filter, "clear", &[ctrl('u')], M::Edit(Edit::Clear), "remove all before the cursor", "clear"),
    bind(P::Filter, "word", &[ctrl('w')], M::Edit(Edit::Word), "remove the word before the cursor", ""),
    bind(P::Filter, "backspace", BACKSPACE, M::Edit(Edit::Backspace), "remove the character before", ""),
    bind(P::Filter, "delete", &[DELETE], M::Edit(Edit::Delete), "remove the character under", ""),
    bind(P::Filter, "left", &[LEFT], M::Edit(Edit::Left), "one character left", ""),
    bind(P::Filter, "right", &[RIGHT], M::Edit(Edit::Right), "one character right", ""),
    bind(P::Filter, "home", &[key(KeyCode::Home), ctrl('a')], M::Edit(Edit::Home), "to the beginning", ""),
    bind(P::Filter, "end", &[key(KeyCode::End), ctrl('e')], M::Edit(Edit::End), "to the end", ""),
    bind(P::Palette, "do", &[ENTER], M::Key(K::Apply), "do it", "do it"),
    bind(P::Palette, "complete", &[key(KeyCode::Tab)], M::Key(K::Complete), "complete the word", "complete"),
    bind(P::Palette, "cancel", &[ESC], M::Key(K::Back), "back to the list", "cancel"),
    bind(P::Palette, "clear", &[ctrl('u')], M::Edit(Edit::Clear), "remove all before the cursor", ""),
    bind(P::Palette, "word", &[ctrl('w')], M::Edit(Edit::Word), "remove the word before the cursor", ""),
    bind(P::Palette, "backspace", BACKSPACE, M::Edit(Edit::Backspace), "remove the character before", ""),
    bind(P::Palette, "delete", &[DELETE], M::Edit(Edit::Delete), "remove the character under", ""),
    bind(P::Palette, "left", &[LEFT], M::Edit(Edit::Left), "one character left", ""),
    bind(P::Palette, "right", &[RIGHT], M::Edit(Edit::Right), "one character right", ""),
    bind(P::Palette, "home", &[key(KeyCode::Home), ctrl('a')], M::Edit(Edit::Home), "to the beginning", ""),
    bind(P::Palette, "end", &[key(KeyCode::End), ctrl('e')], M::Edit(Edit::End), "to the end", ""),
    bind(P::Sort, "sort", &[ENTER], M::Key(K::Apply), "sort by it; by it already: turn the order round", "sort"),
    bind(P::Sort, "cancel", &[ESC, char('q'), char('s')], M::Key(K::Back), "leave the order as it is", "cancel"),
    bind(P::Sort, "down", DOWN, M::Move(Step::Down), "one column down", ""),
    bind(P::Sort, "up", UP, M::Move(Step::Up), "one column up", ""),
    bind(P::Columns, "keep", &[ENTER], M::Key(K::Apply), "keep these columns", "keep"),
    bind(P::Columns, "toggle", &[char(' ')], M::Key(K::Toggle), "show the column, or no more", "show"),
    bind(P::Columns, "sooner", &[char('K')], M::Key(K::Sooner), "further to the left", "left"),
    bind(P::Columns, "later", &[char('J')], M::Key(K::Later), "further to the right", "right"),
    bind(P::Columns, "wider", &[char('+'), RIGHT], M::Key(K::Wider), "wider", "wider"),
    bind(P::Columns, "narrower", &[char('-'), LEFT], M::Key(K::Narrower), "narrower", "narrower"),
    bind(P::Columns, "cancel", &[ESC, char('q'), char('c')], M::Key(K::Back), "leave the columns as they were", "cancel"),
    bind(P::Columns, "down", DOWN, M::Move(Step::Down), "one column down", ""),
    bind(P::Columns, "up", UP, M::Move(Step::Up), "one column up", ""),
    bind(P::Confirm, "yes", &[char('y')], M::Key(K::Confirm), "yes, end", "yes"),
    bind(P::Confirm, "no", &[char('n'), ESC, char('q')], M::Key(K::Back), "no, leave", "no"),
    bind(P::Number, "yes", &[ENTER], M::Key(K::Confirm), "end, if the number is right", "end"),
    bind(P::Number, "no", &[ESC], M::Key(K::Back), "no, leave", "no"),
    bind(P::Number, "clear", &[ctrl('u')], M::Edit(Edit::Clear), "remove the number", ""),
    bind(P::Number, "backspace", BACKSPACE, M::Edit(Edit::Backspace), "remove the last digit", ""),
    bind(P::Help, "close", &[ESC, ENTER, char('?'), char('q')], M::Key(K::Back), "close the help", "close"),
    bind(P::Help, "down", DOWN, M::Move(Step::Down), "scroll down", "scroll"),
    bind(P::Help, "up", UP, M::Move(Step::Up), "scroll up", ""),
    bind(P::Help, "page_down", PAGE_DOWN, M::Move(Step::PageDown), "one page down", ""),
    bind(P::Help, "page_up", PAGE_UP, M::Move(Step::PageUp), "one page up", ""),
    bind(P::Anywhere, "suspend", &[ctrl('z')], M::Key(K::Suspend), "back to the shell; fg comes back", ""),
    bind(P::Anywhere, "redraw", &[ctrl('l')], M::Key(K::Redraw), "draw the screen anew", ""),
    bind(P::Anywhere, "quit", &[ctrl('c')], M::Key(K::Quit), "quit at once", ""),
];

/// A line of the help screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HelpLine {
    Head(&'static str),
    Key { keys: String, help: &'static str },
}

impl Keymap {
    /// What a key means in a place, if anything.
    pub(crate) fn message(&self, event: KeyEvent, place: Place) -> Option<Message> {
        // A terminal that reports more than presses must not make two keys of one.
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let stroke = Stroke::of(event);
        let found = stroke.and_then(|stroke| {
            KEYS.iter()
                .filter(|binding| binding.place == place || binding.place == Place::Anywhere)
                .find(|binding| self.strokes(binding).contains(&stroke))
                .map(|binding| binding.message.clone())
        });
        let message = match (found, event.code) {
            // Alt stays allowed: some layouts type by it.
            (None, KeyCode::Char(c))
                if place.is_line() && !event.modifiers.contains(KeyModifiers::CONTROL) =>
            {
                Some(Message::Edit(Edit::Type(c)))
            }
            (found, _) => found,
        };
        // A key that is held down may move and type, never act.
        message.filter(|message| {
            event.kind == KeyEventKind::Press
                || matches!(message, Message::Move(_) | Message::Edit(_))
        })
    }

    /// The help screen: the table, by place.
    pub(crate) fn help(&self) -> Vec<HelpLine> {
        let places = Place::ALL.into_iter();
        places
            .flat_map(|(place, head, _)| {
                let keys = KEYS.iter().filter(move |binding| binding.place == place);
                let keys = keys.map(|binding| HelpLine::Key {
                    keys: self.names(binding).join(" "),
                    help: binding.help,
                });
                std::iter::once(HelpLine::Head(head)).chain(keys)
            })
            .collect()
    }

    /// The keys to remind of in a place, as name and word, the most useful first. Where nothing can be ended, those
    /// that would are left out.
    pub(crate) fn footer(
        &self,
        place: Place,
        can_end: bool,
    ) -> impl Iterator<Item = (String, &'static str)> + '_ {
        KEYS.iter()
            .filter(move |binding| binding.place == place && !binding.footer.is_empty())
            .filter(move |binding| {
                let ends = matches!(binding.message, Message::Key(K::Confirm | K::AskRevoke));
                can_end || !ends
            })
            .filter_map(|binding| Some((self.names(binding).into_iter().next()?, binding.footer)))
    }

    /// The first key for something, as it is written.
    pub(crate) fn first(&self, place: Place, name: &str) -> String {
        let found = KEYS
            .iter()
            .find(|one| one.place == place && one.name == name);
        let names = found.map(|binding| self.names(binding));
        names.into_iter().flatten().next().unwrap_or_default()
    }

    fn names(&self, binding: &Binding) -> Vec<String> {
        self.strokes(binding)
            .iter()
            .map(Stroke::to_string)
            .collect()
    }
}

#[cfg(test)]
mod tests;
