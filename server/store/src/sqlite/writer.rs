//! The one thread that writes the file: it commits whatever waits, and only then lets it be seen.

use std::{sync::Arc, time::Instant};

use rusqlite::Connection;

use super::{
    checkpoint::Wal,
    statements::{Refusal, Statements},
};
use crate::{
    StoreError,
    change::Change,
    data::Limits,
    journal::abandon_all,
    judge::Judge,
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
        let results = commit(connection, &mut statements, live, &mut batch);
        settle(live, results, &mut batch);
        wal.note_commit();
        wal.relieve(connection, &mut relieved);
    }
    Ok(())
}

/// What became of each job: how many sessions it ended besides those that it names, or why it was not done.
type Results = Vec<Result<u64, StoreError>>;

/// Writes everything in one transaction: durable when this returns, or not done at all.
fn commit(
    connection: &Connection,
    statements: &mut Statements<'_>,
    live: &Live,
    jobs: &mut [Job],
) -> Result<Results, StoreError> {
    // Rolls back when it is dropped.
    let transaction = connection.unchecked_transaction()?;
    let mut results = Results::with_capacity(jobs.len());
    let mut judge = Judge::new(live);
    for at in 0..jobs.len() {
        let (earlier, rest) = jobs.split_at_mut(at);
        let changes = &mut rest[0].changes;
        if !changes.first().is_some_and(Change::is_judged) {
            results.push(write(statements, changes).map_or_else(alone, |()| Ok(Ok(0)))?);
            continue;
        }
        let result = match judge.rule(changes, earlier, &results) {
            Ok(ended) => write_alone(connection, statements, changes)?.map(|()| ended),
            Err(error) => Err(error),
        };
        results.push(result);
    }
    transaction.commit()?;
    Ok(results)
}

fn write(statements: &mut Statements<'_>, changes: &mut [Change]) -> Result<(), Refusal> {
    let is_single = changes.len() == 1;
    for change in changes {
        match statements.write(change) {
            Ok(()) => {}
            Err(refusal @ Refusal::Alone(_)) if is_single => return Err(refusal),
            // One session of a sweep, or one that a login replaces: the others must not wait for it.
            Err(Refusal::Alone(error)) if change.may_miss_its_row() => {
                tracing::error!(%error, "one session could not be written");
            }
            Err(Refusal::Alone(error) | Refusal::All(error)) => return Err(Refusal::All(error)),
        }
    }
    Ok(())
}

/// A refusal of one job is its result.
fn alone(refusal: Refusal) -> Result<Result<u64, StoreError>, StoreError> {
    match refusal {
        Refusal::Alone(error) => Ok(Err(error)),
        Refusal::All(error) => Err(error),
    }
}

/// Writes what was judged: if one change of it is refused, the whole of it is, and nothing else.
fn write_alone(
    connection: &Connection,
    statements: &mut Statements<'_>,
    changes: &mut [Change],
) -> Result<Result<(), StoreError>, StoreError> {
    connection.execute_batch("SAVEPOINT job")?;
    for change in changes {
        match statements.write(change) {
            Ok(()) => {}
            Err(Refusal::Alone(error)) if change.may_miss_its_row() => {
                tracing::error!(%error, "one session could not be written");
            }
            Err(Refusal::Alone(error)) => {
                connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
                return Ok(Err(error));
            }
            Err(Refusal::All(error)) => return Err(error),
        }
    }
    connection.execute_batch("RELEASE job")?;
    Ok(Ok(()))
}

/// Makes the changes visible, or forgets them, and answers who waits.
fn settle(live: &Live, results: Result<Results, StoreError>, jobs: &mut Vec<Job>) {
    let results = results.unwrap_or_else(|error| {
        tracing::error!(%error, cause = ?std::error::Error::source(&error), jobs = jobs.len(), "the session store refused a commit");
        vec![Err(error); jobs.len()]
    });
    for (job, result) in jobs.drain(..).zip(results) {
        match &result {
            Ok(_) => job.changes.iter().for_each(|change| live.apply(change)),
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
