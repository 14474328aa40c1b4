//! What became of cookies by a sign-in. No I/O.

use crate::CookieDetail;

/// What a sign-in made of a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieFate {
    pub name: String,
    pub fate: Fate,
}

/// Compared with the moment before name and password were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    New,
    /// It has another value: what an id has to have after a sign-in.
    Renewed,
    Kept,
}

/// What became of the cookies that are there now.
pub(super) fn fates(before: &[CookieDetail], after: &[CookieDetail]) -> Vec<CookieFate> {
    let fate = |cookie: &CookieDetail| {
        let same = |old: &&CookieDetail| {
            (&old.name, &old.path, &old.domain) == (&cookie.name, &cookie.path, &cookie.domain)
        };
        match before.iter().find(same) {
            None => Fate::New,
            Some(old) if old.value.expose() == cookie.value.expose() => Fate::Kept,
            Some(_) => Fate::Renewed,
        }
    };
    let fates = after.iter().map(|cookie| CookieFate {
        name: sessctl_api::text::fit(&cookie.name, 64),
        fate: fate(cookie),
    });
    fates.collect()
}
