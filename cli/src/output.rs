//! Results on stdout: tables for people, JSON for programs. Whatever strangers chose is made harmless first.
//!
//! Lists, in every format, are in `listing`; what their columns are made of is in `column`, and how a line of them is
//! written in `table` and `csv`.

mod column;
mod csv;
mod listing;
mod pairs;
mod picked;
pub(crate) mod sessions;
mod table;

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _, Write as _},
};

use serde::Serialize;
use sessctl_api::{SCHEMA, span, text};
use time::OffsetDateTime;

pub(crate) use self::{
    column::Column,
    listing::{Listing, refuse_columns},
    pairs::{PAIRS, Pair},
};

use crate::{
    exit::{Failure, failed},
    global::Format,
};

/// Says something on stderr. That nobody hears it, on a closed pipe or a full disk, changes nothing: not the exit code
/// either, as the panic of `eprintln!` would.
macro_rules! say {
    ($($text:tt)*) => {
        drop(std::io::Write::write_fmt(
            &mut std::io::stderr().lock(),
            format_args!("{}\n", format_args!($($text)*)),
        ))
    };
}
pub(crate) use say;

/// Writes a line to stdout. A reader who left ends the command quietly.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

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

fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    Ok(harmless(serde_json::to_string(value).map_err(failed)?))
}

/// Writes a body as it came; at a terminal without what would act on it.
pub(crate) fn body(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        let text = String::from_utf8_lossy(bytes);
        for part in text.split_inclusive('\n') {
            let (part, end) = part
                .strip_suffix('\n')
                .map_or((part, ""), |part| (part, "\n"));
            let part = part.strip_suffix('\r').unwrap_or(part);
            let tabs: Vec<_> = part.split('\t').map(text::clean).collect();
            write!(out, "{}{end}", tabs.join("\t"))?;
        }
        if !text.ends_with('\n') && !text.is_empty() {
            writeln!(out)?;
        }
    } else {
        out.write_all(bytes)?;
    }
    Ok(out.flush()?)
}

/// Names and values below each other.
pub(crate) fn fields(pairs: &[(&str, String)]) -> Result<(), Failure> {
    let widest = pairs.iter().map(|(name, _)| text::width(name)).max();
    let widest = widest.unwrap_or(0);
    let mut pairs = pairs.iter();
    pairs.try_for_each(|(name, value)| line(&format!("{name:widest$}  {value}")))
}

/// Text that a stranger chose, cut to so many cells.
pub(crate) fn word(text: Option<&str>, cells: usize) -> String {
    text.map_or_else(unknown, |text| text::fit(text, cells))
}

/// What stands where a store does not know.
pub(crate) fn unknown() -> String {
    "-".to_owned()
}

/// How long ago, in words.
pub(crate) fn ago(time: OffsetDateTime, now: OffsetDateTime) -> String {
    let ago = span::between(time, now);
    match ago.as_secs() {
        0 => "just now".to_owned(),
        _ => format!("{} ago", span::short(ago)),
    }
}

/// A word as it can be pasted into a shell.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@+-/:".contains(c);
    let word = text::clean(word);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
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

    #[test]
    fn a_suggested_command_can_be_pasted() {
        for (word, pasted) in [
            ("alice", "alice"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("--x", "'--x'"),
            ("<b>", "'<b>'"),
            ("", "''"),
            ("a\nb", "'a\\u{a}b'"),
        ] {
            assert_eq!(shell_word(word), pasted);
        }
    }
}
