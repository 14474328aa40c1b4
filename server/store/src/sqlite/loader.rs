//! Reading the file into memory at start, beside the first requests: newest sessions first, so that those who were
//! here a moment ago wait least.
//!
//! A row that is not loaded yet cannot change: whoever would change it waits for it. So nothing that is read can have
//! ended since.

use std::{sync::mpsc, thread};

use rusqlite::Connection;

use super::rows;
use crate::{entry::Entry, live::Live};

/// Sessions that go from the thread that reads to the one that sorts them in at once.
const BATCH: usize = 1024;

/// Batches that may be on their way.
const AHEAD: usize = 8;

/// Reads the rows below `next_row`. One that cannot be understood stays in the file, and lets nobody in.
/// Calls `go_on` after each batch.
pub(super) fn load(
    connection: &Connection,
    live: &Live,
    next_row: i64,
    go_on: impl Fn() + Send,
) -> rusqlite::Result<()> {
    thread::scope(|scope| {
        let (sender, batches) = mpsc::sync_channel::<Vec<Entry>>(AHEAD);
        // Two halves of about the same length: what SQLite and decoding take, and what the indexes take.
        scope.spawn(move || {
            for batch in batches {
                batch.into_iter().for_each(|entry| live.load(entry));
                go_on();
            }
        });
        read(connection, live, next_row, &sender)
    })?;
    live.finish_load();
    Ok(())
}

fn read(
    connection: &Connection,
    live: &Live,
    next_row: i64,
    sender: &mpsc::SyncSender<Vec<Entry>>,
) -> rusqlite::Result<()> {
    let query = format!(
        "SELECT {} FROM session WHERE id < ?1 ORDER BY id DESC",
        rows::COLUMNS
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([next_row])?;
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch: &mut Vec<Entry>| {
        // An error says that the other thread panicked, and then so does the scope.
        let _ = sender.send(std::mem::replace(batch, Vec::with_capacity(BATCH)));
    };
    while let Some(row) = rows.next()? {
        match rows::read(row, &live.origins) {
            Ok(entry) => batch.push(entry),
            Err(error) => {
                tracing::error!(row = row.get::<_, i64>(0).ok(), %error, "a stored session cannot be read: its holder gets an error");
                if let Some(digest) = rows::digest(row) {
                    live.load_broken(digest);
                }
            }
        }
        if batch.len() == BATCH {
            send(&mut batch);
        }
    }
    send(&mut batch);
    Ok(())
}

/// The row id of the next session.
pub(super) fn next_row(connection: &Connection) -> rusqlite::Result<i64> {
    let largest: Option<i64> =
        connection.query_row("SELECT max(id) FROM session", [], |row| row.get(0))?;
    let largest = largest.unwrap_or(0);
    let next = largest.checked_add(1);
    next.ok_or(rusqlite::Error::IntegralValueOutOfRange(0, largest))
}
