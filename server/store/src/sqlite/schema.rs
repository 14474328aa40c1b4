//! The tables, their version, and how durable a commit is.

use std::path::Path;

use rusqlite::Connection;

use crate::{StoreError, file::APPLICATION_ID};

/// The newest schema that this version knows.
const VERSION: i64 = 3;

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

/// What leads from a version to the next one; the first leads from 1 to 2. None of them is ever changed.
const MIGRATIONS: [&str; (VERSION - 1) as usize] = [
    // Distinct addresses, latest first, by spaces; NULL where there is none but `ip`.
    "ALTER TABLE session ADD COLUMN ips TEXT;",
    // Of a password and of a token only hashes; of who tried a password in vain only the hash of a name and an address.
    "CREATE TABLE user (
        name         TEXT PRIMARY KEY,
        hash         TEXT NOT NULL,    -- argon2id, in PHC form
        created      INTEGER NOT NULL,
        password_set INTEGER NOT NULL,
        disabled     INTEGER,
        last_login   INTEGER,
        sources      TEXT              -- networks that it was signed in from, latest first, by spaces
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE token (
        name    TEXT PRIMARY KEY,
        digest  BLOB NOT NULL,
        scope   TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE throttle (
        key      BLOB PRIMARY KEY,
        failures INTEGER NOT NULL,
        last     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE served ( -- one row, once it was served
        id              INTEGER PRIMARY KEY CHECK (id = 1),
        wanted_password INTEGER NOT NULL -- 1: every session in it began with one
    ) STRICT;",
];

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
    let is_new = version(connection, path)? == 0;
    // Each step is one transaction: after a crash in between the next start goes on from there.
    loop {
        let found = version(connection, path)?;
        let step = match usize::try_from(found - 1) {
            // A new file begins as the first version did.
            Err(_) => CREATE,
            Ok(done) => match MIGRATIONS.get(done) {
                Some(step) => step,
                None => return Ok(()),
            },
        };
        let next = found + 1;
        if !is_new {
            tracing::info!(from = found, to = next, "the session store is migrated");
        }
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {step} PRAGMA user_version = {next}; COMMIT;"
            ))
            .map_err(open)?;
    }
}

/// Refuses to read a file that another version wrote, or that holds nothing of ours.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let path = path.to_owned();
    match version(connection, &path)? {
        VERSION => Ok(()),
        0 => Err(StoreError::NotOurs {
            path,
            why: "it is empty".to_owned(),
        }),
        _ => Err(StoreError::TooOld { path }),
    }
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
