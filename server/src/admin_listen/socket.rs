//! A Unix socket's file: made, taken over from a dead server, removed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use tokio::net::{UnixListener, UnixStream};

use super::{Group, directory};
use crate::{listen::ListenError, peer::own_uid};

/// A socket's file, removed on drop if it is still ours.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    mark: Mark,
}

/// Tells a file from another that took its name, and maybe its inode, later.
type Mark = (u64, u64, i64, i64);

fn mark_of(found: &fs::Metadata) -> Mark {
    (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
}

/// Listens on a path; see [`AdminListener::bind`](super::AdminListener::bind).
pub(super) async fn bind_socket(
    path: &Path,
    group: Option<Group>,
) -> Result<(UnixListener, SocketFile), ListenError> {
    let path = std::path::absolute(path).map_err(|source| unusable(path, &source))?;
    let failed = |source: io::Error| unusable(&path, &source);
    let directory = path.parent().unwrap_or(Path::new("/"));
    directory::prepare(directory, group).map_err(|why| refused(&path, why))?;
    // Of two servers that start at the same moment, the second would remove the socket that the first just made.
    let lock = Lock::take(&path)?;
    clear_stale(&path).await?;
    let socket = UnixListener::bind(&path).map_err(failed)?;
    let mode = match group {
        Some(Group(gid)) => {
            std::os::unix::fs::lchown(&path, None, Some(gid)).map_err(failed)?;
            0o660
        }
        None => 0o600,
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    let mark = mark_of(&fs::symlink_metadata(&path).map_err(failed)?);
    drop(lock);
    Ok((socket, SocketFile { path, mark }))
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have put another socket there since; that one is not ours to remove.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| mark_of(&found) == self.mark) {
            // A file that is gone already needs no removing.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The right to make the socket: a locked file beside it, which goes with the right.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn take(socket: &Path) -> Result<Self, ListenError> {
        let mut name = socket.as_os_str().to_owned();
        name.push(".starting");
        let path = PathBuf::from(name);
        loop {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
                .open(&path)
                .map_err(|source| unusable(socket, &source))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(ListenError::SocketTaken(socket.to_owned()));
                }
                Err(TryLockError::Error(source)) => return Err(unusable(socket, &source)),
            }
            // Between the opening and the locking another server may have removed it, and a third have made a new one.
            let here = fs::symlink_metadata(&path).map(|found| (found.dev(), found.ino()));
            let ours = file.metadata().map(|found| (found.dev(), found.ino()));
            if matches!((here, ours), (Ok(here), Ok(ours)) if here == ours) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before it is unlocked, so that nobody's file is removed but ours. One that stays is locked by nobody.
        let _ = fs::remove_file(&self.path);
    }
}

async fn clear_stale(path: &Path) -> Result<(), ListenError> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        return Err(refused(
            path,
            "the file is there already and is no socket".to_owned(),
        ));
    }
    if found.uid() != own_uid() {
        return Err(refused(
            path,
            "the socket belongs to another user".to_owned(),
        ));
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| unusable(path, &source))
        }
        // Whoever is stopped or overloaded takes no connection, and lives all the same.
        Ok(_) | Err(_) => Err(ListenError::SocketTaken(path.to_owned())),
    }
}

fn refused(path: &Path, why: String) -> ListenError {
    ListenError::Socket {
        path: path.to_owned(),
        why,
    }
}

fn unusable(path: &Path, source: &io::Error) -> ListenError {
    // The kernel's own limit for socket paths; its message does not say so.
    let why = if path.as_os_str().len() > 107 {
        "its path is longer than the 107 bytes that a Unix socket may have".to_owned()
    } else {
        source.to_string()
    };
    refused(path, why)
}
