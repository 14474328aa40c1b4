//! What a store file is called, and whose it is: asked before anything is written beside it or into it.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::StoreError;

/// "sess" in SQLite's header.
pub(crate) const APPLICATION_ID: i32 = 0x7365_7373;

/// The one name of a file, whatever links lead to it: the lock stands beside it, and it starts with `/`, which SQLite
/// never takes for an address or for its own words such as `:memory:`.
pub(crate) fn real_path(path: &Path) -> Result<PathBuf, StoreError> {
    let open = |error| StoreError::open(path, error);
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found.map_err(open),
    }
    let name = path
        .file_name()
        .ok_or_else(|| open(io::Error::from(io::ErrorKind::IsADirectory)))?;
    let directory = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    Ok(fs::canonicalize(directory).map_err(open)?.join(name))
}

/// Looks at the first bytes before SQLite touches the file: opening a foreign one may change it.
pub(crate) fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let mut start = Vec::new();
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::open(path, error)),
        Ok(file) => file
            .take(100)
            .read_to_end(&mut start)
            .map_err(|error| StoreError::open(path, error))?,
    };
    let not_ours = |why: &str| {
        Err(StoreError::NotOurs {
            path: path.to_owned(),
            why: why.to_owned(),
        })
    };
    match start.get(68..72) {
        // An empty file is one that nobody has written to yet.
        None if start.is_empty() => Ok(()),
        _ if !start.starts_with(b"SQLite format 3\0") => not_ours("it is no SQLite database"),
        Some(id) if id == APPLICATION_ID.to_be_bytes() => Ok(()),
        _ => not_ours("it is another program's SQLite database"),
    }
}
