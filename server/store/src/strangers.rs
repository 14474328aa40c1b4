//! Who else could have written a store file, or what is read beside it: nobody believes such a file.
//!
//! Only whoever opens a file to own it asks; reading one changes nothing and lets nobody in.

use std::{
    fs::{self, Metadata, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

use crate::StoreError;

/// What SQLite keeps beside a file, and takes into it when it opens it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

const WRITTEN_BY_OTHERS: u32 = 0o022;
const WRITTEN_BY_ALL: u32 = 0o002;
const OPEN_TO_ALL: u32 = 0o007;
const STICKY: u32 = 0o1000;

/// Refuses a store file that somebody else owns or could write, or could put another in the place of. Root uses whose
/// file it likes, and its group may read a file. `path` is the real one.
pub(crate) fn refuse_strangers(path: &Path) -> Result<(), StoreError> {
    refuse_open_directory(path)?;
    let Some(store) = look_at(path)? else {
        return Ok(());
    };
    if !geteuid().is_root() {
        refuse_owner(path, &store, None)?;
    }
    refuse_writers(path, &store)?;
    for file in BESIDE.map(|end| beside(path, end)) {
        if let Some(found) = look_at(&file)? {
            refuse_beside(&file, &found, Some(store.uid()))?;
        }
    }
    Ok(())
}

/// Refuses a file beside a store that is not ours, root's or the store's owner's, or that others could have written.
pub(crate) fn refuse_beside(
    file: &Path,
    found: &Metadata,
    store: Option<u32>,
) -> Result<(), StoreError> {
    if !found.is_file() {
        let why = "something else stands where a file belongs; look at it, and take it away: rm";
        return Err(exposed(file, why.to_owned()));
    }
    refuse_owner(file, found, store)?;
    refuse_writers(file, found)
}

/// Whose a store file is, if it is there.
pub(crate) fn owner_of(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.uid())
}

/// Takes a store file of ours out of the sight of everybody, with what SQLite keeps beside it.
pub(crate) fn hide(path: &Path) {
    let beside = BESIDE.map(|end| beside(path, end));
    for file in beside.iter().map(PathBuf::as_path).chain([path]) {
        let Ok(found) = fs::symlink_metadata(file) else {
            continue;
        };
        let is_ours = found.is_file() && found.uid() == geteuid().as_raw();
        if !is_ours || found.mode() & OPEN_TO_ALL == 0 {
            continue;
        }
        let hidden = Permissions::from_mode(found.mode() & 0o700);
        match fs::set_permissions(file, hidden) {
            Ok(()) => tracing::info!(
                file = %file.display(),
                "everybody could read a file of the session store: now only its owner can"
            ),
            Err(error) => tracing::warn!(
                %error,
                file = %file.display(),
                "everybody can read a file of the session store, and that cannot be changed: chmod 600 it"
            ),
        }
    }
}

fn refuse_open_directory(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path.parent() else {
        return Ok(());
    };
    let found = fs::metadata(directory).map_err(|error| StoreError::open(path, error))?;
    if found.mode() & WRITTEN_BY_ALL == 0 || found.mode() & STICKY != 0 {
        return Ok(());
    }
    let shown = directory.display();
    Err(exposed(
        path,
        format!(
            "everybody may write to its directory and could put another file there; choose a directory of its own below it, or: chmod o-w {shown}"
        ),
    ))
}

fn refuse_owner(file: &Path, found: &Metadata, also: Option<u32>) -> Result<(), StoreError> {
    let owner = found.uid();
    if owner == 0 || owner == geteuid().as_raw() || also == Some(owner) {
        return Ok(());
    }
    Err(exposed(
        file,
        format!(
            "it belongs to somebody else (uid {owner}), who could have put anything into it; run this as that user, or make it yours if you trust it: chown {} {}",
            geteuid().as_raw(),
            file.display()
        ),
    ))
}

fn refuse_writers(file: &Path, found: &Metadata) -> Result<(), StoreError> {
    if found.mode() & WRITTEN_BY_OTHERS == 0 {
        return Ok(());
    }
    Err(exposed(
        file,
        format!(
            "others may write it (mode {:o}) and could have put anything into it; look at it, and if you trust it: chmod 600 {}",
            found.mode() & 0o777,
            file.display()
        ),
    ))
}

fn look_at(file: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(file) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::open(file, error)),
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut file = path.as_os_str().to_owned();
    file.push(end);
    file.into()
}

fn exposed(path: &Path, why: String) -> StoreError {
    StoreError::Exposed {
        path: path.to_owned(),
        why,
    }
}
