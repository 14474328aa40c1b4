//! Where changes become durable, and the one order in which they then become visible.

use tokio::sync::{mpsc, oneshot};

use crate::{StoreError, change::Change, live::Live};

/// Changes that become durable together or not at all, and who waits for them.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) changes: Vec<Change>,
    pub(crate) done: oneshot::Sender<Result<(), StoreError>>,
}

/// What is sent to a writer thread.
#[derive(Debug)]
pub(crate) enum Order {
    Write(Job),
    /// Finish what came before, close the file and end.
    Stop,
}

/// What makes changes durable.
#[derive(Debug)]
pub(crate) enum Journal {
    /// Memory alone: a change is as durable as it will ever be.
    Memory,
    /// The writer thread of a SQLite file.
    Sqlite(mpsc::Sender<Order>),
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
            Self::Memory => {
                for change in &changes {
                    live.apply(change);
                }
                Ok(Pending(None))
            }
            Self::Sqlite(writer) => {
                let (done, wait) = oneshot::channel();
                writer
                    .try_send(Order::Write(Job { changes, done }))
                    .map(|()| Pending(Some(wait)))
                    .map_err(|refused| {
                        let (error, order) = match refused {
                            mpsc::error::TrySendError::Full(order) => (StoreError::Busy, order),
                            mpsc::error::TrySendError::Closed(order) => {
                                (StoreError::Stopped, order)
                            }
                        };
                        if let Order::Write(job) = order {
                            abandon_all(live, &job.changes);
                        }
                        error
                    })
            }
            Self::ReadOnly => {
                abandon_all(live, &changes);
                Err(StoreError::ReadOnly)
            }
        }
    }
}

/// Forgets changes that could not be made durable.
pub(crate) fn abandon_all(live: &Live, changes: &[Change]) {
    for change in changes {
        live.abandon(change);
    }
}
