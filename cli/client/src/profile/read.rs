//! Reads one settings file. Every error names the file, the line and the key, and repeats no value: a value may be
//! a store's password.

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    ops::Range,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use sessctl_api::text;
use toml_edit::{Document, Item, TableLike};

use super::model::{Config, Place, Profile, check_profile_name};
use crate::{Error, Fingerprint};

const TOP_KEYS: [&str; 4] = ["default_profile", "profile", "serve", "tui"];

/// Reads a file; a missing one is empty.
pub(super) fn file(path: &Path) -> Result<Config, Error> {
    let (config, unknown) = known(path)?;
    match unknown.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(config),
    }
}

/// The same, with a fault for each key at its top that is not known, which is passed over.
pub(super) fn known(path: &Path) -> Result<(Config, Vec<Error>), Error> {
    match fs::read_to_string(path) {
        Ok(text) => Reader { path, text: &text }.config(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Default::default()),
        Err(error) => Err(Error::file(format!("cannot read {}", path.display()))(
            error,
        )),
    }
}

/// Reads the file of a project, if only we or root can have written it. Commands obey it wherever they are called, also
/// in `/tmp` and in what somebody else unpacked there.
pub(super) fn project(path: &Path) -> Result<Config, Error> {
    // A link is looked at itself too: whoever put it there chose the file.
    for look in [fs::symlink_metadata(path), fs::metadata(path)] {
        match look {
            Ok(meta) => {
                refuse_oddities(path, &meta)?;
                refuse_strangers(path, &meta)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
            // Reading it says what is wrong.
            Err(_) => break,
        }
    }
    file(path)
}

/// Refuses a file that somebody else wrote, or could write.
fn refuse_strangers(path: &Path, meta: &Metadata) -> Result<(), Error> {
    let us = rustix::process::geteuid().as_raw();
    let why = if meta.uid() != us && meta.uid() != 0 {
        format!(
            "it belongs to somebody else (uid {}), who could send you to another server; look at it, and make it yours if you trust it: chown",
            meta.uid()
        )
    } else if !meta.is_symlink() && meta.permissions().mode() & 0o002 != 0 {
        "everybody may write it, and so send you to another server; look at it, then: chmod o-w"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(not_read(path, &why))
}

/// Refuses what is no file: a pipe would be waited for until somebody writes into it.
fn refuse_oddities(path: &Path, meta: &Metadata) -> Result<(), Error> {
    if meta.is_file() || meta.is_symlink() {
        return Ok(());
    }
    Err(not_read(
        path,
        "it is no ordinary file, as a project's settings are; move it away",
    ))
}

fn not_read(path: &Path, why: &str) -> Error {
    Error::Config {
        path: path.to_owned(),
        line: None,
        message: format!("not read: {why}, or call sessctl from another directory"),
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn config(&self) -> Result<(Config, Vec<Error>), Error> {
        let document = Document::parse(self.text)
            .map_err(|error| self.fault(error.span(), error.message()))?;
        let (mut config, mut unknown) = (Config::default(), Vec::new());
        for (key, item) in document.iter() {
            match key {
                "profile" if item.is_str() => config.profile = Some(self.name(key, item)?),
                "default_profile" => config.profile = Some(self.name(key, item)?),
                "profile" => self.profiles(item, &mut config)?,
                "serve" => config.serve_places = self.places(self.table(key, item)?),
                "tui" => config.tui_places = self.places(self.table(key, item)?),
                _ => {
                    let span = document.as_table().key(key).and_then(|key| key.span());
                    unknown.push(self.unknown(span, key, "", &TOP_KEYS));
                }
            }
        }
        // The same text once more as plain values, for what is handed on unread.
        let mut values: toml::Table = toml::from_str(self.text)
            .map_err(|error| self.fault(error.span(), "this is not TOML"))?;
        if let Some(toml::Value::Table(table)) = values.remove("serve") {
            config.serve = table;
        }
        if let Some(toml::Value::Table(table)) = values.remove("tui") {
            config.tui = table;
        }
        Ok((config, unknown))
    }

    /// The default profile's name. `profile = "NAME"` is the same, for a project's file: TOML does not let it stand
    /// beside `[profile.NAME]` tables.
    fn name(&self, at: &str, item: &Item) -> Result<String, Error> {
        let name = self.string(at, item)?;
        check_profile_name(&name).map_err(|e| self.fault(item.span(), &e.to_string()))?;
        Ok(name)
    }

    fn profiles(&self, item: &Item, config: &mut Config) -> Result<(), Error> {
        for (name, item) in self.table("profile", item)?.iter() {
            check_profile_name(name).map_err(|e| self.fault(item.span(), &e.to_string()))?;
            let profile = self.profile(&format!("profile.{name}"), item)?;
            config.profiles.insert(name.to_owned(), profile);
        }
        Ok(())
    }

    fn profile(&self, at: &str, item: &Item) -> Result<Profile, Error> {
        let mut profile = Profile::default();
        let table = self.table(at, item)?;
        for (key, item) in table.iter() {
            if key == Profile::READ_ONLY {
                let at = format!("{at}.{key}");
                let wanted = || self.wrong_type(&at, item, "true or false");
                profile.read_only = Some(item.as_bool().ok_or_else(wanted)?);
            } else if key == Profile::ANONYMOUS {
                profile.anonymous = Some(self.fingerprint(&format!("{at}.{key}"), item)?);
            } else if let Some(place) = profile.text_mut(key) {
                *place = Some(self.string(&format!("{at}.{key}"), item)?);
                if key == Profile::VIA && !matches!(place.as_deref(), Some("form" | "json")) {
                    let what = format!("{at}.{key} is form or json");
                    return Err(self.fault(item.span(), &what));
                }
            } else {
                let span = table.key(key).and_then(|key| key.span());
                return Err(self.unknown(span, key, at, &profile.keys()));
            }
        }
        Ok(profile)
    }

    fn fingerprint(&self, at: &str, item: &Item) -> Result<Fingerprint, Error> {
        let table = self.table(at, item)?;
        let (mut status, mut body, mut location) = (None, None, None);
        for (key, item) in table.iter() {
            let at = format!("{at}.{key}");
            match key {
                "status" => {
                    let number = item.as_integer().and_then(|n| u16::try_from(n).ok());
                    status = Some(number.ok_or_else(|| {
                        self.fault(item.span(), &format!("{at} must be an HTTP status"))
                    })?);
                }
                "body" => body = Some(self.string(&at, item)?),
                "location" => location = Some(self.string(&at, item)?),
                _ => {
                    let span = table.key(key).and_then(|key| key.span());
                    return Err(self.unknown(span, key, &at, &["status", "body", "location"]));
                }
            }
        }
        match (status, body) {
            (Some(status), Some(body)) => Ok(Fingerprint {
                status,
                body,
                location,
            }),
            _ => Err(self.fault(
                item.span(),
                &format!("{at} needs status and body; sessctl login writes it"),
            )),
        }
    }

    fn string(&self, at: &str, item: &Item) -> Result<String, Error> {
        item.as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong_type(at, item, "a string"))
    }

    fn table<'i>(&self, at: &str, item: &'i Item) -> Result<&'i dyn TableLike, Error> {
        item.as_table_like()
            .ok_or_else(|| self.wrong_type(at, item, "a table"))
    }

    fn wrong_type(&self, at: &str, item: &Item, wanted: &str) -> Error {
        let is = item.type_name();
        self.fault(item.span(), &format!("{at} must be {wanted}, not {is}"))
    }

    fn unknown(&self, span: Option<Range<usize>>, key: &str, at: &str, known: &[&str]) -> Error {
        let place = if at.is_empty() {
            String::new()
        } else {
            format!(" in {at}")
        };
        let message = format!(
            "unknown key {:?}{place}; known are {}",
            text::fit(key, 60),
            known.join(", ")
        );
        self.fault(span, &message)
    }

    /// Where each key of a table stands.
    fn places(&self, table: &dyn TableLike) -> BTreeMap<String, Place> {
        let place = |(name, _): (&str, &Item)| {
            let span = table.key(name)?.span()?;
            let place = Place {
                path: self.path.to_owned(),
                line: self.line(&span),
            };
            Some((name.to_owned(), place))
        };
        table.iter().filter_map(place).collect()
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn fault(&self, span: Option<Range<usize>>, message: &str) -> Error {
        Error::Config {
            path: self.path.to_owned(),
            line: span.map(|span| self.line(&span)),
            message: text::fit(message.lines().next().unwrap_or_default(), 400),
        }
    }
}
