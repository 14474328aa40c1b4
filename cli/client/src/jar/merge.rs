//! What one process changed in a jar, applied to what the file holds by now.

use std::{collections::BTreeMap, convert::Infallible};

use cookie_store::{Cookie, CookieStore};

/// Live cookies by what makes each one unique.
pub(super) type Kept = BTreeMap<Key, Cookie<'static>>;

/// Domain, path and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) domain: String,
    pub(super) path: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn of(cookie: &Cookie<'_>) -> Self {
        Self {
            domain: String::from(&cookie.domain),
            path: String::from(&cookie.path),
            name: cookie.name().to_owned(),
        }
    }
}

pub(super) fn kept_of(store: &CookieStore) -> Kept {
    store
        .iter_unexpired()
        .map(|cookie| (Key::of(cookie), cookie.clone()))
        .collect()
}

pub(super) fn store_of(kept: &Kept) -> CookieStore {
    let cookies = kept.values().cloned().map(Ok::<_, Infallible>);
    CookieStore::from_cookies(cookies, false).unwrap_or_default()
}

/// The differences between two states of a jar.
pub(super) struct Changes<'a>(Vec<Change<'a>>);

enum Change<'a> {
    /// A new cookie, or a new value: it wins.
    Set(&'a Cookie<'static>),
    /// The same value with other attributes, such as a later expiry: only if that value is still the one.
    Renew(&'a Cookie<'static>),
    /// Gone: only if the file still has that value, and not one that a parallel sign-in put there.
    Remove(&'a Cookie<'static>),
}

impl<'a> Changes<'a> {
    pub(super) fn between(before: &'a Kept, now: &'a Kept) -> Self {
        let removed = before
            .iter()
            .filter(|(key, _)| !now.contains_key(key))
            .map(|(_, cookie)| Change::Remove(cookie));
        let set = now
            .iter()
            .filter_map(|(key, cookie)| match before.get(key) {
                Some(old) if old == cookie => None,
                Some(old) if old.value() == cookie.value() => Some(Change::Renew(cookie)),
                _ => Some(Change::Set(cookie)),
            });
        Self(removed.chain(set).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Applies them; the result says whether that made a difference.
    pub(super) fn apply(&self, file: &mut Kept) -> bool {
        let mut changed = false;
        for change in &self.0 {
            let (Change::Set(cookie) | Change::Renew(cookie) | Change::Remove(cookie)) = change;
            let key = Key::of(cookie);
            let there = file.get(&key);
            let same_value = there.is_some_and(|there| there.value() == cookie.value());
            match change {
                Change::Remove(_) if same_value => {
                    file.remove(&key);
                    changed = true;
                }
                Change::Renew(_) if !same_value => {}
                Change::Set(_) | Change::Renew(_) if there != Some(*cookie) => {
                    file.insert(key, (*cookie).clone());
                    changed = true;
                }
                _ => {}
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn kept(cookies: &[&str]) -> Kept {
        let url = Url::parse("http://localhost/").unwrap();
        cookies
            .iter()
            .map(|text| Cookie::parse(*text, &url).unwrap().into_owned())
            .map(|cookie| (Key::of(&cookie), cookie))
            .collect()
    }

    fn merged(before: &[&str], now: &[&str], file: &[&str]) -> Kept {
        let mut file = kept(file);
        Changes::between(&kept(before), &kept(now)).apply(&mut file);
        file
    }

    #[test]
    fn only_own_changes_are_applied() {
        assert_eq!(
            merged(&["a=1", "b=1"], &["a=2", "c=1"], &["a=1", "b=1", "d=1"]),
            kept(&["a=2", "c=1", "d=1"])
        );
    }

    #[test]
    fn a_removal_spares_what_a_parallel_sign_in_put_there() {
        assert_eq!(merged(&["sid=old"], &[], &["sid=new"]), kept(&["sid=new"]));
        assert_eq!(merged(&["sid=old"], &[], &["sid=old"]), kept(&[]));
    }

    #[test]
    fn a_renewal_brings_no_removed_cookie_back() {
        let renewed = "sid=1; Max-Age=900";
        assert_eq!(merged(&["sid=1"], &[renewed], &[]), kept(&[]));
        assert_eq!(merged(&["sid=1"], &[renewed], &["sid=2"]), kept(&["sid=2"]));
        assert_eq!(merged(&["sid=1"], &[renewed], &["sid=1"]).len(), 1);
    }

    #[test]
    fn equal_states_have_no_changes() {
        assert!(Changes::between(&kept(&["a=1"]), &kept(&["a=1"])).is_empty());
    }
}
