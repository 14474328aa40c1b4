//! A store file with as many sessions as wanted, written straight into the table that the server made.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, params_from_iter, types::Value};
use sessctl_store::{Clock as _, SystemClock};

use crate::people::Person;

/// Rows a transaction.
const BATCH: u64 = 50_000;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// How far apart the logins lie, in milliseconds: a million of them fill eight hours before the latest activity.
const APART: i64 = 29;

/// A column of the table.
struct Column {
    name: String,
    must_be_given: bool,
}

/// Writes the sessions of the first `count` people, oldest first.
pub(crate) fn fill(path: &Path, count: u64) -> Result<()> {
    let mut connection = Connection::open(path)?;
    // Whoever loses power here starts the benchmark again.
    connection.execute_batch("PRAGMA synchronous = OFF;")?;
    let names = known(columns(&connection)?)?;
    let marks = vec!["?"; names.len()].join(", ");
    let insert = format!(
        "INSERT INTO session ({}) VALUES ({marks})",
        names.join(", ")
    );
    let now = i64::try_from(SystemClock.now().unix_timestamp_nanos() / 1_000_000)?;
    for start in (0..count).step_by(usize::try_from(BATCH)?) {
        let batch = connection.transaction()?;
        let mut statement = batch.prepare_cached(&insert)?;
        for number in start..count.min(start + BATCH) {
            let row = names.iter().map(|name| value(name, number, count, now));
            statement.execute(params_from_iter(row.flatten()))?;
        }
        drop(statement);
        batch.commit()?;
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

fn columns(connection: &Connection) -> Result<Vec<Column>> {
    let mut statement = connection.prepare("SELECT * FROM pragma_table_info('session')")?;
    let rows = statement.query_map([], |row| {
        let is_key = row.get::<_, i64>("pk")? != 0;
        let has_default = row.get::<_, Option<String>>("dflt_value")?.is_some();
        Ok(Column {
            name: row.get("name")?,
            must_be_given: row.get("notnull")? && !is_key && !has_default,
        })
    })?;
    let columns: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    if columns.is_empty() {
        bail!("the server made no table named session");
    }
    Ok(columns)
}

/// The columns that are known here. Others stay empty, as after an update from an older file, if they may.
fn known(columns: Vec<Column>) -> Result<Vec<String>> {
    let (known, unknown): (Vec<_>, Vec<_>) = columns
        .into_iter()
        .partition(|column| value(&column.name, 0, 1, 0).is_some());
    if let Some(column) = unknown.iter().find(|column| column.must_be_given) {
        bail!(
            "the table has a column {:?} that the benchmark cannot fill",
            column.name
        );
    }
    Some(known.into_iter().map(|column| column.name).collect())
        .filter(|names: &Vec<_>| !names.is_empty())
        .context("the table has no column that the benchmark knows")
}

/// What one column holds for one person; `None` for a column that is not known.
fn value(column: &str, number: u64, count: u64, now: i64) -> Option<Value> {
    let person = Person(number);
    let seen = now - person.idle();
    let created = now - DAY / 8 - (count - number).cast_signed().saturating_mul(APART);
    Some(match column {
        "id" => Value::Integer(number.cast_signed() + 1),
        "digest" => Value::Blob(person.digest().to_vec()),
        "handle" => Value::Text(person.handle().to_string()),
        "user" => Value::Text(person.name()),
        "ua" => Value::Text(person.agent().to_owned()),
        "login_ip" | "ip" => Value::Text(person.ip().to_string()),
        "created" => Value::Integer(created),
        "expires" => Value::Integer(created + 365 * DAY),
        "idle" => Value::Integer(30 * DAY),
        "seen" => Value::Integer(seen),
        "requests" => Value::Integer(person.requests()),
        "data" => Value::Text(person.data()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns_of(table: &str) -> Result<Vec<String>> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(table).unwrap();
        known(columns(&connection).unwrap())
    }

    #[test]
    fn columns_that_are_not_known_stay_empty_if_they_may() {
        let more = "CREATE TABLE session (id INTEGER PRIMARY KEY, user TEXT, later TEXT, mode TEXT NOT NULL DEFAULT '')";
        assert_eq!(columns_of(more).unwrap(), ["id", "user"]);
        let needed = "CREATE TABLE session (id INTEGER PRIMARY KEY, later TEXT NOT NULL)";
        assert!(columns_of(needed).is_err());
    }
}
