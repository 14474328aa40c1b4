//! One key with or without Ctrl, and how it is written: `x`, `G`, `Ctrl-D`, `PgUp`, `F5`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with or without Ctrl. Shift is no part of it: it is in the character already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stroke {
    code: KeyCode,
    ctrl: bool,
}

pub(super) const fn key(code: KeyCode) -> Stroke {
    Stroke { code, ctrl: false }
}

pub(super) const fn char(c: char) -> Stroke {
    key(KeyCode::Char(c))
}

pub(super) const fn ctrl(c: char) -> Stroke {
    Stroke {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

/// The keys that are no characters.
const NAMED: [(&str, KeyCode); 16] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("BackTab", KeyCode::BackTab),
];

impl Stroke {
    /// What was pressed; none for keys with Alt and the like, which mean nothing here.
    pub(super) fn of(event: KeyEvent) -> Option<Self> {
        let other = event.modifiers - KeyModifiers::SHIFT - KeyModifiers::CONTROL;
        other.is_empty().then(|| Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        })
    }

    /// The event of pressing it.
    #[cfg(test)]
    pub(super) fn event(self) -> KeyEvent {
        let modifiers = if self.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        KeyEvent::new(self.code, modifiers)
    }

    /// Reads what [`Display`](fmt::Display) writes, whatever the case of the names.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some((_, c)) = text
            .split_at_checked(5)
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("ctrl-"))
        {
            let mut chars = c.chars();
            let c = chars.next().filter(char::is_ascii_alphabetic)?;
            return chars.next().is_none().then(|| ctrl(c.to_ascii_lowercase()));
        }
        let named = NAMED
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, code)) = named {
            return Some(key(*code));
        }
        let number = text.strip_prefix(['F', 'f']).and_then(|n| n.parse().ok());
        if let Some(number @ 1..=24) = number {
            return Some(key(KeyCode::F(number)));
        }
        let mut chars = text.chars();
        let c = chars.next().filter(|c| !c.is_control())?;
        chars.next().is_none().then(|| char(c))
    }
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            _ => f.write_str("?"),
        }
    }
}
