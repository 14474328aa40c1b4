//! Whose admin socket that is. One that was found, and not named, may be anybody's who could put it there: it must not
//! be handed passwords, nor be believed.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use sessctl_api::RegistryError;
use tokio::net::UnixStream;

use super::link::{Admin, lost_at_socket};
use crate::wire;

const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;

impl Admin {
    /// Talks to the admin socket at `path` if this user, root, `owner` or a service of this machine answers it, which
    /// it finds out before anything is sent; else it is [`RegistryError::Refused`]. `owner` is whose store is asked
    /// for, if one is.
    pub async fn unix_if_trusted(
        path: &Path,
        owner: Option<u32>,
        timeout: Duration,
    ) -> Result<Self, RegistryError> {
        let shown = path.display().to_string();
        let lost = |error: io::Error| {
            RegistryError::unreachable(lost_at_socket(&shown, &error, true), error)
        };
        // What a link in the way means is settled once, so that the socket that is looked at is the one that is used.
        let real = fs::canonicalize(path).map_err(lost)?;
        let connected = tokio::time::timeout(timeout, UnixStream::connect(&real)).await;
        let Ok(connected) = connected else {
            let what = wire::no_answer(&format!("the admin socket {shown}"), timeout);
            return Err(RegistryError::unreachable(
                what,
                io::Error::from(io::ErrorKind::TimedOut),
            ));
        };
        let peer = connected.map_err(lost)?.peer_cred().map_err(lost)?.uid();
        let us = rustix::process::geteuid().as_raw();
        let is_known = peer == us || peer == 0 || owner == Some(peer);
        if is_known || is_a_services(&real, peer, us).map_err(lost)? {
            return Ok(Self::unix(real, timeout)?);
        }
        Err(RegistryError::Refused(format!(
            "somebody else (uid {peer}) answers at the admin socket {shown}, where anybody could have put one; nothing was sent"
        )))
    }
}

/// Who owns a directory, and what may be done to it.
#[derive(Debug, Clone, Copy)]
struct Directory {
    uid: u32,
    mode: u32,
}

/// Whether a socket is in a directory that was made for the user who answers: only that user may write to it, and only
/// we or root can have put it where it is, as with `/run/sessctl` of a packaged server.
fn is_a_services(socket: &Path, peer: u32, us: u32) -> io::Result<bool> {
    let above = socket.ancestors().skip(1).map(|path: &Path| {
        let found = fs::metadata(path)?;
        Ok(Directory {
            uid: found.uid(),
            mode: found.mode(),
        })
    });
    Ok(is_made_for(
        peer,
        us,
        &above.collect::<io::Result<Vec<_>>>()?,
    ))
}

/// `way`: the socket's directory, and those above it up to the root.
fn is_made_for(peer: u32, us: u32, way: &[Directory]) -> bool {
    let [own, place, above @ ..] = way else {
        return false;
    };
    let is_closed = |dir: &Directory| dir.mode & WRITABLE_BY_OTHERS == 0;
    let is_ours = |dir: &Directory| dir.uid == us || dir.uid == 0;
    // Farther up a sticky directory will do: nobody moves there what is another's.
    own.uid == peer
        && is_closed(own)
        && is_ours(place)
        && is_closed(place)
        && above
            .iter()
            .all(|dir| is_ours(dir) && (is_closed(dir) || dir.mode & STICKY != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_answers_from_a_directory_that_only_root_can_have_made_for_it() {
        const US: u32 = 1000;
        const SERVICE: u32 = 900;
        const OTHER: u32 = 1001;
        let is_service = |way: &[(u32, u32)]| {
            let way: Vec<_> = way
                .iter()
                .map(|(uid, mode)| Directory {
                    uid: *uid,
                    mode: *mode,
                })
                .collect();
            is_made_for(SERVICE, US, &way)
        };
        let root = (0, 0o755);
        for (way, expected) in [
            (&[(SERVICE, 0o710), root, root][..], true),
            (&[(SERVICE, 0o755), (US, 0o700), (0, 0o1777), root], true),
            (&[(SERVICE, 0o775), root, root], false),
            (&[(SERVICE, 0o1777), root, root], false),
            (&[(OTHER, 0o755), root, root], false),
            (&[(0, 0o755), root, root], false),
            // As where `$XDG_RUNTIME_DIR` is `/tmp`.
            (&[(SERVICE, 0o755), (0, 0o1777), root], false),
            (&[(SERVICE, 0o755), (SERVICE, 0o755), root], false),
            (&[(SERVICE, 0o755), (US, 0o775), root], false),
            (&[(SERVICE, 0o755), root, (OTHER, 0o755), root], false),
            (&[(SERVICE, 0o755), root, (0, 0o777), root], false),
            (&[(SERVICE, 0o755)], false),
        ] {
            assert_eq!(is_service(way), expected, "{way:?}");
        }
    }
}
