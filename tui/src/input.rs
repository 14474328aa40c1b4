//! A line of text that is being edited, and where its cursor stands.
//!
//! Characters in, text out; it knows neither keys nor filters nor the screen.

use crate::message::Edit;

/// One line of text with a cursor between two of its characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    chars: Vec<char>,
    cursor: usize,
}

impl Line {
    /// Longer than any filter a person types, and short enough to parse on each key.
    const LIMIT: usize = 1_000;

    /// A line with the cursor at its end.
    pub(crate) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().take(Self::LIMIT).collect();
        Self {
            cursor: chars.len(),
            chars,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// What stands before the cursor.
    pub(crate) fn before_cursor(&self) -> String {
        self.chars[..self.cursor].iter().collect()
    }

    /// Puts text in at the cursor; line ends and tabs become spaces, other control characters are dropped.
    pub(crate) fn paste(&mut self, text: &str) {
        for c in text.trim_end().chars() {
            self.edit(Edit::Type(c));
        }
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Type('\n' | '\r' | '\t') => self.insert(' '),
            Edit::Type(c) if c.is_control() => {}
            Edit::Type(c) => self.insert(c),
            Edit::Backspace => {
                if self.cursor > 0 {
                    self.cursor -= 1;
                    self.chars.remove(self.cursor);
                }
            }
            Edit::Delete => {
                if self.cursor < self.chars.len() {
                    self.chars.remove(self.cursor);
                }
            }
            Edit::Clear => {
                self.chars.drain(..self.cursor);
                self.cursor = 0;
            }
            Edit::Word => {
                let before = &self.chars[..self.cursor];
                let word = before
                    .iter()
                    .rposition(|c| *c != ' ')
                    .map_or(0, |at| at + 1);
                let start = before[..word].iter().rposition(|c| *c == ' ');
                let start = start.map_or(0, |at| at + 1);
                self.chars.drain(start..self.cursor);
                self.cursor = start;
            }
            Edit::Left => self.cursor = self.cursor.saturating_sub(1),
            Edit::Right => self.cursor = (self.cursor + 1).min(self.chars.len()),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.chars.len(),
        }
    }

    fn insert(&mut self, c: char) {
        if self.chars.len() < Self::LIMIT {
            self.chars.insert(self.cursor, c);
            self.cursor += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_at_its_cursor() {
        let mut line = Line::new("user=bo");
        for edit in [
            Edit::Type('b'),
            Edit::Home,
            Edit::Right,
            Edit::Delete,
            Edit::Type('ß'),
            Edit::End,
            Edit::Left,
            Edit::Backspace,
        ] {
            line.edit(edit);
        }
        assert_eq!(line.text(), "ußer=bb");
        assert_eq!(line.before_cursor(), "ußer=b");
        line.edit(Edit::Clear);
        assert_eq!((line.text(), line.before_cursor()), ("b".into(), "".into()));
    }

    #[test]
    fn the_ends_of_a_line_hold() {
        let mut line = Line::default();
        for edit in [
            Edit::Left,
            Edit::Right,
            Edit::Backspace,
            Edit::Delete,
            Edit::Clear,
        ] {
            line.edit(edit);
            assert_eq!(line, Line::default());
        }
    }

    #[test]
    fn pasted_text_is_one_line_without_control_characters_and_not_endless() {
        let mut line = Line::default();
        line.paste("user=a\nand\u{1b}[31m\n");
        assert_eq!(line.text(), "user=a and[31m");
        line.paste(&"x".repeat(5_000));
        assert_eq!(line.text().chars().count(), Line::LIMIT);
    }
}
