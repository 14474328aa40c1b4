//! Where changes become durable, and the one order in which they then become visible.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    StoreError,
    change::Change,
    data::Limits,
    judge::Judge,
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

/// Resolves once the changes are durable and visible, with how many sessions ended by them besides those that they
/// name.
#[derive(Debug)]
#[must_use = "a change counts only once it is durable"]
pub(crate) struct Pending(Outcome);

#[derive(Debug)]
enum Outcome {
    Now(u64),
    Later(oneshot::Receiver<Result<u64, StoreError>>),
}

impl Pending {
    pub(crate) async fn durable(self) -> Result<u64, StoreError> {
        match self.0 {
            Outcome::Now(ended) => Ok(ended),
            // The writer went away without an answer.
            Outcome::Later(done) => done.await.unwrap_or(Err(StoreError::Stopped)),
        }
    }
}

impl Journal {
    /// Hands changes over, without waiting. They are made whether or not the caller stays to hear of it.
    ///
    /// On an error nothing is under way.
    pub(crate) fn submit(
        &self,
        live: &Live,
        mut changes: Vec<Change>,
    ) -> Result<Pending, StoreError> {
        match self {
            Self::Memory(limits) => {
                let limits = limits.lock();
                let mut ended = 0;
                if changes.first().is_some_and(Change::is_judged) {
                    let ruling = Judge::new(live).rule(&mut changes, &[], &[]);
                    ended = ruling.inspect_err(|error| abandon_all(live, &changes, error))?;
                }
                for mut change in changes {
                    make_in_memory(&mut change, *limits)?;
                    live.apply(&change);
                }
                Ok(Pending(Outcome::Now(ended)))
            }
            Self::Sqlite(queue) => {
                let (done, wait) = oneshot::channel();
                match queue.push(Job { changes, done }) {
                    Ok(()) => Ok(Pending(Outcome::Later(wait))),
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
        Change::Insert { entry, data, .. } if !data.is_empty() => {
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
