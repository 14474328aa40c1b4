//! A profile, and what both settings files say together. No I/O.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
};

use crate::{Error, Fingerprint};

/// A name for a server, a user, a jar and a source.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub server: Option<String>,
    pub user: Option<String>,
    /// What list commands look at. May hold a store's password, so it is hidden from `Debug`.
    pub source: Option<String>,
    /// The file that holds the token for that source; never the token itself.
    pub token_file: Option<String>,
    pub login_path: Option<String>,
    pub dashboard_path: Option<String>,
    pub logout_path: Option<String>,
    pub user_field: Option<String>,
    pub password_field: Option<String>,
    /// How name and password are sent: `form` or `json`.
    pub via: Option<String>,
    /// The template of the JSON.
    pub login_body: Option<String>,
    /// Whether the live dashboard only looks at its source.
    pub read_only: Option<bool>,
    /// The dashboard as strangers got it at the last sign-in.
    pub anonymous: Option<Fingerprint>,
}

/// The one list of the text keys, each with its value borrowed by `&` or `&mut`, in the order of the file.
macro_rules! texts {
    ($profile:ident, $($borrow:tt)+) => {
        [
            ("server", $($borrow)+ $profile.server),
            ("user", $($borrow)+ $profile.user),
            ("source", $($borrow)+ $profile.source),
            ("token_file", $($borrow)+ $profile.token_file),
            ("login_path", $($borrow)+ $profile.login_path),
            ("dashboard_path", $($borrow)+ $profile.dashboard_path),
            ("logout_path", $($borrow)+ $profile.logout_path),
            ("user_field", $($borrow)+ $profile.user_field),
            ("password_field", $($borrow)+ $profile.password_field),
            (Profile::VIA, $($borrow)+ $profile.via),
            ("login_body", $($borrow)+ $profile.login_body),
        ]
    };
}

impl Profile {
    /// The key of the text that is one of two words.
    pub(super) const VIA: &'static str = "via";
    /// The keys of the values that are no texts.
    pub(super) const READ_ONLY: &'static str = "read_only";
    pub(super) const ANONYMOUS: &'static str = "anonymous";

    /// Every text key with its value, in the order in which they are written.
    pub(super) fn texts(&self) -> [(&'static str, &Option<String>); 11] {
        texts!(self, &)
    }

    /// Every text key with the place of its value.
    fn texts_mut(&mut self) -> [(&'static str, &mut Option<String>); 11] {
        texts!(self, &mut)
    }

    /// The place of a text key's value.
    pub(super) fn text_mut(&mut self, key: &str) -> Option<&mut Option<String>> {
        let mut texts = self.texts_mut().into_iter();
        texts.find(|(name, _)| *name == key).map(|(_, place)| place)
    }

    /// Every key.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let texts = self.texts().into_iter().map(|(key, _)| key);
        texts.chain([Self::READ_ONLY, Self::ANONYMOUS]).collect()
    }

    /// Takes over every value that another profile sets.
    fn override_with(&mut self, mut other: Self) {
        // The token is for the source that stands beside it.
        if other.source.is_some() && other.source != self.source {
            self.token_file = None;
        }
        for ((_, place), (_, value)) in self.texts_mut().into_iter().zip(other.texts_mut()) {
            if value.is_some() {
                *place = value.take();
            }
        }
        // A project may forbid to end sessions, and not allow what the user forbade.
        if self.read_only != Some(true) {
            self.read_only = other.read_only.or(self.read_only);
        }
        self.anonymous = other.anonymous.or(self.anonymous.take());
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Profile");
        for (key, value) in self.texts() {
            match value {
                // An address may be written with a password in it too.
                Some(_) if matches!(key, "source" | "server") => debug.field(key, &".."),
                value => debug.field(key, value),
            };
        }
        debug
            .field(Self::READ_ONLY, &self.read_only)
            .field(Self::ANONYMOUS, &self.anonymous)
            .finish()
    }
}

/// Both settings files together. The looks and keys of the dashboard are the user's alone: a project's `[tui]` is not
/// read.
#[derive(Clone, Default, PartialEq)]
pub struct Config {
    pub(super) profile: Option<String>,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// The profiles as the user's own file has them, where the project's file says something else.
    own_profiles: BTreeMap<String, Profile>,
    pub(super) serve: toml::Table,
    pub(super) serve_places: BTreeMap<String, Place>,
    pub(super) tui: toml::Table,
    pub(super) tui_places: BTreeMap<String, Place>,
    /// The keys of `[serve]` that the project's file sets.
    project_serve: BTreeSet<String>,
}

/// Where a key stands: the file, and its line from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub line: usize,
}

