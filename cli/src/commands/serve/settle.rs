//! What counts of all that was said: flags before environment before settings file.
//!
//! Whatever counts is put on one command line, which the flags' own rules judge: an option is declared once, and means
//! the same wherever it is said.

use std::ffi::{OsStr, OsString};

use clap::{
    Args as _, FromArgMatches as _,
    builder::Resettable,
    error::{ContextKind, ContextValue},
};
use sessctl_client::Config;

use super::{faults::Faults, options::Options};
use crate::{
    context::Context,
    exit::{Code, Failure},
    settings::{self, KEYS, Key},
};

/// The options that count, as far as they can be read. What the environment says is meant for another server than a
/// private one.
pub(super) fn settle(
    context: &Context,
    config: &Config,
    is_private: bool,
    faults: &mut Faults,
) -> Result<Options, Failure> {
    for unknown in settings::unknown_keys(config) {
        faults.add(unknown);
    }
    for refused in settings::keys_of_owners(config) {
        faults.add(refused);
    }
    let mut words = Vec::new();
    for key in &KEYS {
        let said = context
            .said(key.name)
            .filter(|(_, is_typed)| *is_typed || !is_private);
        // Nonsense in a file is a fault also where something else counts.
        let of_file = of_file(config, key);
        match (said, of_file) {
            (Some((values, _)), of_file) => {
                faults.take(of_file);
                words.extend(values.iter().map(|value| flag(key.name, value)));
            }
            (None, Ok(word)) => words.extend(word),
            (None, Err(fault)) => faults.add_unread(key.name, fault),
        }
    }
    parse(&words).map_err(|error| Failure::new(Code::USAGE, why(&error)))
}

/// What a settings file says for a key, if that makes sense.
fn of_file(config: &Config, key: &Key) -> Result<Option<OsString>, Failure> {
    let Some(text) = settings::said(config, key)? else {
        return Ok(None);
    };
    let word = flag(key.name, OsStr::new(&text));
    match parse([&word]) {
        Ok(_) => Ok(Some(word)),
        Err(error) => Err(settings::wrong(config, key.name, &why(&error))),
    }
}

fn flag(name: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("--{}=", name.replace('_', "-")));
    word.push(value);
    word
}

/// The options' own command line, which hears nothing of the environment.
pub(super) fn command() -> clap::Command {
    let bare = clap::Command::new("serve").no_binary_name(true);
    Options::augment_args(bare).mut_args(|argument| argument.env(Resettable::Reset))
}

fn parse(
    words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<Options, clap::Error> {
    let matches = command().try_get_matches_from(words)?;
    Options::from_arg_matches(&matches)
}

/// What is wrong with a value, without the flag: the key is named already.
fn why(error: &clap::Error) -> String {
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue)
        && !values.is_empty()
    {
        return format!("is one of {}", values.join(", "));
    }
    match std::error::Error::source(error) {
        Some(cause) => cause.to_string(),
        None => "wants a value".to_owned(),
    }
}
