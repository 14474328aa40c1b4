//! What `-v` tells of the way to an answer: each request, where it led, and which cookies came; no secrets.

use sessctl_client::{CookieFate, Fate, Site};

use crate::output;

/// Says each step since the last call on stderr.
pub(crate) fn say(site: &Site) {
    for step in site.steps() {
        let mut line = format!("{:4} {} {}", step.method, step.url, step.status);
        if let Some(location) = &step.location {
            line.push_str(&format!(" -> {location}"));
        }
        if !step.sets.is_empty() {
            line.push_str(&format!(", sets {}", step.sets.join(", ")));
        }
        if step.as_stranger {
            line.push_str(" (as a stranger)");
        }
        output::say!("sessctl: {line}");
    }
}

/// Says what a sign-in made of each cookie. An id that is kept over it is one that somebody else may have chosen.
pub(crate) fn say_fates(cookies: &[CookieFate]) {
    for CookieFate { name, fate } in cookies {
        let words = match fate {
            Fate::New => "new with the sign-in",
            Fate::Renewed => "another value since the sign-in: rotated",
            Fate::Kept => "the same value as before the sign-in",
        };
        output::say!("sessctl: cookie {name}: {words}");
    }
}
