//! One of a few words, or what is wrong with it.

use sessctl_api::{nearest, text};

/// Why a word is none of the choices: a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

/// Reads one of a few words.
pub(crate) fn choice<T: Copy>(
    what: &str,
    word: &str,
    all: &[(&'static str, T)],
) -> Result<T, BadSetting> {
    if let Some((_, value)) = all.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    let guess = match nearest(word, names.iter().copied()) {
        Some(near) => format!("did you mean {near}? There are"),
        None => "there are".to_owned(),
    };
    let word = text::fit(word, 40);
    let names = names.join(", ");
    Err(BadSetting(format!(
        "{word:?} is no {what}; {guess} {names}"
    )))
}
