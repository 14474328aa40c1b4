//! What the tests of the store and those of the server both stand on: a clock that they move, and the limits on it.

use std::{path::Path, sync::Arc, time::Duration};

use sessctl_store::{Hashing, ManualClock, Settings};
use time::OffsetDateTime;

pub(crate) const IDLE: Duration = Duration::from_secs(600);
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(3_600);

/// Hashes that take no time.
pub(crate) const CHEAP: Hashing = Hashing {
    memory: 8,
    passes: 1,
    at_once: 2,
};

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap(),
    ))
}

pub(crate) fn settings(clock: &Arc<ManualClock>) -> Settings {
    Settings {
        idle: IDLE,
        absolute: ABSOLUTE,
        hashing: CHEAP,
        clock: clock.clone(),
        ..Settings::default()
    }
}

/// Rows of a SQLite file, ended sessions too.
pub(crate) fn rows_of(file: &Path) -> usize {
    let connection = rusqlite::Connection::open(file).unwrap();
    let count = "SELECT count(*) FROM session";
    let rows: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
    rows.try_into().unwrap()
}
