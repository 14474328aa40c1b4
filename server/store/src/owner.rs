//! One process owns a store file: it alone writes.
//!
//! The owner holds a lock on `FILE.lock`, in which it writes where its admin socket is, so that others can ask it.
//! The lock goes with the process, however that ends; the file stays and means nothing.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::{
    StoreError,
    file::{real_path, refuse_foreign},
    strangers::{owner_of, refuse_beside, refuse_strangers},
};

/// The right to write a store file, until it is dropped.
#[derive(Debug)]
pub struct Owner {
    lock: File,
    path: PathBuf,
}

impl Owner {
    /// Takes a store file for this process, creating its directory (0700) if that is missing.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let open = |error| StoreError::open(path, error);
        if let Some(directory) = path
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty())
        {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(open)?;
        }
        let path = &real_path(path)?;
        refuse_foreign(path)?;
        refuse_strangers(path)?;
        let lock = open_lock(
            path,
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600),
        )?;
        match lock.try_lock() {
            Ok(()) => {
                // What the owner before wrote is no longer so.
                lock.set_len(0).map_err(open)?;
                Ok(Self {
                    lock,
                    path: path.to_owned(),
                })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Owned {
                path: path.to_owned(),
                admin: read_admin(&lock),
            }),
            Err(TryLockError::Error(error)) => Err(open(error)),
        }
    }

    /// Writes down where the owner answers, such as `unix:/run/user/1000/sessctl/admin.sock`.
    pub fn announce(&mut self, admin: &str) -> Result<(), StoreError> {
        let written = self
            .lock
            .set_len(0)
            .and_then(|()| self.lock.rewind())
            .and_then(|()| self.lock.write_all(admin.as_bytes()));
        written.map_err(|error| StoreError::open(&self.path, error))
    }
}

/// Where the owner of a store file said that it answers. It may be gone since: only an answer proves it.
pub fn announced_owner(path: &Path) -> Option<String> {
    let path = real_path(path).ok()?;
    read_admin(&open_lock(&path, &mut OpenOptions::new()).ok()?)
}

/// Opens the lock of the store file at a real path. Whoever holds it, or is announced in it, is believed: it must be
/// ours, root's or that of the store's owner, and nobody else's to write.
fn open_lock(path: &Path, how: &mut OpenOptions) -> Result<File, StoreError> {
    let open = |error| StoreError::open(path, error);
    let name = lock_path(path);
    // It is emptied: a link that somebody put there must not lead to another file. A pipe must not be waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let lock = how
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&name)
        .map_err(open)?;
    refuse_beside(&name, &lock.metadata().map_err(open)?, owner_of(path))?;
    Ok(lock)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    lock.into()
}

fn read_admin(mut lock: &File) -> Option<String> {
    let mut admin = String::new();
    lock.read_to_string(&mut admin).ok()?;
    (!admin.is_empty()).then_some(admin)
}
