//! What things look like: the terminal's own sixteen colours, or none.
//!
//! No colour says anything that a word or a mark does not say too, and without colours bold, reverse and underline
//! do.

use ratatui::style::{Color, Modifier, Style};

/// The looks. Without colours when `mono`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    pub(super) mono: bool,
}

impl Theme {
    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Column heads and labels.
    pub(super) fn head(self) -> Style {
        if self.mono {
            Style::new().add_modifier(Modifier::UNDERLINED)
        } else {
            self.colour(Color::Cyan)
        }
    }

    /// The row under the cursor.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Keys in the footer and the help.
    pub(super) fn key(self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn good(self) -> Style {
        self.colour(Color::Green)
    }

    pub(super) fn warn(self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Rows that may no longer be true. Without colours the header's words have to do.
    pub(super) fn stale(self) -> Style {
        if self.mono {
            Style::new()
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    fn colour(self, colour: Color) -> Style {
        if self.mono {
            Style::new()
        } else {
            Style::new().fg(colour)
        }
    }
}
