//! `sessctl serve --print-config`: a settings file with every key, made from the help and the table of keys.

use std::fmt::Write as _;

use clap::Arg;

use super::settle;
use crate::settings::{self, Key, Kind, Shown};

/// How wide its comments are.
const WIDTH: usize = 96;

const HEAD: &str = "\
# Settings of sessctl serve. A line that begins with # says nothing; what such a line shows is what
# counts anyway, or an example where it says so. Flags and SESSCTL_* variables stand above this file.
# After a change: sessctl serve --check-config --config FILE

[serve]
";

/// The whole file.
pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut heading = None;
    for argument in settle::command().get_arguments() {
        let Some(key) = settings::key(argument.get_id().as_str()) else {
            continue;
        };
        if heading != argument.get_help_heading() {
            heading = argument.get_help_heading();
            let title = heading.unwrap_or_default();
            // Writing to a text cannot fail.
            let _ = write!(text, "\n# ---- {title} ----\n");
        }
        entry(&mut text, argument, key);
    }
    text
}

fn entry(text: &mut String, argument: &Arg, key: &Key) {
    let help = argument.get_help().map(ToString::to_string);
    text.push('\n');
    wrap(text, &help.unwrap_or_default());
    let choices: Vec<_> = argument.get_possible_values();
    let is_choice = key.kind == Kind::Text && !choices.is_empty();
    for choice in choices.iter().filter(|_| is_choice) {
        let meaning = choice.get_help().map(ToString::to_string);
        let name = choice.get_name();
        match meaning {
            Some(meaning) => wrap(text, &format!("  \"{name}\": {meaning}")),
            None => wrap(text, &format!("  \"{name}\"")),
        }
    }
    let (value, note) = match key.shown {
        Shown::Default(value) => (value, ""),
        Shown::Example(value) => (value, "  # an example"),
    };
    let name = key.name;
    let value = literal(key.kind, value);
    let _ = writeln!(text, "# {name} = {value}{note}");
}

fn literal(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Text => format!("\"{value}\""),
        Kind::Flag | Kind::Number => value.to_owned(),
        Kind::List => {
            let values: Vec<_> = value.split(',').map(|one| format!("\"{one}\"")).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

/// Writes a text as comments of a bearable width.
fn wrap(text: &mut String, words: &str) {
    let indent = words.len() - words.trim_start().len();
    let mut line = " ".repeat(indent);
    for word in words.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH && line.trim() != "" {
            let _ = writeln!(text, "# {}", line.trim_end());
            line = " ".repeat(indent);
        }
        line.push_str(word);
        line.push(' ');
    }
    let _ = writeln!(text, "# {}", line.trim_end());
}
