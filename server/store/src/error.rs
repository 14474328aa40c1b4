//! Why a store did not do what it was asked.

use std::{path::PathBuf, sync::Arc};

use sessctl_api::RegistryError;

/// The errors of this crate, by what a caller can do about them.
///
/// It is cheap to clone, because one failed commit answers many callers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too many writes wait for the disk; try again in a moment.
    #[error("the session store is busy: too many writes wait for the disk")]
    Busy,
    /// The disk refused a write; what was asked did not happen durably.
    #[error("the session store could not write")]
    Write(#[source] Arc<rusqlite::Error>),
    /// The store was closed or its writer died.
    #[error("the session store has stopped")]
    Stopped,
    /// This view of a store cannot change it.
    #[error("this store was opened for reading only")]
    ReadOnly,
    /// The session would hold more than it may.
    #[error(
        "a session may hold {keys} keys and {bytes} bytes of JSON at most, nested {} levels deep at most",
        crate::data::MAX_DEPTH
    )]
    DataLimit { bytes: usize, keys: usize },
    /// The account was changed, disabled or removed since its password was checked.
    #[error("the account has changed meanwhile")]
    AccountChanged,
    /// An account or token of that name is there already.
    #[error("there is one of that name already")]
    Exists,
    /// There is no account or token of that name.
    #[error("there is none of that name")]
    Missing,
    /// The user has as many sessions as one may have.
    #[error("the user has {most} sessions already, which is the most that one may have")]
    TooManySessions { most: u32 },
    /// Not everything that is stored is in memory yet; try again in a moment.
    #[error("the session store is still being loaded")]
    Loading,
    /// A stored session is not where it was put.
    #[error("a stored session cannot be found again: the store's file is damaged")]
    Damaged,
    /// One stored session cannot be understood; it is neither let in nor forgotten.
    #[error("a stored session cannot be read")]
    Undecodable,
    /// The file cannot be opened.
    #[error("cannot open the session store {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// One of the two files failed while the one was copied to the other.
    #[error("cannot copy the session store {} to {}", from.display(), to.display())]
    Copy {
        from: PathBuf,
        to: PathBuf,
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The file exists and is something else.
    #[error("{} is not a sessctl store ({why}); nothing was changed in it", path.display())]
    NotOurs { path: PathBuf, why: String },
    /// Somebody else owns the file, or could have written it.
    #[error("{} is not opened: {why}", path.display())]
    Exposed { path: PathBuf, why: String },
    /// The file was written by a newer sessctl.
    #[error("{} was written by a newer sessctl (schema {found}, this one knows {known}); nothing was changed in it", path.display())]
    TooNew {
        path: PathBuf,
        found: i64,
        known: i64,
    },
    /// The file was written by an older sessctl and is only read here.
    #[error("{} was written by an older sessctl; a server that is started on it brings it up to date", path.display())]
    TooOld { path: PathBuf },
    /// Another process owns the file.
    #[error("{} is owned by another sessctl{}", path.display(), admin.as_ref().map(|a| format!(", which answers at {a}")).unwrap_or_default())]
    Owned {
        path: PathBuf,
        admin: Option<String>,
    },
}

impl StoreError {
    pub(crate) fn open(
        path: impl Into<PathBuf>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Open {
            path: path.into(),
            source: Arc::new(source),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(Arc::new(error))
    }
}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::ReadOnly => Self::Refused(error.to_string()),
            _ => Self::Unreachable {
                what: error.to_string(),
                source: Some(Box::new(error)),
            },
        }
    }
}
