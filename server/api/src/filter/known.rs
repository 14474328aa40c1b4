//! Values of which there are only so many: the audit log's actions and results. Any other would match nothing, and say
//! nothing of it.

use super::fault::{Fault, shown};
use crate::{AuditResult, audit::actions, near, text};

/// An action as records have it; it may be written with `_`, `-` or a blank.
pub(super) fn action(value: &str, quoted: bool, at: usize) -> Result<String, Fault> {
    let value = value.replace(['-', ' '], "_");
    one_of("action", &actions::ALL, value, quoted, at)
}

/// How an action ended.
pub(super) fn result(value: &str, quoted: bool, at: usize) -> Result<String, Fault> {
    let known = AuditResult::ALL.map(AuditResult::as_str);
    one_of("result", &known, value.to_owned(), quoted, at)
}

fn one_of(
    what: &str,
    known: &[&str],
    value: String,
    quoted: bool,
    at: usize,
) -> Result<String, Fault> {
    // A pattern may be meant for words of a later version too.
    if known.contains(&&*value) || !quoted && value.contains('*') {
        return Ok(value);
    }
    let none = format!("no {what} {}", shown(&value));
    let all = known.join(", ");
    let message = match near::nearest(&value, known.iter().copied()) {
        Some(meant) => format!("{none}; did you mean {meant}? There are {all}"),
        None => format!("{none}; there are {all}"),
    };
    Err(Fault::new(at, text::clean(&message)))
}
