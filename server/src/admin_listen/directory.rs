//! The directory of the admin socket: nobody else may put a socket, or a link, into the way to it.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use super::Group;
use crate::peer::{own_uid, user_name};

const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;
const ENTERED_BY_GROUP: u32 = 0o010;

/// Makes the directory if it is missing, and refuses one that others could change. The error says why.
pub(super) fn prepare(directory: &Path, group: Option<Group>) -> Result<(), String> {
    let in_words = |error: io::Error| error.to_string();
    let is_new = !directory.exists();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(in_words)?;
    if let Some(Group(gid)) = group.filter(|_| is_new) {
        // Entered, not read: it has to be known what is in it.
        std::os::unix::fs::lchown(directory, None, Some(gid)).map_err(in_words)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o710)).map_err(in_words)?;
    }
    let found = fs::metadata(directory).map_err(in_words)?;
    if found.uid() != own_uid() && found.uid() != 0 {
        return Err(format!(
            "its directory {} belongs to another user; use a directory of your own",
            directory.display()
        ));
    }
    if found.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(format!(
            "others may write to its directory {} and could put their own socket there; use a directory of your own",
            directory.display()
        ));
    }
    if let Some(Group(gid)) = group
        && !(found.gid() == gid && found.mode() & ENTERED_BY_GROUP != 0)
        && found.mode() & (ENTERED_BY_GROUP >> 3) == 0
    {
        tracing::warn!(
            directory = %directory.display(),
            "the group may not enter the admin socket's directory, and so cannot call: chgrp and chmod g+x it"
        );
    }
    check_way(directory)
}

/// Whoever owns a directory above it, or may write to one, may put another in its place; only in sticky ones, as `/tmp`
/// is, others' directories stay where they are.
fn check_way(directory: &Path) -> Result<(), String> {
    let real = fs::canonicalize(directory).map_err(|error| error.to_string())?;
    for above in real.ancestors().skip(1) {
        let found = fs::metadata(above).map_err(|error| error.to_string())?;
        let who = if found.uid() != own_uid() && found.uid() != 0 {
            format!("{}, who owns {},", user_name(found.uid()), above.display())
        } else if found.mode() & WRITABLE_BY_OTHERS != 0 && found.mode() & STICKY == 0 {
            format!("others may write to {} and", above.display())
        } else {
            continue;
        };
        return Err(format!(
            "{who} could put another directory in the way; use one that only you or root can change, all the way up"
        ));
    }
    Ok(())
}
