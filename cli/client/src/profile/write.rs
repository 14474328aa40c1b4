//! Changes one profile, or the dashboard's looks, in the user's settings file and leaves everything else in it as it was, comments too.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::{
    model::{Profile, check_profile_name},
    read,
};
use crate::{Error, files};

/// Writes a profile: sets what it has, removes what it has not.
pub fn save_profile(user_path: &Path, name: &str, profile: &Profile) -> Result<(), Error> {
    check_profile_name(name)?;
    let path = real_path(user_path)?;
    files::make_dir_of(&path)?;
    let _lock = files::lock(&path)?;
    let mut document = document(&path)?;
    let table = profile_table(&mut document, name).ok_or_else(|| Error::Config {
        path: path.clone(),
        line: None,
        message: format!(
            "profile and profile.{name} must be tables here; name a default with default_profile = \"NAME\""
        ),
    })?;
    for (key, text) in profile.texts() {
        set(table, key, text.as_deref().map(Value::from));
    }
    let anonymous = profile.anonymous.as_ref().map(|page| {
        let mut inline = InlineTable::new();
        inline.insert("status", i64::from(page.status).into());
        inline.insert("body", page.body.as_str().into());
        if let Some(location) = &page.location {
            inline.insert("location", location.as_str().into());
        }
        Value::from(inline)
    });
    set(table, Profile::ANONYMOUS, anonymous);
    files::replace(&path, document.to_string().as_bytes())
}

/// Writes what the dashboard keeps: its columns, none for those that fit, and the name of its colours.
pub fn save_looks(user_path: &Path, columns: &[String], theme: &str) -> Result<(), Error> {
    let path = real_path(user_path)?;
    files::make_dir_of(&path)?;
    let _lock = files::lock(&path)?;
    let mut document = document(&path)?;
    let table = document.entry("tui").or_insert(Item::Table(Table::new()));
    let table = table.as_table_like_mut().ok_or_else(|| Error::Config {
        path: path.clone(),
        line: None,
        message: "tui must be a table here".to_owned(),
    })?;
    let columns = (!columns.is_empty()).then(|| Value::from_iter(columns));
    set(table, "columns", columns);
    set(table, "theme", Some(Value::from(theme)));
    files::replace(&path, document.to_string().as_bytes())
}

/// Deletes a profile; the result says whether there was one.
pub fn remove_profile(user_path: &Path, name: &str) -> Result<bool, Error> {
    check_profile_name(name)?;
    let path = real_path(user_path)?;
    if !path.exists() {
        return Ok(false);
    }
    let _lock = files::lock(&path)?;
    let mut document = document(&path)?;
    let removed = document
        .get_mut("profile")
        .and_then(Item::as_table_like_mut)
        .and_then(|profiles| profiles.remove(name))
        .is_some();
    if removed {
        files::replace(&path, document.to_string().as_bytes())?;
    }
    Ok(removed)
}

/// Makes a profile the one that is meant when nobody names any.
pub fn save_default(user_path: &Path, name: &str) -> Result<(), Error> {
    check_profile_name(name)?;
    let path = real_path(user_path)?;
    files::make_dir_of(&path)?;
    let _lock = files::lock(&path)?;
    let mut document = document(&path)?;
    set(
        document.as_table_mut(),
        "default_profile",
        Some(Value::from(name)),
    );
    files::replace(&path, document.to_string().as_bytes())
}

/// A settings file may well be a link into somebody's dot-files: then the file it points to is written.
fn real_path(path: &Path) -> Result<PathBuf, Error> {
    match fs::canonicalize(path) {
        Ok(real) => Ok(real),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(Error::file(format!("cannot look at {}", path.display()))(
            error,
        )),
    }
}

fn document(path: &Path) -> Result<DocumentMut, Error> {
    // Read by the strict reader first, whose error names the line.
    read::file(path)?;
    match fs::read_to_string(path) {
        Ok(text) => text.parse().map_err(|_| Error::Config {
            path: path.to_owned(),
            line: None,
            message: "this is not TOML".to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DocumentMut::new()),
        Err(error) => Err(Error::file(format!("cannot read {}", path.display()))(
            error,
        )),
    }
}

/// The table of a profile, made where it is missing; `None` where something else stands in its place.
fn profile_table<'d>(
    document: &'d mut DocumentMut,
    name: &str,
) -> Option<&'d mut dyn toml_edit::TableLike> {
    let mut profiles = Table::new();
    // No `[profile]` line of its own above `[profile.NAME]`.
    profiles.set_implicit(true);
    document
        .entry("profile")
        .or_insert(Item::Table(profiles))
        .as_table_like_mut()?
        .entry(name)
        .or_insert(Item::Table(Table::new()))
        .as_table_like_mut()
}

/// Sets a value and keeps the comment behind the old one.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}
