//! Why a filter was not understood, and where.

use crate::text;

/// Why a filter was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {}: {message}", .at + 1)]
pub struct FilterError {
    /// The whole filter.
    pub text: String,
    /// The character at fault, counted from 0.
    pub at: usize,
    pub message: String,
}

impl FilterError {
    /// The filter and, below it, a mark under the character at fault.
    pub fn pointer(&self) -> String {
        // Cleaned character by character, so that the mark stays below the right one.
        let before: String = self.text.chars().take(self.at).collect();
        let indent = text::width(&text::clean(&before));
        format!("{}\n{}^", text::clean(&self.text), " ".repeat(indent))
    }
}
