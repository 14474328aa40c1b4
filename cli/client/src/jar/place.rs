//! Where jars lie: `STATE/sessctl/jars/<scheme_host_port>/<profile>.json`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use url::Url;

use super::format;
use crate::{Error, Origin, files};

/// A jar file found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JarInfo {
    /// The server as its directory is named: `http_127.0.0.1_3000`.
    pub origin_dir: String,
    pub profile: String,
    pub path: PathBuf,
    /// How many live cookies it holds; `None` when the file cannot be read.
    pub cookies: Option<usize>,
}

impl JarInfo {
    /// Deletes the file; the result says whether it was still there.
    pub fn remove(&self) -> Result<bool, Error> {
        remove(&self.path)
    }
}

/// Where the jar of a profile at a server lies below the state directory.
///
/// Whatever the profile is called, the result stays inside the server's directory.
pub fn jar_path(state_dir: &Path, origin: &Url, profile: &str) -> Result<PathBuf, Error> {
    let dir = Origin::of(origin)?.dir_name();
    Ok(root(state_dir)
        .join(dir)
        .join(format!("{}.json", encode_name(profile))))
}

/// All jars below the state directory, by server and profile. A missing directory holds none.
pub fn list_jars(state_dir: &Path) -> Result<Vec<JarInfo>, Error> {
    let mut jars = Vec::new();
    for (origin_dir, dir) in entries(&root(state_dir))? {
        if !dir.is_dir() {
            continue;
        }
        for (name, path) in entries(&dir)? {
            if let Some(profile) = name.strip_suffix(".json")
                && !profile.starts_with('.')
                && path.is_file()
            {
                jars.push(JarInfo {
                    origin_dir: origin_dir.clone(),
                    profile: decode_name(profile),
                    cookies: count(&path),
                    path,
                });
            }
        }
    }
    Ok(jars)
}

/// Deletes a jar file under its lock.
pub(super) fn remove(path: &Path) -> Result<bool, Error> {
    files::refuse_link(path)?;
    if !path.exists() {
        return Ok(false);
    }
    let _lock = files::lock(path)?;
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file(format!("cannot delete {}", path.display()))(
            error,
        )),
    }
}

fn count(path: &Path) -> Option<usize> {
    let contents = format::peek(path).ok()?;
    contents.damage.is_none().then_some(contents.cookies.len())
}

fn root(state_dir: &Path) -> PathBuf {
    state_dir.join("sessctl/jars")
}

fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let read = || -> io::Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                found.push((name, entry.path()));
            }
        }
        found.sort();
        Ok(found)
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        result => result.map_err(Error::file(format!("cannot list {}", dir.display()))),
    }
}

/// Writes `%XX` for every byte that could mean something in a path, and for a leading dot.
fn encode_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'@' | b'+' | b'-')
            || (byte == b'.' && at > 0);
        if plain {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    // No encoded name is a lone %, so this is the empty name's alone.
    if safe.is_empty() { "%".into() } else { safe }
}

fn decode_name(safe: &str) -> String {
    let mut bytes = Vec::with_capacity(safe.len());
    let mut rest = safe.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    if bytes == b"%" {
        bytes.clear();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(origin: &str, profile: &str) -> String {
        let url = Url::parse(origin).unwrap();
        let path = jar_path(Path::new("/s"), &url, profile).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn each_profile_and_server_has_its_own_jar() {
        assert_eq!(
            path("http://127.0.0.1:3000", "default"),
            "/s/sessctl/jars/http_127.0.0.1_3000/default.json"
        );
        assert_eq!(
            path("https://example.org", "alice@work"),
            "/s/sessctl/jars/https_example.org_443/alice@work.json"
        );
        assert_eq!(
            path("http://[::1]:3000", "a"),
            "/s/sessctl/jars/http_[--1]_3000/a.json"
        );
    }

    #[test]
    fn no_profile_name_leaves_the_directory() {
        for name in ["../../etc/passwd", "..", ".", "/", "a/b", "a\0b", "", "%2F"] {
            let path = path("http://h", name);
            let file = path.strip_prefix("/s/sessctl/jars/http_h_80/").unwrap();
            assert!(
                !file.contains(['/', '\0']) && !file.starts_with('.'),
                "{path}"
            );
            assert_eq!(decode_name(file.strip_suffix(".json").unwrap()), name);
        }
    }

    #[test]
    fn without_a_state_directory_there_are_no_jars() {
        assert_eq!(list_jars(Path::new("/nonexistent")).unwrap(), []);
    }
}
