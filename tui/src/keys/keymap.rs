//! The keys that a user changed, and the check that none means two things.

use std::collections::HashMap;

use sessctl_api::{nearest, text};

use super::{Binding, KEYS, stroke::Stroke};
use crate::place::Place;

/// What a user changed of the table of keys; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    /// By the binding's place in the table.
    changed: HashMap<usize, Vec<Stroke>>,
}

/// What is wrong with a keymap: a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadKeymap(pub String);

impl Keymap {
    /// Takes changes, such as `list.end` and `["X", "Del"]`. Keys that are given replace those of the table; none at
    /// all take the action off the keyboard.
    pub fn new<'k>(
        changes: impl IntoIterator<Item = (&'k str, Vec<&'k str>)>,
    ) -> Result<Self, BadKeymap> {
        let mut changed = HashMap::new();
        for (name, keys) in changes {
            let index = (0..KEYS.len()).find(|index| full_name(&KEYS[*index]) == name);
            let index = index.ok_or_else(|| unknown(name))?;
            let strokes = keys.into_iter().map(|key| {
                Stroke::parse(key).ok_or_else(|| {
                    let key = text::fit(key, 20);
                    BadKeymap(format!(
                        "{name}: {key:?} is no key; write x, G, Ctrl-D, Space, Enter, PgUp or F5"
                    ))
                })
            });
            changed.insert(index, strokes.collect::<Result<_, _>>()?);
        }
        let keymap = Self { changed };
        keymap.check()?;
        Ok(keymap)
    }

    /// The keys of a binding.
    pub(super) fn strokes<'k>(&'k self, binding: &'k Binding) -> &'k [Stroke] {
        let index = KEYS.iter().position(|one| std::ptr::eq(one, binding));
        let changed = index.and_then(|index| self.changed.get(&index));
        changed.map_or(binding.strokes, Vec::as_slice)
    }

    /// No key may mean two things in one place, and there must be a way out.
    fn check(&self) -> Result<(), BadKeymap> {
        for (i, one) in KEYS.iter().enumerate() {
            for other in &KEYS[i + 1..] {
                let meet = one.place == other.place
                    || one.place == Place::Anywhere
                    || other.place == Place::Anywhere;
                let other_strokes = self.strokes(other);
                let both = self.strokes(one).iter().find(|s| other_strokes.contains(s));
                if let Some(stroke) = both.filter(|_| meet) {
                    let (one, other) = (full_name(one), full_name(other));
                    return Err(BadKeymap(format!(
                        "{stroke} would mean both {one} and {other}: give one of them another key"
                    )));
                }
            }
        }
        let leaves = |binding: &&Binding| binding.name == "quit" || binding.name == "back";
        for binding in KEYS.iter().filter(leaves) {
            if self.strokes(binding).is_empty() {
                let name = full_name(binding);
                return Err(BadKeymap(format!("{name}: there must be a key for this")));
            }
        }
        Ok(())
    }
}

/// What a binding is called in settings: its place and its own name.
fn full_name(binding: &Binding) -> String {
    let places = Place::ALL.iter();
    let place = places.filter(|(place, ..)| *place == binding.place);
    let place = place.map(|(_, _, name)| *name).next().unwrap_or_default();
    format!("{place}.{}", binding.name)
}

fn unknown(name: &str) -> BadKeymap {
    let names: Vec<_> = KEYS.iter().map(full_name).collect();
    let guess = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", names.join(", ")),
    };
    let name = text::fit(name, 40);
    BadKeymap(format!("{name:?} is nothing that a key does; {guess}"))
}
