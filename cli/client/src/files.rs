//! Files that hold secrets: private directories, a lock beside the file, a whole file replaced at once.
//!
//! Jars and profiles share this; it knows nothing of what is inside.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::Error;

/// Held while a file is read, changed and replaced; other processes wait. Dropping it lets them in.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Waits for the lock of a file: a sibling named `FILE.lock`, which stays (to delete a lock file is a race).
pub(crate) fn lock(path: &Path) -> Result<Lock, Error> {
    let lock_path = beside(path, ".lock");
    refuse_link(&lock_path)?;
    let what = || format!("cannot lock {}", lock_path.display());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&lock_path)
        .map_err(Error::file(what()))?;
    file.lock().map_err(Error::file(what()))?;
    Ok(Lock { _file: file })
}

/// The path with something more at its end.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(suffix);
    name.into()
}

/// The directory of a file; that of a bare name is the current one.
pub(crate) fn dir_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Makes the directory of a file, and those above it, open to nobody else. What exists stays as it is.
pub(crate) fn make_dir_of(path: &Path) -> Result<(), Error> {
    let dir = dir_of(path);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(Error::file(format!("cannot make {}", dir.display())))
}

/// Refuses a symbolic link: what it points to is not ours to read or replace.
pub(crate) fn refuse_link(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_symlink() => Err(Error::Jar(format!(
            "{} is a symbolic link, which sessctl does not follow; name the file itself",
            path.display()
        ))),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(format!("cannot look at {}", path.display()))(
            error,
        )),
    }
}

/// Proves that a file could be replaced now, without touching it.
pub(crate) fn check_replaceable(path: &Path) -> Result<(), Error> {
    make_dir_of(path)?;
    drop(lock(path)?);
    tempfile::NamedTempFile::new_in(dir_of(path))
        .map(drop)
        .map_err(Error::file(format!(
            "cannot write in {}",
            dir_of(path).display()
        )))
}

/// Replaces a file at once and durably, mode 0600. The caller holds its [`lock`].
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        // Made with mode 0600, so that there is no moment in which others could open it.
        let mut file = tempfile::NamedTempFile::new_in(dir_of(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        // Without this the rename itself could be lost with the power.
        File::open(dir_of(path))?.sync_all()
    };
    write().map_err(Error::file(format!("cannot write {}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_replaced_file_and_a_new_directory_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file");
        check_replaceable(&path).unwrap();
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&beside(&path, ".lock")), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&dir.path().join("a")), 0o700);
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 2, "only the file and its lock stay");
    }

    #[test]
    fn a_bare_file_name_is_in_the_current_directory() {
        assert_eq!(dir_of(Path::new("jar.json")), Path::new("."));
        assert_eq!(dir_of(Path::new("/jar.json")), Path::new("/"));
    }
}
