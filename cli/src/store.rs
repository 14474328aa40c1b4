//! Which store a server keeps its sessions in: said for `serve`, and found again by `store`.

use std::path::PathBuf;

use sessctl_store::{Owner, Sessions, Settings, StoreError};

use crate::{
    context::Context,
    exit::{Code, Failure},
    settings,
};

/// What keeps the sessions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Sqlite(PathBuf),
}

impl Store {
    /// The store that was said, else the file at the default place.
    pub(crate) fn of(said: Option<&str>, default: PathBuf) -> Result<Self, Failure> {
        said.map_or(Ok(Self::Sqlite(default)), Self::parse)
    }

    /// The store that `serve` takes here if its command line says nothing.
    pub(crate) fn of_serve(context: &Context) -> Result<Self, Failure> {
        let variable = std::env::var("SESSCTL_STORE").ok();
        let said = match variable {
            Some(url) => Some(url),
            None => settings::said(&context.config, &settings::STORE)?,
        };
        Self::of(said.as_deref(), context.paths.own_store())
    }

    /// Whether nobody but the project's file, which may be anybody's, says which store that is.
    pub(crate) fn is_projects(context: &Context) -> bool {
        std::env::var_os("SESSCTL_STORE").is_none()
            && context.config.serve_is_projects(settings::STORE.name)
    }

    /// Where what happens there is written down unless somebody says otherwise: beside the sessions.
    pub(crate) fn audit_file(&self) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::Sqlite(path) => Some(path.with_extension("audit.jsonl")),
        }
    }

    fn parse(url: &str) -> Result<Self, Failure> {
        const KNOWN: &str = "this version keeps sessions in sqlite:FILE or memory:";
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ if matches!(url, "memory" | "memory:") => Ok(Self::Memory),
            // A store's address may hold a password: then it is not repeated.
            _ if url.contains('@') => Err(Failure::new(Code::USAGE, KNOWN)),
            _ => {
                let shown = sessctl_api::text::clean(url);
                Err(Failure::new(
                    Code::USAGE,
                    format!("--store {shown:?}: {KNOWN}"),
                ))
            }
        }
    }

    /// Takes the right to write it; memory needs none.
    pub(crate) fn own(&self) -> Result<Option<Owner>, Failure> {
        match self {
            Self::Memory => Ok(None),
            Self::Sqlite(path) => Owner::take(path).map(Some).map_err(|error| {
                let is_owned = matches!(error, StoreError::Owned { .. });
                let failure = Failure::from(error);
                if is_owned {
                    return failure.hint(
                        "a store has one server; choose another file with --store sqlite:FILE",
                    );
                }
                failure
            }),
        }
    }

    pub(crate) fn open(&self, settings: Settings) -> Result<Sessions, Failure> {
        match self {
            Self::Memory => Ok(Sessions::in_memory(settings)),
            Self::Sqlite(path) => Ok(Sessions::open_sqlite(path, settings)?),
        }
    }
}
