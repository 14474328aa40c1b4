//! Why a filter was not understood, and where.

use crate::text;

/// Why a filter was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {}: {message}", .at + 1)]
pub struct FilterError {
    /// The filter as it was given; one that is far too long is cut where it became so.
    pub text: String,
    /// The character at fault, counted from 0; just after the last one where something is missing at the end.
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

/// A [`FilterError`] in the making: the rooms below know the place, not the whole text.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// Text of the filter as a message may repeat it: short, quoted and harmless.
pub(super) fn shown(word: &str) -> String {
    format!("{:?}", text::fit(word, 40))
}
