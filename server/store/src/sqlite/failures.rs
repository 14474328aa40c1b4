//! Failed tries of passwords in the file, so that a restart forgives none.

use std::sync::Arc;

use rusqlite::{Connection, Row, Statement, params};

use crate::{
    clock::Millis,
    throttle::{Counter, Key, Throttle},
};

/// Every statement about failures, prepared once.
#[derive(Debug)]
pub(super) struct Failures<'c> {
    keep: Statement<'c>,
    forget: Statement<'c>,
}

impl<'c> Failures<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            keep: connection.prepare(
                "INSERT INTO throttle (key, failures, last) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO UPDATE SET failures = ?2, last = ?3",
            )?,
            forget: connection.prepare("DELETE FROM throttle WHERE key = ?1")?,
        })
    }

    /// Writes what counts now: of two that failed at once the later write has both.
    pub(super) fn write(&mut self, throttle: &Arc<Throttle>, keys: &[Key]) -> rusqlite::Result<()> {
        for key in keys {
            match throttle.counter(*key) {
                Some(counter) => self
                    .keep
                    .execute(params![key.0, counter.failures, counter.last]),
                None => self.forget.execute([key.0]),
            }?;
        }
        Ok(())
    }
}

/// Reads what was counted.
pub(super) fn load(
    connection: &Connection,
    throttle: &Throttle,
    now: Millis,
) -> rusqlite::Result<()> {
    let read = |row: &Row<'_>| {
        let (failures, last) = (row.get(1)?, row.get(2)?);
        Ok((Key(row.get(0)?), Counter { failures, last }))
    };
    let mut statement = connection.prepare("SELECT key, failures, last FROM throttle")?;
    let counters: Vec<_> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
    throttle.load(counters, now);
    Ok(())
}
