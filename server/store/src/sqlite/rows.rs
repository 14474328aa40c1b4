//! Rows to entries.

use std::net::IpAddr;

use rusqlite::{Row as SqlRow, types::Type};
use sessctl_api::{EndReason, Ended};

use crate::{
    clock::to_time,
    entry::{Entry, Row},
    id::Digest,
    origin::Origins,
};

/// The columns that [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "id, digest, handle, user, ua, login_ip, ip, created, expires, idle, seen, requests, data, ended, reason, actor, ips";

/// Reads a row. What cannot be understood is an error; of data that cannot, only the entry knows.
pub(super) fn read(row: &SqlRow<'_>, origins: &Origins) -> rusqlite::Result<Entry> {
    let latest = ip(row, 6)?;
    let ips = match text(row, 16)? {
        Some(ips) => ips.split(' ').filter_map(|ip| ip.parse().ok()).collect(),
        None => latest.into_iter().collect(),
    };
    let created: i64 = row.get(7)?;
    let absolute = row.get::<_, i64>(8)?.saturating_sub(created);
    let handle = text(row, 2)?.unwrap_or_default();
    let size = size_of_data(text(row, 12)?.unwrap_or_default());
    let row = Row {
        row: row.get(0)?,
        digest: Digest(row.get(1)?),
        handle: handle.parse().map_err(|error| unreadable(2, error))?,
        user: text(row, 3)?.map(Into::into),
        origin: origins.get(text(row, 4)?, row.get(9)?, absolute),
        login_ip: ip(row, 5)?,
        ips,
        created,
        seen: row.get(10)?,
        requests: row.get::<_, i64>(11)?.cast_unsigned(),
        size: size.unwrap_or_default(),
        is_broken: size.is_none(),
        ended: read_ended(row)?,
    };
    Ok(Entry::new(row, false))
}

fn text<'r>(row: &'r SqlRow<'_>, column: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

fn ip(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<IpAddr>> {
    Ok(text(row, column)?.and_then(|ip| ip.parse().ok()))
}

/// The digest of a row that cannot be understood otherwise.
pub(super) fn digest(row: &SqlRow<'_>) -> Option<Digest> {
    row.get(1).map(Digest).ok()
}

/// Bytes of data, 0 for an empty object; `None` if it cannot be understood. It is read again when somebody asks for it.
fn size_of_data(data: &str) -> Option<u32> {
    if data == "{}" {
        return Some(0);
    }
    let is_object =
        data.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
    u32::try_from(data.len()).ok().filter(|_| is_object)
}

fn read_ended(row: &SqlRow<'_>) -> rusqlite::Result<Option<Ended>> {
    let Some(at) = row.get::<_, Option<i64>>(13)? else {
        return Ok(None);
    };
    // A reason of a later version: still ended, whatever for.
    let reason = row
        .get::<_, Option<String>>(14)?
        .and_then(|word| EndReason::parse(&word));
    let reason = reason.unwrap_or(EndReason::Revoked);
    Ok(Some(Ended {
        reason,
        actor: row.get(15)?,
        at: to_time(at),
    }))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