impl fmt::Display for Place {
    /// As every fault of a settings file is named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.path.display(), self.line)
    }
}

impl Config {
    /// The profile to use when none is named.
    pub fn default_profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// One profile.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// All profiles by name.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles.iter().map(|(name, p)| (name.as_str(), p))
    }

    /// The `[serve]` table.
    pub fn serve(&self) -> &toml::Table {
        &self.serve
    }

    /// The `[tui]` table of the user's own file.
    pub fn tui(&self) -> &toml::Table {
        &self.tui
    }

    /// Where a key of the `[tui]` table stands.
    pub fn tui_place(&self, key: &str) -> Option<&Place> {
        self.tui_places.get(key)
    }

    /// One profile as the user's own file has it, without what the project's file says of it. Only this may be kept.
    pub fn own_profile(&self, name: &str) -> Option<&Profile> {
        self.own_profiles.get(name).or_else(|| self.profile(name))
    }

    /// Whether only the project's file names a profile's source, which may be anybody's file: a token that was not
    /// meant for that source must not be sent there.
    pub fn source_is_projects(&self, name: &str) -> bool {
        let of = |profile: Option<&Profile>| profile.and_then(|profile| profile.source.clone());
        of(self.profile(name)) != of(self.own_profile(name))
    }

    /// Whether a key of the `[serve]` table counts as the project's file has it, which may be anybody's.
    pub fn serve_is_projects(&self, key: &str) -> bool {
        self.project_serve.contains(key)
    }

    /// The files in which keys of the `[serve]` table stand that count.
    pub fn serve_files(&self) -> BTreeSet<&Path> {
        let places = self.serve_places.values();
        places.map(|place| place.path.as_path()).collect()
    }

    /// Where a key of the `[serve]` table stands that counts.
    pub fn serve_place(&self, key: &str) -> Option<&Place> {
        self.serve_places.get(key)
    }

    /// Takes over every key that the project's file sets.
    pub(super) fn override_with(&mut self, other: Self) {
        self.profile = other.profile.or(self.profile.take());
        for (name, profile) in other.profiles {
            let merged = self.profiles.entry(name.clone()).or_default();
            self.own_profiles.insert(name, merged.clone());
            merged.override_with(profile);
        }
        self.project_serve.extend(other.serve.keys().cloned());
        merge(&mut self.serve, other.serve);
        self.serve_places.extend(other.serve_places);
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `[serve]` may hold a store's password.
        f.debug_struct("Config")
            .field("profile", &self.profile)
            .field("profiles", &self.profiles)
            .finish_non_exhaustive()
    }
}

/// Key by key, also inside tables.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Refuses a name that could not be typed, or could be taken for an option or a hidden file.
pub fn check_profile_name(name: &str) -> Result<(), Error> {
    let fits = (1..=64).contains(&name.len())
        && !name.starts_with(['-', '.'])
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._@+-".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(Error::BadInput(format!(
            "{:?} is not a profile name: 1 to 64 letters, digits or . _ @ + -, and no - or . at the start",
            sessctl_api::text::fit(name, 80)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_names_are_typeable_and_safe() {
        for name in ["a", "alice@work", "x.y_z+1-2", &"a".repeat(64)] {
            check_profile_name(name).unwrap();
        }
        for name in ["", "-x", ".x", "a b", "a/b", "é", &"a".repeat(65), "a\n"] {
            let error = check_profile_name(name).unwrap_err().to_string();
            assert!(error.contains("1 to 64"), "{error}");
        }
    }

    #[test]
    fn a_profile_hides_its_source() {
        let profile = Profile {
            source: Some("postgres://u:hunter2@h/db".into()),
            user: Some("alice".into()),
            ..Profile::default()
        };
        let debug = format!("{profile:?}");
        assert!(
            !debug.contains("hunter2") && debug.contains("alice"),
            "{debug}"
        );
    }
}
