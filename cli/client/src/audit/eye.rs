//! Tells the private page from what strangers get, also where both change with every request.

use super::words::{self, Words};
use crate::site::{Reached, fingerprint, is_login_form};

/// How the private page is recognised.
#[derive(Debug)]
pub(super) struct Eye {
    /// Status and place of the private page; nothing if strangers get the same, or every session another.
    place: Option<Place>,
    /// Words of the private page that strangers never get, if it has any.
    marks: Words,
}

type Place = (u16, Option<String>);

impl Eye {
    /// Looks at two answers to strangers and two to somebody who is signed in, best in two sessions; `None` if nothing
    /// tells them apart.
    pub(super) fn new(strangers: [&Reached; 2], signed_in: [&Reached; 2]) -> Option<Self> {
        let place = place(signed_in[0]);
        let is_own = place == self::place(signed_in[1])
            && strangers.iter().all(|page| self::place(page) != place);
        let (strangers, signed_in) = (strangers.map(words::of), signed_in.map(words::of));
        let marks = words::only_in(signed_in.each_ref(), strangers.each_ref());
        let eye = Self {
            place: is_own.then_some(place),
            marks,
        };
        (eye.place.is_some() || !eye.marks.is_empty()).then_some(eye)
    }

    /// Whether an answer is the private page: in its place, and with most of its words. Some of them are always other ones:
    /// counts, clocks, what happened last.
    pub(super) fn sees(&self, page: &Reached) -> bool {
        if page.status >= 400 || page.left.is_some() {
            return false;
        }
        if self.place.as_ref().is_some_and(|own| place(page) != *own) {
            return false;
        }
        if self.marks.is_empty() {
            return !is_login_form(page);
        }
        let words = words::of(page);
        let present = self.marks.iter().filter(|mark| words.contains(*mark));
        present.count() * 2 > self.marks.len()
    }
}

fn place(page: &Reached) -> Place {
    (page.status, fingerprint(page).location)
}
