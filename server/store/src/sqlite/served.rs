//! How a file was served the last time: whether its sessions began with a password.

use rusqlite::{Connection, OptionalExtension as _, params};
use sessctl_api::EndReason;

use crate::clock::Millis;

/// Who ended sessions that began without a password.
const ACTOR: &str = "serve --auth users";

/// Notes how the file is served from now on. If passwords are wanted that were not wanted before, its sessions end:
/// any name opened them, also that of an account. Returns how many.
pub(super) fn note(
    connection: &Connection,
    wants_password: bool,
    now: Millis,
) -> rusqlite::Result<usize> {
    // Rolls back when it is dropped.
    let transaction = connection.unchecked_transaction()?;
    let before: Option<bool> = transaction
        .query_row("SELECT wanted_password FROM served", [], |row| row.get(0))
        .optional()?;
    if before == Some(wants_password) {
        return Ok(0);
    }
    let ended = if wants_password {
        transaction.execute(
            "UPDATE session SET ended = ?1, reason = ?2, actor = ?3, data = '{}' WHERE ended IS NULL",
            params![now, EndReason::Revoked.as_str(), ACTOR],
        )?
    } else {
        0
    };
    transaction.execute(
        "INSERT OR REPLACE INTO served (id, wanted_password) VALUES (1, ?1)",
        [wants_password],
    )?;
    transaction.commit()?;
    Ok(ended)
}
