//! Results for programs: JSON, with nothing in it that a terminal would act on.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _},
};

use serde::Serialize;
use sessctl_api::{SCHEMA, text};

use super::line::line;
use crate::{
    exit::{Failure, failed},
    global::Format,
};

/// Writes one JSON document, indented for people at a terminal.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    line(&harmless(text.map_err(failed)?))
}

/// JSON leaves some characters alone that a terminal would act on, such as those that turn the reading direction.
/// Escaped, they are the same text to every reader of JSON.
fn harmless(json: String) -> String {
    // Line feeds are ours: those of a text are escaped already.
    if json
        .lines()
        .all(|line| matches!(text::clean(line), Cow::Borrowed(_)))
    {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        let mut buffer = [0; 4];
        let is_hostile = matches!(text::clean(c.encode_utf8(&mut buffer)), Cow::Owned(_));
        if is_hostile && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Writes one result in a JSON format: one line for `jsonl`, whoever reads it.
pub(crate) fn document(format: Format, value: &impl Serialize) -> Result<(), Failure> {
    match format {
        Format::Jsonl => json_line(value),
        _ => json(value),
    }
}

/// One thing as a document of its own: with the number of the schema, which it does not carry where it is one of many.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'t, T> {
    schema: u32,
    #[serde(flatten)]
    thing: &'t T,
}

impl<'t, T> Document<'t, T> {
    pub(crate) fn of(thing: &'t T) -> Self {
        let schema = SCHEMA;
        Self { schema, thing }
    }
}

/// Writes one JSON object a line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    line(&json_text(value)?)
}

pub(super) fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    Ok(harmless(serde_json::to_string(value).map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_nothing_that_acts_on_a_terminal_and_means_the_same() {
        let hostile = "a\u{1b}[2J\u{9b}\u{202e}\n\u{e0041}é";
        let value = serde_json::json!({"k\u{200b}": [hostile, 1]});
        for json in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let safe = harmless(json);
            let clean = |line| matches!(text::clean(line), Cow::Borrowed(_));
            assert!(safe.lines().all(clean), "{safe}");
            assert!(
                safe.contains("\\u202e") && safe.contains("\\udb40\\udc41é"),
                "{safe}"
            );
            let back: serde_json::Value = serde_json::from_str(&safe).unwrap();
            assert_eq!(back, value);
        }
    }
}
