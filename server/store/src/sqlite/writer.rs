//! The one thread that writes the file: it commits whatever waits, and only then lets it be seen.

use std::{sync::Arc, time::Instant};

use rusqlite::Connection;

use super::{
    checkpoint::Wal,
    statements::{Refusal, Statements},
};
use crate::{
    StoreError,
    data::Limits,
    journal::abandon_all,
    live::Live,
    queue::{Job, Queue},
};

/// Closes the queue however the writer ends: who waits is told, and nobody waits in vain afterwards.
struct Closing<'q>(&'q Queue);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        let mut left = Vec::new();
        // Whoever waits for a dropped job hears that the store has stopped.
        self.0.take(&mut left);
    }
}

/// Writes until the queue is closed and empty.
///
/// At full load the queue fills while a commit is under way, and the next commit takes it whole.
pub(super) fn run(connection: Connection, queue: &Queue, live: &Live, limits: Limits, wal: &Wal) {
    let closing = Closing(queue);
    if let Err(error) = write_all(&connection, queue, live, limits, wal) {
        tracing::error!(%error, "the session store's writer could not begin");
    }
    drop(closing);
    if let Err((_, error)) = connection.close() {
        tracing::error!(%error, "the session store did not close cleanly; nothing acknowledged is lost");
    }
}

fn write_all(
    connection: &Connection,
    queue: &Queue,
    live: &Live,
    limits: Limits,
    wal: &Wal,
) -> Result<(), rusqlite::Error> {
    let mut statements = Statements::prepare(connection, limits)?;
    let mut batch = Vec::new();
    let mut relieved = Instant::now();
    while queue.take(&mut batch) {
        let results = commit(connection, &mut statements, &mut batch);
        settle(live, results, &mut batch);
        wal.note_commit();
        wal.relieve(connection, &mut relieved);
    }
    Ok(())
}

/// What became of each job: everything in one transaction, durable when this returns, or not done at all.
fn commit(
    connection: &Connection,
    statements: &mut Statements<'_>,
    jobs: &mut [Job],
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    // Rolls back when it is dropped.
    let transaction = connection.unchecked_transaction()?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut result = Ok(());
        let is_single = job.changes.len() == 1;
        for change in &mut job.changes {
            match statements.write(change) {
                Ok(()) => {}
                Err(Refusal::Alone(error)) if is_single => result = Err(error),
                // One session of a sweep, or one that a login replaces: the others must not wait for it.
                Err(Refusal::Alone(error)) if change.may_miss_its_row() => {
                    tracing::error!(%error, "one session could not be written");
                }
                Err(Refusal::Alone(error) | Refusal::All(error)) => return Err(error),
            }
        }
        results.push(result);
    }
    transaction.commit()?;
    Ok(results)
}

/// Makes the changes visible, or forgets them, and answers who waits.
fn settle(
    live: &Live,
    results: Result<Vec<Result<(), StoreError>>, StoreError>,
    jobs: &mut Vec<Job>,
) {
    let results = results.unwrap_or_else(|error| {
        tracing::error!(%error, cause = ?std::error::Error::source(&error), jobs = jobs.len(), "the session store refused a commit");
        vec![Err(error); jobs.len()]
    });
    for (job, result) in jobs.drain(..).zip(results) {
        match &result {
            Ok(()) => job.changes.iter().for_each(|change| live.apply(change)),
            Err(error) => abandon_all(live, &job.changes, error),
        }
        // An error says that the caller did not stay: the change counts all the same.
        let _ = job.done.send(result);
    }
}

/// Starts it.
pub(super) fn spawn(
    connection: Connection,
    queue: Arc<Queue>,
    live: Arc<Live>,
    limits: Limits,
    wal: Arc<Wal>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || run(connection, &queue, &live, limits, &wal))
}
