//! Results on stdout: tables for people, JSON for programs. Whatever strangers chose is made harmless first.
//!
//! Lists, in every format, are in `listing`; what their columns are made of is in `column`, and how a line of them is
//! written in `table` and `csv`. JSON is in `document`, what is neither in `line`.

mod column;
mod csv;
mod document;
mod line;
mod listing;
mod pairs;
mod picked;
pub(crate) mod sessions;
mod table;
mod words;

pub(crate) use self::{
    column::Column,
    document::{Document, document, json, json_line},
    line::{body, fields, line},
    listing::{Listing, refuse_columns},
    pairs::{PAIRS, Pair},
    words::{ago, unknown, word},
};
pub(crate) use crate::talk::{say, shell_word};
