//! Reading the file into memory at start, beside the first requests: newest sessions first, so that those who were
//! here a moment ago wait least.
//!
//! A row that is not loaded yet cannot change: whoever would change it waits for it. So nothing that is read can have
//! ended since.

use rusqlite::Connection;

use super::rows;
use crate::live::Live;

/// Reads the rows below `next_row`. One that cannot be understood stays in the file, and lets nobody in.
pub(super) fn load(connection: &Connection, live: &Live, next_row: i64) -> rusqlite::Result<()> {
    let query = format!(
        "SELECT {} FROM session WHERE id < ?1 ORDER BY id DESC",
        rows::COLUMNS
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([next_row])?;
    while let Some(row) = rows.next()? {
        match rows::read(row, &live.agents) {
            Ok(entry) => live.load(entry),
            Err(error) => {
                tracing::error!(row = row.get::<_, i64>(0).ok(), %error, "a stored session cannot be read: its holder gets an error");
                if let Some(digest) = rows::digest(row) {
                    live.load_broken(digest);
                }
            }
        }
    }
    live.finish_load();
    Ok(())
}

/// The row id of the next session.
pub(super) fn next_row(connection: &Connection) -> rusqlite::Result<i64> {
    let largest: Option<i64> =
        connection.query_row("SELECT max(id) FROM session", [], |row| row.get(0))?;
    Ok(largest.unwrap_or(0) + 1)
}
