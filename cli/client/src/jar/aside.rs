//! Jars that cannot be used as they are: damaged ones are set aside and kept, another server's are refused.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::format::{self, Contents};
use crate::{Error, Origin, files};

/// Reads the file whose lock is held; a damaged one is set aside first.
pub(super) fn read_locked(path: &Path, warnings: &mut Vec<String>) -> Result<Contents, Error> {
    let contents = format::read(path, warnings)?;
    let Some(damage) = contents.damage else {
        return Ok(contents);
    };
    let aside = free_name(path)?;
    fs::rename(path, &aside).map_err(Error::file(format!("cannot move {}", path.display())))?;
    warnings.push(format!(
        "the cookie jar {} is damaged ({damage}); it was set aside as {} and a new one begun: sign in again",
        path.display(),
        aside.display()
    ));
    Ok(Contents::default())
}

/// The first of `NAME.bad`, `NAME.bad.1`, ... that does not exist: what was set aside before stays.
fn free_name(path: &Path) -> Result<PathBuf, Error> {
    for number in 0..10_000 {
        let name = match number {
            0 => files::beside(path, ".bad"),
            n => files::beside(path, &format!(".bad.{n}")),
        };
        match fs::symlink_metadata(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(name),
            Err(error) => {
                return Err(Error::file(format!("cannot look at {}", name.display()))(
                    error,
                ));
            }
            Ok(_) => {}
        }
    }
    Err(Error::Jar(format!(
        "there are too many damaged jars beside {}; delete them",
        path.display()
    )))
}

/// Refuses a jar that holds cookies of another server.
pub(super) fn check_origin(path: &Path, origin: &Origin, contents: &Contents) -> Result<(), Error> {
    match &contents.origin {
        Some(other) if *other != origin.to_string() && !contents.cookies.is_empty() => {
            Err(Error::Jar(format!(
                "the cookie jar {} holds cookies of {}, not of {origin}; name another jar or delete this one",
                path.display(),
                sessctl_api::text::clean(other)
            )))
        }
        _ => Ok(()),
    }
}
