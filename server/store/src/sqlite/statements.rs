//! What the writer says to the file. All but the insert are conditional and match nothing where nothing lives.

use std::{borrow::Cow, net::IpAddr};

use compact_str::{CompactString, ToCompactString as _};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Statement, params};
use sessctl_api::Ended;

use super::{failures::Failures, people::People};
use crate::{
    Entry, StoreError,
    change::Change,
    clock::{Millis, to_millis},
    data::{Delta, Limits, text_of},
    entry::Data,
    id::Digest,
};

/// Every statement, prepared once.
#[derive(Debug)]
pub(super) struct Statements<'c> {
    insert: Statement<'c>,
    exists: Statement<'c>,
    data: Statement<'c>,
    edit: Statement<'c>,
    rotate: Statement<'c>,
    end: Statement<'c>,
    touch: Statement<'c>,
    purge: Statement<'c>,
    people: People<'c>,
    failures: Failures<'c>,
    limits: Limits,
}

/// Why a change was not written.
#[derive(Debug)]
pub(super) enum Refusal {
    /// This change alone: the others of the transaction go on.
    Alone(StoreError),
    /// The file refuses; the transaction is lost.
    All(StoreError),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        // A row that is not as the table wants it harms nobody but its session.
        let is_alone = error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
        let refusal = if is_alone { Self::Alone } else { Self::All };
        refusal(error.into())
    }
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection, limits: Limits) -> rusqlite::Result<Self> {
        let update = |what: &str| {
            connection.prepare(&format!(
                "UPDATE session SET {what} WHERE id = ?1 AND ended IS NULL"
            ))
        };
        Ok(Self {
            insert: connection.prepare(
                "INSERT INTO session (id, digest, handle, user, ua, login_ip, ip, created, expires, idle, seen, requests, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?,
            exists: connection.prepare("SELECT 1 FROM session WHERE id = ?1")?,
            data: connection.prepare("SELECT data FROM session WHERE id = ?1 AND ended IS NULL")?,
            edit: update("data = ?2")?,
            rotate: update("digest = ?2")?,
            // How it ended is the entry's to say: memory decided first, the file follows, also if it had another reason.
            end: connection.prepare(
                "UPDATE session SET ended = ?2, reason = ?3, actor = ?4, data = '{}' WHERE id = ?1",
            )?,
            touch: update("seen = ?2, requests = ?3, ip = ?4, ips = ?5")?,
            purge: connection.prepare("DELETE FROM session WHERE id = ?1 AND ended IS NOT NULL")?,
            people: People::prepare(connection)?,
            failures: Failures::prepare(connection)?,
            limits,
        })
    }

    /// Writes one change.
    pub(super) fn write(&mut self, change: &mut Change) -> Result<(), Refusal> {
        match change {
            Change::Insert { entry, data, .. } => self.insert(entry, data)?,
            Change::Edit { entry, delta, size } => {
                if let Some(now) = self.edit(entry, delta)? {
                    *size = now;
                }
            }
            Change::Rotate { entry, digest } => self.rotate(entry, *digest)?,
            Change::End {
                entry,
                unless_ended,
            } => {
                if let Some(ended) = entry.ended().as_ref().or(unless_ended.as_ref()) {
                    self.end(entry, ended)?;
                }
            }
            Change::Touch { entry, seen } => self.touch(entry, *seen)?,
            Change::Purge(entry) => {
                self.purge.execute([entry.row])?;
            }
            Change::Failures { throttle, keys } => self.failures.write(throttle, keys)?,
            Change::Account(order) => {
                if !self.people.write(&order.edit)? {
                    return Err(Refusal::Alone(StoreError::Damaged));
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, entry: &Entry, data: &Data) -> rusqlite::Result<()> {
        let moving = entry.moving();
        let data = match data.is_empty() {
            true => Cow::Borrowed("{}"),
            false => Cow::Owned(text_of(data)),
        };
        self.insert.execute(params![
            entry.row,
            entry.digest().0,
            entry.handle().as_str(),
            entry.user(),
            entry.origin().ua.as_deref(),
            text_of_ip(entry.addresses().0).as_deref(),
            entry.created(),
            entry.expires(),
            entry.idle(),
            moving.seen,
            moving.requests.cast_signed(),
            data,
        ])?;
        Ok(())
    }

    /// Returns how many bytes of data there are now; `None`: it has ended.
    fn edit(&mut self, entry: &Entry, delta: &Delta) -> Result<Option<u32>, Refusal> {
        // Ended in memory, and the disk will hear of it: from here on nothing is written.
        if entry.is_over() {
            return Ok(None);
        }
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let Some(text) = self.data.query_row([entry.row], read).optional()? else {
            return self.has_ended(entry).map(|()| None);
        };
        let before: Data =
            serde_json::from_str(&text).map_err(|_| Refusal::Alone(StoreError::Undecodable))?;
        let (after, text) = delta.apply(&before, self.limits).map_err(Refusal::Alone)?;
        self.edit.execute(params![entry.row, text])?;
        let size = if after.is_empty() { 0 } else { text.len() };
        Ok(Some(u32::try_from(size).unwrap_or(u32::MAX)))
    }

    fn rotate(&mut self, entry: &Entry, digest: Digest) -> Result<(), Refusal> {
        let changed = self.rotate.execute(params![entry.row, digest.0])?;
        if changed == 0 {
            return self.has_ended(entry);
        }
        Ok(())
    }

    fn end(&mut self, entry: &Entry, ended: &Ended) -> Result<(), Refusal> {
        let changed = self.end.execute(params![
            entry.row,
            to_millis(ended.at),
            ended.reason.as_str(),
            ended.actor,
        ])?;
        if changed == 0 {
            return self.has_ended(entry);
        }
        Ok(())
    }

    /// Why a row did not change: it has ended. If it is not there at all, success would be a lie.
    fn has_ended(&mut self, entry: &Entry) -> Result<(), Refusal> {
        if self.exists.exists([entry.row])? {
            return Ok(());
        }
        Err(Refusal::Alone(StoreError::Damaged))
    }

    fn touch(&mut self, entry: &Entry, seen: Millis) -> Result<(), Refusal> {
        let moving = entry.moving();
        let (ip, _, ips) = entry.addresses();
        let ips = (ips.len() > 1).then(|| {
            let texts: Vec<_> = ips.iter().map(ToString::to_string).collect();
            texts.join(" ")
        });
        let changed = self.touch.execute(params![
            entry.row,
            seen,
            moving.requests.cast_signed(),
            text_of_ip(ip).as_deref(),
            ips,
        ])?;
        if changed == 0 {
            return self.has_ended(entry);
        }
        Ok(())
    }
}

fn text_of_ip(ip: Option<IpAddr>) -> Option<CompactString> {
    ip.map(|ip| ip.to_compact_string())
}
