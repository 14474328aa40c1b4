//! The browser's side of the wall: whose request it is, what a page may load, and what stays behind after signing out.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod answers;
#[path = "../common/mod.rs"]
mod common;
mod cross_site;
mod hosts;
