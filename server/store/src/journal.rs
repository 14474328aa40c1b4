//! Where changes become durable, and the one order in which they then become visible.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    StoreError,
    change::Change,
    data::Limits,
    live::Live,
    queue::{Job, Queue},
};

/// What makes changes durable.
#[derive(Debug)]
pub(crate) enum Journal {
    /// Memory alone: a change is as durable as it will ever be.
    ///
    /// Behind a lock: changes become visible in the order in which they were made, as with a writer thread.
    Memory(Mutex<Limits>),
    /// The writer thread of a SQLite file.
    Sqlite(Arc<Queue>),
    /// Nothing may change.
    ReadOnly,
}

/// Resolves once the changes are durable and visible.
#[derive(Debug)]
#[must_use = "a change counts only once it is durable"]
pub(crate) struct Pending(Option<oneshot::Receiver<Result<(), StoreError>>>);

impl Pending {
    pub(crate) async fn durable(self) -> Result<(), StoreError> {
        match self.0 {
            None => Ok(()),
            // The writer went away without an answer.
            Some(done) => done.await.unwrap_or(Err(StoreError::Stopped)),
        }
    }
}

impl Journal {
    /// Hands changes over, without waiting. They are made whether or not the caller stays to hear of it.
    ///
    /// On an error nothing is under way.
    pub(crate) fn submit(&self, live: &Live, changes: Vec<Change>) -> Result<Pending, StoreError> {
        match self {
            Self::Memory(limits) => {
                let limits = limits.lock();
                for mut change in changes {
                    make_in_memory(&mut change, *limits)?;
                    live.apply(&change);
                }
                Ok(Pending(None))
            }
            Self::Sqlite(queue) => {
                let (done, wait) = oneshot::channel();
                match queue.push(Job { changes, done }) {
                    Ok(()) => Ok(Pending(Some(wait))),
                    Err((error, job)) => {
                        abandon_all(live, &job.changes, &error);
                        Err(error)
                    }
                }
            }
            Self::ReadOnly => {
                abandon_all(live, &changes, &StoreError::ReadOnly);
                Err(StoreError::ReadOnly)
            }
        }
    }
}

fn make_in_memory(change: &mut Change, limits: Limits) -> Result<(), StoreError> {
    let changed = match change {
        Change::Insert { entry, data } if !data.is_empty() => {
            entry.change_held(|_| Ok(std::mem::take(data)))
        }
        Change::Edit { entry, delta, size } => {
            let edited =
                entry.change_held(|before| delta.apply(before, limits).map(|(data, _)| data));
            *size = entry.size();
            edited
        }
        _ => None,
    };
    // `None` says that it has ended: nothing was changed, and nothing is wrong.
    changed.unwrap_or(Ok(()))
}

/// Forgets changes that could not be made durable.
pub(crate) fn abandon_all(live: &Live, changes: &[Change], error: &StoreError) {
    for change in changes {
        live.abandon(change, error);
    }
}
