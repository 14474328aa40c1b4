//! The one thread that writes the file: it commits whatever waits, and only then lets it be seen.

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::rows;
use crate::{
    StoreError,
    journal::{Job, Order, abandon_all},
    live::Live,
};

/// Orders taken into one commit at most.
const BATCH: usize = 1024;

/// Writes until it is told to stop or everybody who could tell it anything is gone.
///
/// At full load the queue fills while a commit is under way, and the next commit takes it whole: group commit needs
/// no timer.
pub(super) fn run(mut connection: Connection, mut orders: mpsc::Receiver<Order>, live: &Live) {
    let mut batch = Vec::with_capacity(BATCH);
    while orders.blocking_recv_many(&mut batch, BATCH) > 0 {
        let mut stop = false;
        let mut jobs = Vec::with_capacity(batch.len());
        for order in batch.drain(..) {
            match order {
                Order::Write(job) if !stop => jobs.push(job),
                // Came after the order to stop: dropped, so that its caller hears that the store has stopped.
                Order::Write(job) => abandon_all(live, &job.changes),
                Order::Stop => stop = true,
            }
        }
        let committed = commit(&mut connection, &jobs);
        settle(live, &committed, jobs);
        if stop {
            break;
        }
    }
    if let Err((_, error)) = connection.close() {
        tracing::error!(%error, "the session store did not close cleanly; nothing acknowledged is lost");
    }
}

/// Everything in one transaction: durable when it returns, or not done at all.
fn commit(connection: &mut Connection, jobs: &[Job]) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    for change in jobs.iter().flat_map(|job| &job.changes) {
        rows::write(&transaction, change)?;
    }
    Ok(transaction.commit()?)
}

/// Makes the changes visible, or forgets them, and answers who waits.
fn settle(live: &Live, committed: &Result<(), StoreError>, jobs: Vec<Job>) {
    if let Err(error) = committed {
        tracing::error!(%error, cause = ?std::error::Error::source(error), jobs = jobs.len(), "the session store refused a commit");
    }
    for job in jobs {
        match committed {
            Ok(()) => job.changes.iter().for_each(|change| live.apply(change)),
            Err(_) => abandon_all(live, &job.changes),
        }
        // An error says that the caller did not stay: the change counts all the same.
        let _ = job.done.send(committed.clone());
    }
}
