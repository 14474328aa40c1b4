//! The table, its version, and how durable a commit is.

use std::path::Path;

use rusqlite::Connection;

use crate::{StoreError, file::APPLICATION_ID};

/// The newest schema that this version knows.
const VERSION: i64 = 1;

/// One row a session, an ended one too until it is purged. `digest` is a hash: nothing here opens a session.
const CREATE: &str = "
    CREATE TABLE session (
        id       INTEGER PRIMARY KEY,
        digest   BLOB NOT NULL,
        handle   TEXT NOT NULL,
        user     TEXT,
        ua       TEXT,
        login_ip TEXT,
        ip       TEXT,
        created  INTEGER NOT NULL, -- milliseconds since 1970, as all times here
        expires  INTEGER NOT NULL,
        idle     INTEGER NOT NULL, -- a span
        seen     INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        data     TEXT NOT NULL,    -- a JSON object
        ended    INTEGER,
        reason   TEXT,
        actor    TEXT
    ) STRICT;";

/// Makes a file ready for its owner: durable commits, our schema.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let open = |error| StoreError::open(path, error);
    if version(connection, path)? == 0 {
        // Whose file it is comes first and outside the WAL: `refuse_foreign` reads it from the file's first page, and
        // after a crash in between the next start goes on from here.
        connection
            .execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID};"))
            .map_err(open)?;
    }
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .map_err(open)?;
    if version(connection, path)? == 0 {
        let create = format!("BEGIN IMMEDIATE; {CREATE} PRAGMA user_version = {VERSION}; COMMIT;");
        connection.execute_batch(&create).map_err(open)?;
    }
    Ok(())
}

/// Refuses a file that a newer version wrote, or that holds nothing of ours.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if version(connection, path)? == 0 {
        return Err(StoreError::NotOurs {
            path: path.to_owned(),
            why: "it is empty".to_owned(),
        });
    }
    Ok(())
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| StoreError::open(path, error))?;
    if found > VERSION {
        return Err(StoreError::TooNew {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    Ok(found)
}
