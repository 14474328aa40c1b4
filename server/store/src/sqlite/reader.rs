//! Reading what sessions hold: by row, on connections of their own, beside the writer.

use std::path::PathBuf;

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _};

use super::connect_read_only;
use crate::{StoreError, entry::Data};

/// Connections that are kept for the next reading.
const KEPT: usize = 8;

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    /// What the session of a row holds; `None` if it has ended. Blocks for as long as the disk takes.
    pub(crate) fn data(&self, row: i64) -> Result<Option<Data>, StoreError> {
        let text = self.with(|connection| {
            connection
                .prepare_cached("SELECT data FROM session WHERE id = ?1 AND ended IS NULL")?
                .query_row([row], |row| row.get::<_, String>(0))
                .optional()
        })?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::Undecodable))
            .transpose()
    }

    /// Asks one question of the file.
    pub(crate) fn with<T>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = match self.idle.lock().pop() {
            Some(connection) => connection,
            None => connect_read_only(&self.path)?,
        };
        let answer = ask(&connection).map_err(|error| StoreError::open(&self.path, error))?;
        let mut idle = self.idle.lock();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(answer)
    }

    /// Closes what is open.
    pub(crate) fn close(&self) {
        self.idle.lock().clear();
    }
}
