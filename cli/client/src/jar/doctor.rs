//! What is wrong with a jar, without changing it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use url::Url;

use super::{aside, format};
use crate::{Error, Origin, address, files};

/// One thing that was looked at: whether it is in order, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    pub is_fine: bool,
    pub what: String,
}

/// Looks at the jar at `path` of the server at `base`.
pub fn examine(path: &Path, base: &Url) -> Result<Vec<Symptom>, Error> {
    let mut seen = Vec::new();
    let mut say = |is_fine, what: String| seen.push(Symptom { is_fine, what });
    let origin = Origin::of(base)?;
    let bad = files::beside(path, ".bad");
    if bad.exists() {
        say(
            false,
            format!(
                "a damaged jar was set aside as {}; delete it when you need it no more",
                bad.display()
            ),
        );
    }
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            say(
                true,
                format!(
                    "there is no jar at {} yet: no cookie is kept for {origin}",
                    path.display()
                ),
            );
            return Ok(seen);
        }
        Err(error) => {
            return Err(Error::file(format!("cannot look at {}", path.display()))(
                error,
            ));
        }
    };
    let mode = meta.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => say(true, format!("only you can read it (mode {mode:03o})")),
        _ => say(
            false,
            format!(
                "others can read it (mode {mode:03o}); the next command that uses it closes it to them"
            ),
        ),
    }
    let contents = match format::peek(path) {
        Ok(contents) => contents,
        Err(error) => {
            say(false, error.to_string());
            return Ok(seen);
        }
    };
    if let Some(damage) = &contents.damage {
        say(
            false,
            format!(
                "it is damaged: {damage}; the next command that uses it sets it aside, then sign in again"
            ),
        );
        return Ok(seen);
    }
    match aside::check_origin(path, &origin, &contents) {
        Ok(()) => say(true, format!("it belongs to {origin}")),
        Err(error) => say(false, error.to_string()),
    }
    let count = contents.cookies.len();
    let word = if count == 1 { "cookie" } else { "cookies" };
    say(true, format!("it holds {count} live {word}"));
    if contents.expired {
        say(
            true,
            "it holds expired ones too, which are not sent and go with the next change".to_owned(),
        );
    }
    let is_plain = base.scheme() == "http" && !address::is_loopback(base);
    for cookie in contents.cookies.values().filter(|_| is_plain) {
        if cookie.secure().unwrap_or(false) {
            let name = sessctl_api::text::clean(cookie.name()).into_owned();
            say(
                false,
                format!(
                    "{name} is marked Secure and never sent over plain http: name the server with https://"
                ),
            );
        }
    }
    Ok(seen)
}
