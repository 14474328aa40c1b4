//! Tokens for admin listeners over TCP, each in a file of its own that nobody else may read.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use url::Url;

use crate::{Error, Origin, Secret};

/// More than any token has.
const LONGEST: u64 = 4096;

/// Where the token for an admin listener lies below the settings directory: `tokens/https_example.org_7000`.
pub fn token_path(config_dir: &Path, url: &Url) -> Result<PathBuf, Error> {
    Ok(config_dir.join("tokens").join(Origin::of(url)?.dir_name()))
}

/// Reads a token's file; `None` where there is none. One that others may read is refused: they have read it.
pub fn read_token(path: &Path) -> Result<Option<Secret>, Error> {
    let cannot = || format!("cannot read the token file {}", path.display());
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(cannot())(error)),
    };
    // Before it is opened: to open a pipe is to wait for its other end.
    if !meta.is_file() {
        let what = format!("the token file {} is not a file", path.display());
        return Err(Error::BadInput(what));
    }
    let read = || -> io::Result<(u32, String)> {
        let file = File::open(path)?;
        // Of what was opened, which may be another file by now.
        let mode = file.metadata()?.permissions().mode() & 0o777;
        let mut text = String::new();
        file.take(LONGEST).read_to_string(&mut text)?;
        Ok((mode, text))
    };
    let (mode, text) = read().map_err(Error::file(cannot()))?;
    if mode & 0o077 != 0 {
        return Err(Error::BadInput(format!(
            "the token file {0} is open to others (mode {mode:03o}): close it with chmod 600 {0}, and take a new token, as this one may have been read",
            path.display()
        )));
    }
    let token = text.lines().next().unwrap_or_default().trim();
    if token.is_empty() {
        let what = format!("the token file {} holds no token", path.display());
        return Err(Error::BadInput(what));
    }
    Ok(Some(Secret::new(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_a_private_file_alone() {
        let dir = tempfile::tempdir().unwrap();
        let url = Url::parse("https://example.org:7000").unwrap();
        let path = token_path(dir.path(), &url).unwrap();
        assert!(path.ends_with("tokens/https_example.org_7000"));
        assert!(read_token(&path).unwrap().is_none());
        fs::create_dir(dir.path().join("tokens")).unwrap();
        fs::write(&path, "sctl_SECRET\nmore\n").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = read_token(&path).unwrap_err().to_string();
            assert!(
                error.contains("chmod 600") && !error.contains("SECRET"),
                "{error}"
            );
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read_token(&path).unwrap().unwrap().expose(), "sctl_SECRET");
        fs::write(&path, "\n").unwrap();
        assert!(read_token(&path).is_err());
        assert!(read_token(dir.path()).is_err(), "a directory is no file");
    }
}
