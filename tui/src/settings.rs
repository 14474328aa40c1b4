//! What a user may choose about the looks, and what is kept of it.
//!
//! Words and their names only; where they are kept is the caller's business.

use std::str::FromStr;

use crate::{
    choice::{BadSetting, choice},
    columns::Column,
};

/// What is kept when the dashboard closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The columns in the order in which they stand; none: all that fit.
    pub columns: Vec<Column>,
    pub theme: Theme,
}

/// The colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen, on whatever background it has.
    #[default]
    Terminal,
    /// For a light background.
    Light,
    /// For a dark background.
    Dark,
    /// Black and white with little between.
    Contrast,
    /// None at all: bold, reverse and underline only.
    Mono,
}

/// The signs that curves, bars and frames are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Braille patterns: two values a cell.
    Braille,
    /// Blocks of eight heights, which more fonts have.
    #[default]
    Block,
    /// Nothing beyond ASCII.
    Ascii,
}

impl Theme {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("terminal", Self::Terminal),
        ("light", Self::Light),
        ("dark", Self::Dark),
        ("contrast", Self::Contrast),
        ("mono", Self::Mono),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    pub(crate) fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].1
    }
}

impl FromStr for Theme {
    type Err = BadSetting;

    fn from_str(word: &str) -> Result<Self, BadSetting> {
        choice("theme", word, &Self::ALL)
    }
}

impl Glyphs {
    pub const ALL: [(&'static str, Self); 3] = [
        ("braille", Self::Braille),
        ("block", Self::Block),
        ("ascii", Self::Ascii),
    ];
}

impl FromStr for Glyphs {
    type Err = BadSetting;

    fn from_str(word: &str) -> Result<Self, BadSetting> {
        choice("kind of signs", word, &Self::ALL)
    }
}
