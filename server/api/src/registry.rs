//! The waist of the house: whatever can list, show, end and watch sessions.

use std::{error::Error, fmt, pin::Pin};

use futures_core::Stream;

use crate::{
    Data, Ended, Filter, FilterError, Handle, ListQuery, Notice, Page, Revocation, RevokeReport,
    Session, Stats, Top, TopQuery,
};

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A boxed stream.
pub type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// Whatever can list, show, end and watch sessions: an own store, a foreign store, an admin API.
///
/// The admin handlers, the list commands and the TUI know nothing else of where sessions are kept.
pub trait Registry: Send + Sync + fmt::Debug {
    /// One page of live or of ended sessions in the order of [`ListQuery::sort`]. A cursor that is none, or that belongs
    /// to another sort, is a [`RegistryError::BadQuery`].
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>>;

    /// One live session; [`RegistryError::NotFound`] says how it ended if it is remembered.
    fn get(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>>;

    /// One session, live or ended; [`Session::ended`] says how. [`RegistryError::NotFound`]: there was none, or it ended
    /// so long ago that it is forgotten.
    fn recall(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>>;

    /// Ends sessions and answers only when that is durable. `actor` names who asked, for the log and the holder.
    fn revoke(
        &self,
        order: Revocation,
        actor: &str,
    ) -> BoxFuture<'_, Result<RevokeReport, RegistryError>>;

    /// What a live session holds: JSON values by key. [`RegistryError::NotFound`] as of [`Registry::get`].
    fn data(&self, handle: Handle) -> BoxFuture<'_, Result<Data, RegistryError>>;

    /// The values of a column that the most live sessions have. A column for which [`TopQuery::counts`] is false is a
    /// [`RegistryError::BadQuery`].
    fn top(&self, query: TopQuery) -> BoxFuture<'_, Result<Top, RegistryError>>;

    /// What is counted.
    fn stats(&self) -> BoxFuture<'_, Result<Stats, RegistryError>>;

    /// Follows changes of the sessions that match.
    ///
    /// `after` is the revision of the last event the watcher has seen. If the registry still knows every event after
    /// it, the stream goes on with these and no [`Notice::Resync`] comes first; else, and always without `after`, the
    /// first notice is a resync: the watch stands, list now. An error ends the stream; the watcher comes back with a
    /// new watch.
    fn watch(
        &self,
        filter: Filter,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>>;
}

/// Why a registry did not do what it was asked. The variants are what a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The question was wrong: a bad cursor, a bare word in a revocation.
    #[error("{0}")]
    BadQuery(String),
    #[error(transparent)]
    BadFilter(#[from] FilterError),
    /// No such live session.
    #[error("no live session {handle}{}", .ended.as_ref().map(|e| format!(": it ended, {}", e.in_words())).unwrap_or_default())]
    NotFound {
        handle: Handle,
        ended: Option<Ended>,
    },
    /// Nothing was ended: not as many sessions as expected are selected.
    #[error("nothing was ended: {expected} expected, but {found} selected")]
    CountMismatch { expected: u64, found: u64 },
    /// The registry does not let this caller in.
    #[error("{0}")]
    Refused(String),
    /// The registry or its store cannot be reached, or is out of order for now.
    #[error("{what}")]
    Unreachable {
        what: String,
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The registry answered what it should not.
    #[error("{what}")]
    Broken {
        what: String,
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl RegistryError {
    /// An [`RegistryError::Unreachable`] with its cause.
    pub fn unreachable(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreachable {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// An [`RegistryError::Broken`] with its cause.
    pub fn broken(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Broken {
            what: what.into(),
            source: Some(source.into()),
        }
    }
}
