//! The jar file: `{"version":1,"origin":"http://127.0.0.1:3000","cookies":[...]}`.
//!
//! The cookies are in `cookie_store`'s serde form. Its own writers either lose session cookies or keep removed ones
//! with their value, so the file is written from what is alive. Errors of the JSON parser are never repeated: they
//! quote values.

use std::{
    fs::{self, File, Permissions},
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use cookie_store::Cookie;
use serde::{Deserialize, Serialize};

use super::merge::{self, Kept};
use crate::{Error, Origin, files};

const VERSION: u32 = 1;
/// Far more than any server's cookies.
const MAX_BYTES: u64 = 4 << 20;

/// What a jar file held.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) origin: Option<String>,
    /// The live ones.
    pub(super) cookies: Kept,
    /// Whether expired ones were in the file too: they should go from it.
    pub(super) expired: bool,
    /// Why the file cannot be understood, if so.
    pub(super) damage: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    origin: Option<String>,
    cookies: Vec<Cookie<'static>>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    version: u32,
    origin: String,
    cookies: Vec<&'a Cookie<'static>>,
}

/// Reads a jar file. Missing and empty files hold nothing; one that others could read is closed to them.
pub(super) fn read(path: &Path, warnings: &mut Vec<String>) -> Result<Contents, Error> {
    let Some((file, mode)) = open(path)? else {
        return Ok(Contents::default());
    };
    if mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(Error::file(format!(
                "the cookie jar {} is open to others (mode {mode:03o}) and cannot be closed to them",
                path.display()
            )))?;
        warnings.push(format!(
            "the cookie jar {} was open to others (mode {mode:03o}); it is 600 now",
            path.display()
        ));
    }
    decode(path, file)
}

/// Reads a jar file and leaves it as it is.
pub(super) fn peek(path: &Path) -> Result<Contents, Error> {
    match open(path)? {
        Some((file, _)) => decode(path, file),
        None => Ok(Contents::default()),
    }
}

/// Opens a jar file, if there is one, and tells its mode.
fn open(path: &Path) -> Result<Option<(File, u32)>, Error> {
    files::refuse_link(path)?;
    let look = || -> io::Result<Option<(File, u32)>> {
        let meta = fs::symlink_metadata(path)?;
        // Before it is opened: to open a pipe is to wait for its other end.
        if !meta.is_file() {
            return Ok(None);
        }
        Ok(Some((File::open(path)?, meta.permissions().mode() & 0o777)))
    };
    match look() {
        Ok(Some(opened)) => Ok(Some(opened)),
        Ok(None) => Err(Error::Jar(format!(
            "{} is not a file; name one for the cookies",
            path.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(cannot_read(path))(error)),
    }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read the cookie jar {}", path.display())
}

fn decode(path: &Path, file: File) -> Result<Contents, Error> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file(cannot_read(path)))?;
    let bytes = bytes.as_slice();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Contents::default());
    }
    let damaged = |why: String| {
        Ok(Contents {
            damage: Some(why),
            ..Contents::default()
        })
    };
    if bytes.len() as u64 > MAX_BYTES {
        return damaged(format!("larger than {} MiB", MAX_BYTES >> 20));
    }
    match serde_json::from_slice::<Head>(bytes) {
        // Not damage: an older sessctl must not move a newer one's jar away.
        Ok(head) if head.version > VERSION => {
            return Err(Error::Jar(format!(
                "the cookie jar {} was written by a newer sessctl (version {}); use that one, or name another jar",
                path.display(),
                head.version
            )));
        }
        Ok(_) => {}
        Err(error) => return damaged(place_of(&error)),
    }
    match serde_json::from_slice::<Stored>(bytes) {
        Ok(stored) => {
            let expired = stored.cookies.iter().any(Cookie::is_expired);
            let alive = stored.cookies.into_iter().filter(|c| !c.is_expired());
            Ok(Contents {
                origin: stored.origin,
                cookies: alive.map(|c| (merge::Key::of(&c), c)).collect(),
                expired,
                damage: None,
            })
        }
        Err(error) => damaged(place_of(&error)),
    }
}

fn place_of(error: &serde_json::Error) -> String {
    let what = if error.is_data() {
        "not a cookie jar"
    } else {
        "not whole JSON"
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}

/// The whole file as bytes, to be written in one go.
pub(super) fn encode(origin: &Origin, cookies: &Kept) -> Vec<u8> {
    let envelope = Envelope {
        version: VERSION,
        origin: origin.to_string(),
        cookies: cookies.values().collect(),
    };
    let mut bytes = serde_json::to_vec(&envelope)
        .expect("cookies are text and times up to the year 9999, which JSON can hold");
    bytes.push(b'\n');
    bytes
}
