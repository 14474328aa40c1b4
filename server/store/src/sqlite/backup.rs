//! A copy of a store file while its owner writes it.

use std::{fs, io, os::unix::fs::OpenOptionsExt as _, path::Path, sync::Arc};

use super::open_read_only;
use crate::StoreError;

/// Copies the store in `from`, which somebody else may own and write meanwhile, to the new file `to` (0600): every
/// session that is durable now, with nothing of a later moment. Returns the bytes of the copy.
///
/// The copy holds hashes of ids as the store does, and opens nothing; last-seen times may be a minute old. An existing
/// `to` is refused, and after a failure there is none.
pub fn backup_sqlite(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let source = open_read_only(from)?;
    let write = |error: io::Error| StoreError::open(to, error);
    let name = to
        .file_name()
        .ok_or_else(|| write(io::ErrorKind::IsADirectory.into()))?;
    if fs::symlink_metadata(to).is_ok() {
        return Err(write(io::ErrorKind::AlreadyExists.into()));
    }
    let mut part = name.to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = Part(to.with_file_name(part));
    // SQLite is told the name as a text.
    let name = part.0.to_str();
    let name = name.ok_or_else(|| write(io::ErrorKind::InvalidFilename.into()))?;
    // SQLite takes an empty file for a new one, and it must never be readable for others.
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part.0)
        .map_err(write)?;
    source
        .connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| StoreError::Copy {
            from: source.path.clone(),
            to: to.to_owned(),
            source: Arc::new(error),
        })?;
    let file = fs::File::open(&part.0).map_err(write)?;
    file.sync_all().map_err(write)?;
    // Unlike a rename this never overwrites what came meanwhile.
    fs::hard_link(&part.0, to).map_err(write)?;
    // And so that the name too outlives a power cut.
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::File::open(directory.unwrap_or(Path::new(".")))
        .and_then(|directory| directory.sync_all())
        .map_err(write)?;
    Ok(file.metadata().map_err(write)?.len())
}

/// A file that goes when this is dropped.
struct Part(std::path::PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // What is left of it harms nobody.
        let _ = fs::remove_file(&self.0);
    }
}
