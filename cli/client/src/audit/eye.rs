//! Tells the private page from what strangers get, also where both change with every request.

use super::words::{self, Words};
use crate::site::{Reached, fingerprint, is_login_form};

/// How the private page is recognised.
#[derive(Debug)]
pub(super) struct Eye {
    /// Status and place of the private page; nothing if strangers get the same.
    place: Option<Place>,
    /// Words of the private page that strangers never get.
    marks: Words,
}

type Place = (u16, Option<String>);

impl Eye {
    /// Looks at two answers to strangers and two to somebody who is signed in; `None` if nothing tells them apart.
    pub(super) fn new(strangers: [&Reached; 2], signed_in: [&Reached; 2]) -> Option<Self> {
        let place = place(signed_in[0]);
        let is_own = place == self::place(signed_in[1])
            && strangers.iter().all(|page| self::place(page) != place);
        let of = |page| words::of(page, &[]);
        let (strangers, signed_in) = (strangers.map(of), signed_in.map(of));
        let marks = words::only_in(signed_in.each_ref(), strangers.each_ref());
        let eye = Self {
            place: is_own.then_some(place),
            marks,
        };
        (eye.place.is_some() || !eye.marks.is_empty()).then_some(eye)
    }

    /// Whether an answer is the private page.
    pub(super) fn sees(&self, page: &Reached) -> bool {
        if page.status >= 400 || page.left.is_some() || is_login_form(page) {
            return false;
        }
        match &self.place {
            Some(own) => place(page) == *own,
            None => {
                let words = words::of(page, &[]);
                self.marks.iter().all(|mark| words.contains(mark))
            }
        }
    }
}

fn place(page: &Reached) -> Place {
    (page.status, fingerprint(page).location)
}
