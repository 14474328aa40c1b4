//! Rows to entries and back.

use std::net::IpAddr;

use rusqlite::{Connection, Row as SqlRow, named_params};
use sessctl_api::{EndReason, Ended};

use crate::{
    change::Change,
    clock::{to_millis, to_time},
    entry::{Data, Entry, Row, Touch},
    id::Digest,
};

/// What a file held.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) entries: Vec<Entry>,
    /// Of rows that cannot be understood.
    pub(crate) broken: Vec<Digest>,
    pub(crate) next_row: i64,
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
    let mut statement = connection.prepare("SELECT * FROM session ORDER BY id")?;
    let mut rows = statement.query([])?;
    let (mut entries, mut broken, mut next_row) = (Vec::new(), Vec::new(), 1);
    while let Some(row) = rows.next()? {
        let id: i64 = row.get("id")?;
        next_row = id + 1;
        match read(row) {
            Ok(row) => entries.push(Entry::new(row)),
            Err(error) => {
                tracing::error!(row = id, %error, "a stored session cannot be read: its holder gets an error");
                broken.extend(row.get("digest").map(Digest));
            }
        }
    }
    Ok(Loaded {
        entries,
        broken,
        next_row,
    })
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let handle: String = row.get("handle")?;
    let data: String = row.get("data")?;
    Ok(Row {
        row: row.get("id")?,
        digest: Digest(row.get("digest")?),
        handle: handle.parse().map_err(|error| broken(2, error))?,
        user: row.get("user")?,
        ua: row.get("ua")?,
        login_ip: read_ip(row, "login_ip")?,
        ip: read_ip(row, "ip")?,
        created: row.get("created")?,
        expires: row.get("expires")?,
        idle: row.get("idle")?,
        seen: row.get("seen")?,
        requests: row.get::<_, i64>("requests")?.cast_unsigned(),
        // `None` is kept as "cannot be decoded": such a session is neither let in nor signed out.
        data: serde_json::from_str::<Data>(&data).ok(),
        ended: read_ended(row)?,
    })
}

fn read_ip(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<IpAddr>> {
    Ok(row
        .get::<_, Option<String>>(column)?
        .and_then(|ip| ip.parse().ok()))
}

fn read_ended(row: &SqlRow<'_>) -> rusqlite::Result<Option<Ended>> {
    let Some(at) = row.get::<_, Option<i64>>("ended")? else {
        return Ok(None);
    };
    // A reason of a later version: still ended, whatever for.
    let reason = row
        .get::<_, Option<String>>("reason")?
        .and_then(|word| EndReason::parse(&word));
    let reason = reason.unwrap_or(EndReason::Revoked);
    Ok(Some(Ended {
        reason,
        actor: row.get("actor")?,
        at: to_time(at),
    }))
}

fn broken(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// Writes one change. All but the insert are conditional and match nothing where nothing lives.
pub(super) fn write(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Insert(entry) => insert(connection, &entry.to_row()),
        Change::Save { entry, data } => save(connection, entry.row, data),
        Change::Rotate { entry, digest } => connection
            .prepare_cached("UPDATE session SET digest = ?2 WHERE id = ?1 AND ended IS NULL")?
            .execute((entry.row, digest.0))
            .map(drop),
        Change::End {
            entry,
            unless_ended,
        } => match entry.ended().as_ref().or(unless_ended.as_ref()) {
            Some(ended) => end(connection, entry.row, ended),
            None => Ok(()),
        },
        Change::Touch { entry, touch } => write_touch(connection, entry.row, *touch),
        Change::Purge(entry) => connection
            .prepare_cached("DELETE FROM session WHERE id = ? AND ended IS NOT NULL")?
            .execute([entry.row])
            .map(drop),
    }
}

fn insert(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO session (id, digest, handle, user, ua, login_ip, ip, created, expires, idle, seen, requests, data)
             VALUES (:id, :digest, :handle, :user, :ua, :login_ip, :ip, :created, :expires, :idle, :seen, :requests, :data)",
        )?
        .execute(named_params! {
            ":id": row.row,
            ":digest": row.digest.0,
            ":handle": row.handle.as_str(),
            ":user": row.user,
            ":ua": row.ua,
            ":login_ip": row.login_ip.map(|ip| ip.to_string()),
            ":ip": row.ip.map(|ip| ip.to_string()),
            ":created": row.created,
            ":expires": row.expires,
            ":idle": row.idle,
            ":seen": row.seen,
            ":requests": row.requests.cast_signed(),
            ":data": encode(row.data.as_ref().unwrap_or(&Data::new()))?,
        })
        .map(drop)
}

fn save(connection: &Connection, row: i64, data: &Data) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE session SET data = ?2 WHERE id = ?1 AND ended IS NULL")?
        .execute((row, encode(data)?))
        .map(drop)
}

/// How it ended is the entry's to say: memory decided first, the file follows, also if it had another reason.
fn end(connection: &Connection, row: i64, ended: &Ended) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE session SET ended = ?2, reason = ?3, actor = ?4, data = '{}' WHERE id = ?1",
        )?
        .execute((
            row,
            to_millis(ended.at),
            ended.reason.as_str(),
            &ended.actor,
        ))
        .map(drop)
}

fn write_touch(connection: &Connection, row: i64, touch: Touch) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE session SET seen = ?2, requests = ?3, ip = ?4 WHERE id = ?1 AND ended IS NULL",
        )?
        .execute((
            row,
            touch.seen,
            touch.requests.cast_signed(),
            touch.ip.map(|ip| ip.to_string()),
        ))
        .map(drop)
}

fn encode(data: &Data) -> rusqlite::Result<String> {
    serde_json::to_string(data)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
