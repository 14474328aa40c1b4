//! What can go wrong in this room, by what the caller can do about it.

use std::{error::Error as StdError, io, path::PathBuf};

use sessctl_api::RegistryError;

/// Every failure of this crate.
///
/// `Display` is complete (what, why, what next) and safe to print: it never holds a cookie or a password, and text
/// from servers is cleaned. The source is kept for a verbose mode.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's words make no sense: a server address, a path, a profile name. Ask the user to correct them.
    #[error("{0}")]
    BadInput(String),
    /// A settings file is wrong at this place.
    #[error("{}{}: {message}", .path.display(), .line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Config {
        path: PathBuf,
        line: Option<usize>,
        message: String,
    },
    /// The system refused a file or directory.
    #[error("{what}: {source}")]
    File { what: String, source: io::Error },
    /// This jar must not be used as it is: a link, another server's, a newer version's.
    #[error("{0}")]
    Jar(String),
    /// The server cannot be reached, does not answer in time, or says that it cannot serve now (503).
    #[error("{what}")]
    Unreachable {
        what: String,
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The sign-in did not succeed; the jar is as it was before.
    #[error("not signed in: {why}")]
    LoginRefused {
        why: String,
        /// The answer's status, where the status is the reason.
        status: Option<u16>,
    },
    /// The server answered with a status that means failure.
    #[error("{what}")]
    Status { status: u16, what: String },
    /// The server's answer cannot be used: too large, endless redirects.
    #[error("{0}")]
    Answer(String),
}

impl Error {
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }
}

impl From<Error> for RegistryError {
    fn from(error: Error) -> Self {
        let what = error.to_string();
        match error {
            Error::Unreachable { source, .. } => Self::Unreachable { what, source },
            error => Self::broken(what, error),
        }
    }
}
