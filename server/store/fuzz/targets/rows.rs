//! Damaged store files: columns of wrong types, values that mean nothing, flipped bytes.
//!
//! The file holds four sessions. Each line of the input damages one: `ROW COLUMN VALUE`, where the value is `#` and a
//! number, `@` and milliseconds from now, `'` and text, `x` and bytes, `.` and a fraction, `=` and the row to copy it
//! from, or nothing for NULL. `!` and two hexadecimal numbers, an offset and a mask, flips bits of a byte of the file.
//! So the corpus can be read and written by hand.
//!
//! While values are written the schema is a loose one: everything gets past STRICT and NOT NULL. What each session must
//! be is judged a second time, from its columns alone: see [`State::of`].

#![no_main]

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use rusqlite::{
    Connection, Row, params,
    types::{ToSqlOutput, ValueRef},
};
use serde_json::Value;
use sessctl_api::{Filter, Handle, ListQuery, Registry as _, Revocation};
use sessctl_store::{
    Client, Data, Entry, Found, ManualClock, SessionId, Sessions, Settings, StoreError,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::runtime::Runtime;

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// All but `id`, which only flipped bytes damage: rows are found by it.
const COLUMNS: [&str; 16] = [
    "digest", "handle", "user", "ua", "login_ip", "ip", "created", "expires", "idle", "seen",
    "requests", "data", "ended", "reason", "actor", "ips",
];

/// 2026-11-23T12:00:00Z, an hour after everybody signed in.
const NOW: i64 = 1_795_435_200;

/// The number of the next id: the same in every run, so that a finding can be repeated.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static GROUND: Ground = Ground::new();
}

fuzz_target!(|input: &[u8]| GROUND.with(|ground| ground.check(input)));

/// What every input is tried on.
struct Ground {
    runtime: Runtime,
    directory: TempDir,
    /// A file of good sessions with a loose schema.
    file: Vec<u8>,
    /// The schema as it should be.
    schema: String,
    digests: Vec<Vec<u8>>,
}

/// What a lookup must say.
#[derive(Debug, Clone)]
enum State {
    Live {
        user: Option<String>,
        data: Data,
    },
    Ended,
    /// It cannot be understood: nobody is let in, and nobody is told that it has ended.
    Undecodable,
    /// Only its data cannot be understood: let in or not, nobody gets at the data.
    BadData,
    Unknown,
    /// Two rows claim to be this session.
    Contested,
}

impl Ground {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        // Best in memory, as scripts/fuzz has it: the store synchronises every commit.
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("good.db");
        runtime.block_on(make(&path)).expect("a good file");

        let connection = Connection::open(&path).expect("a good file");
        let schema = connection
            .query_row("SELECT sql FROM sqlite_schema", [], |row| row.get(0))
            .expect("one table");
        let digests = connection
            .prepare("SELECT digest FROM session ORDER BY id")
            .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect())
            .expect("good sessions");
        connection
            .execute_batch("PRAGMA journal_mode = DELETE")
            .expect("nobody else has it open");
        let columns = COLUMNS.join(", ");
        let loose = format!("CREATE TABLE session (id INTEGER PRIMARY KEY, {columns})");
        write_schema(&connection, &loose);
        drop(connection);
        Self {
            runtime,
            file: fs::read(path).expect("a good file"),
            directory,
            schema,
            digests,
        }
    }

    fn check(&self, input: &[u8]) {
        let path = self.directory.path().join("sessions.db");
        for end in ["db-wal", "db-shm"] {
            // There is none if the last store closed well.
            let _ = fs::remove_file(path.with_extension(end));
        }
        fs::write(&path, &self.file).expect("room for a file");
        let connection = Connection::open(&path).expect("a good file");
        connection
            .execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; BEGIN")
            .expect("a good file");
        let mut flips = Vec::new();
        for line in input.split(|byte| *byte == b'\n').take(32) {
            match line.strip_prefix(b"!") {
                Some(flip) => flips.extend(read_flip(flip)),
                None => damage(&connection, line),
            }
        }
        let (states, is_strict) = self.judge(&connection);
        write_schema(&connection, &self.schema);
        connection.execute_batch("COMMIT").expect("a good file");
        drop(connection);
        let is_flipped = !flips.is_empty();
        if is_flipped {
            let mut file = fs::read(&path).expect("the file");
            for (offset, mask) in flips {
                let at = offset % file.len();
                file[at] ^= mask;
            }
            fs::write(&path, file).expect("room for a file");
        }

        let asking = async {
            let states = (!is_flipped).then_some(&*states);
            let result = ask(&path, states, is_strict).await;
            assert!(is_flipped || result.is_ok(), "{result:?}");
        };
        let answer = async { tokio::time::timeout(Duration::from_secs(20), asking).await };
        let answer = self.runtime.block_on(answer);
        answer.expect("no question takes so long");
    }

    /// What each session must be, and whether the rows are such as STRICT lets in.
    fn judge(&self, connection: &Connection) -> (Vec<State>, bool) {
        let mut all = connection
            .prepare("SELECT * FROM session ORDER BY id")
            .expect("our columns");
        let rows: Vec<_> = all
            .query_map([], |row| {
                Ok((
                    State::of(row),
                    row.get::<_, Vec<u8>>("digest").ok(),
                    is_strict(row),
                ))
            })
            .and_then(Iterator::collect)
            .expect("our columns");
        let state = |good: &Vec<u8>| {
            let mut claims = rows
                .iter()
                .filter(|(_, digest, _)| digest.as_ref() == Some(good));
            match (claims.next(), claims.next()) {
                (None, _) => State::Unknown,
                (Some((state, ..)), None) => state.clone(),
                _ => State::Contested,
            }
        };
        let is_strict = rows.iter().all(|(.., is_strict)| *is_strict);
        (self.digests.iter().map(state).collect(), is_strict)
    }
}

impl State {
    fn of(row: &Row<'_>) -> Self {
        let value = |column| row.get_ref(column).expect("our column");
        let text = |column| value(column).as_str().ok();
        let number = |column| value(column).as_i64().ok();
        let is_text = |column| value(column) == ValueRef::Null || text(column).is_some();
        let is_known = text("handle").is_some_and(|handle| handle.parse::<Handle>().is_ok())
            && ["user", "ua", "login_ip", "ip", "ips", "data"]
                .into_iter()
                .all(is_text)
            && number("created").is_some()
            && number("requests").is_some();
        let (Some(expires), Some(idle), Some(seen)) =
            (number("expires"), number("idle"), number("seen"))
        else {
            return Self::Undecodable;
        };
        match value("ended") {
            _ if !is_known => return Self::Undecodable,
            ValueRef::Null => {}
            ValueRef::Integer(_) if is_text("reason") && is_text("actor") => return Self::Ended,
            _ => return Self::Undecodable,
        }
        if NOW * 1000 >= seen.saturating_add(idle).min(expires) {
            return Self::Ended;
        }
        let data = text("data").unwrap_or_default();
        match serde_json::from_str(data) {
            // As the store writes it; with blanks in front it need not be taken.
            Ok(Value::Object(object)) if data.starts_with('{') => Self::Live {
                user: text("user").map(str::to_owned),
                data: object,
            },
            Ok(Value::Object(_)) | Err(_) => Self::BadData,
            Ok(_) => Self::Undecodable,
        }
    }

    fn check(&self, found: &Result<Found, StoreError>) {
        let is_right = match (self, found) {
            (Self::Live { user, .. }, Ok(Found::Live(entry))) => entry.user() == user.as_deref(),
            (Self::Ended, Ok(Found::Ended { .. })) => true,
            (Self::Undecodable | Self::BadData, Err(StoreError::Undecodable)) => true,
            (Self::BadData, Ok(Found::Live(_))) => true,
            (Self::Unknown, Ok(Found::Unknown)) => true,
            (Self::Contested, _) => true,
            _ => false,
        };
        assert!(is_right, "{self:?}, but {found:?}");
    }

    fn check_data(&self, found: &Result<Data, StoreError>) {
        let is_right = match (self, found) {
            (Self::Live { data, .. }, Ok(found)) => data == found,
            (Self::BadData, Err(StoreError::Undecodable)) => true,
            (Self::Contested, _) => true,
            _ => false,
        };
        assert!(is_right, "{self:?}, but {found:?}");
    }
}

/// Whether the types are those of the schema.
fn is_strict(row: &Row<'_>) -> bool {
    COLUMNS.into_iter().all(|column| {
        let value = row.get_ref(column).expect("our column");
        match column {
            "digest" => matches!(value, ValueRef::Blob(_)),
            "handle" | "data" => matches!(value, ValueRef::Text(_)),
            "created" | "expires" | "idle" | "seen" | "requests" => {
                matches!(value, ValueRef::Integer(_))
            }
            "ended" => matches!(value, ValueRef::Null | ValueRef::Integer(_)),
            _ => matches!(value, ValueRef::Null | ValueRef::Text(_)),
        }
    })
}

/// Uses the file as a server and its operator do. Without states to compare with, it may hold anything.
async fn ask(path: &Path, states: Option<&[State]>, is_strict: bool) -> Result<(), StoreError> {
    let is_known = states.is_some();
    NEXT_ID.store(USERS.len() as u64, Ordering::SeqCst);
    let sessions = Sessions::open_sqlite(path, settings(NOW))?;
    let loaded = sessions.loaded().await;
    assert!(
        !matches!(loaded, Err(StoreError::Loading)),
        "the load never ends"
    );
    assert!(!is_known || loaded.is_ok(), "{loaded:?}");

    let mut live = None;
    for number in 0..USERS.len() {
        let found = sessions.lookup(&id(number as u64)).await;
        if let Some(states) = states {
            states[number].check(&found);
        }
        if let Ok(Found::Live(entry)) = found {
            let data = sessions.data(&entry).await;
            if let Some(states) = states {
                states[number].check_data(&data);
            }
            sessions.touch(&entry, "192.0.2.7".parse().ok());
            live = Some((number as u64, entry));
        }
    }
    let stranger = sessions.lookup(&id(u64::MAX)).await;
    assert!(!matches!(
        stranger,
        Ok(Found::Live(_) | Found::Ended { .. })
    ));

    for filter in ["", "data.a=1 or firefox or ip=10.0.0.0/8 or age<1h"] {
        let filter: Filter = filter.parse().expect("a right filter");
        let needs_data = filter.needs_data();
        let page = sessions.list(ListQuery::first(filter, 10)).await;
        // One session whose data cannot be read is enough for a question about data to have no answer.
        assert!(!is_known || needs_data || page.is_ok(), "{page:?}");
        for session in page.iter().flat_map(|page| &page.sessions) {
            let found = sessions.get(session.handle).await;
            assert!(!is_known || found.is_ok(), "{found:?}");
        }
    }
    let stats = sessions.stats().await;
    assert!(!is_known || stats.is_ok(), "{stats:?}");

    let must_write = is_known && is_strict;
    let swept = sessions.sweep().await;
    assert!(!must_write || swept.is_ok(), "{swept:?}");
    let created = sessions.create("erin", &Client::default(), None).await;
    assert!(!must_write || created.is_ok(), "{created:?}");
    let ended = match &live {
        Some((number, entry)) => end(&sessions, entry, must_write).await.then_some(*number),
        None => None,
    };
    let closed = sessions.close().await;
    assert!(!must_write || closed.is_ok(), "{closed:?}");

    // As somebody reads it who does not own it.
    let again = Sessions::read_sqlite(path, settings(NOW))?;
    // In a page with flipped bytes a scan may find a row that an update by its number does not.
    if let Some(number) = ended.filter(|_| is_known) {
        let found = again.lookup(&id(number)).await;
        assert!(!matches!(found, Ok(Found::Live(_))), "an ended one is back");
    }
    if let (true, Ok(created)) = (must_write, created) {
        let found = again.lookup(&created.id).await;
        assert!(matches!(found, Ok(Found::Live(_))), "{found:?}");
    }
    again.close().await
}

/// Revokes a session as an operator does. Returns whether it was this one, and for good.
async fn end(sessions: &Sessions, entry: &Arc<Entry>, must_write: bool) -> bool {
    let order = Revocation::of_handles(vec![entry.handle()]);
    let report = sessions.revoke(order, "tester").await;
    assert!(!must_write || report.is_ok(), "{report:?}");
    // Two rows may have one handle.
    report.is_ok() && entry.is_over()
}

/// Makes a good file.
async fn make(path: &Path) -> Result<(), StoreError> {
    let sessions = Sessions::open_sqlite(path, settings(NOW - 3600))?;
    for (number, user) in USERS.into_iter().enumerate() {
        let client = Client {
            ip: "10.1.2.3".parse().ok(),
            ua: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".into()),
        };
        let created = sessions.create(user, &client, None).await?;
        // Each holds more than the one before: none, one value, two.
        let keys = ["a", "b"].into_iter().take(number);
        let data: Data = keys.map(|key| (key.to_owned(), number.into())).collect();
        sessions.save(&created.entry, data).await?;
    }
    sessions.close().await
}

fn settings(now: i64) -> Settings {
    let now = OffsetDateTime::from_unix_timestamp(now).expect("a year of four digits");
    Settings {
        idle: Duration::from_secs(2 * 3600),
        clock: Arc::new(ManualClock::at(now)),
        new_id: || id(NEXT_ID.fetch_add(1, Ordering::SeqCst)),
        ..Settings::default()
    }
}

fn id(number: u64) -> SessionId {
    SessionId::from_bits(
        (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced),
    )
}

/// Replaces what SQLite believes of the table; the rows stay.
fn write_schema(connection: &Connection, schema: &str) {
    connection
        .execute_batch("PRAGMA writable_schema = ON")
        .and_then(|()| connection.execute("UPDATE sqlite_schema SET sql = ?1", [schema]))
        .and_then(|_| connection.execute_batch("PRAGMA writable_schema = OFF"))
        .expect("a schema can be written");
}

/// Puts one value where a line says; a line that says nothing does nothing.
fn damage(connection: &Connection, line: &[u8]) {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let mut word = || words.next().unwrap_or_default();
    let (row, column, value) = (word(), word(), word());
    let Some(column) = COLUMNS.into_iter().find(|name| name.as_bytes() == column) else {
        return;
    };
    let row = number(row);
    let Some((kind, rest)) = value.split_first() else {
        write(connection, column, row, ValueRef::Null);
        return;
    };
    match kind {
        b'=' => {
            let copy = format!(
                "UPDATE session SET {column} = (SELECT {column} FROM session WHERE id = ?2) WHERE id = ?1"
            );
            connection
                .execute(&copy, params![row, number(rest)])
                .expect("a loose column takes everything");
        }
        b'#' => write(connection, column, row, ValueRef::Integer(number(rest))),
        b'@' => {
            let moment = (NOW * 1000).saturating_add(number(rest));
            write(connection, column, row, ValueRef::Integer(moment));
        }
        b'.' => write(
            connection,
            column,
            row,
            ValueRef::Real(parse(rest).unwrap_or(0.5)),
        ),
        b'x' => write(connection, column, row, ValueRef::Blob(rest)),
        b'\'' => write(connection, column, row, ValueRef::Text(rest)),
        _ => {}
    }
}

fn write(connection: &Connection, column: &str, row: i64, value: ValueRef<'_>) {
    let update = format!("UPDATE session SET {column} = ?2 WHERE id = ?1");
    connection
        .execute(&update, params![row, ToSqlOutput::Borrowed(value)])
        .expect("a loose column takes everything");
}

fn number(text: &[u8]) -> i64 {
    parse(text).unwrap_or_default()
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An offset and what to flip there.
fn read_flip(text: &[u8]) -> Option<(usize, u8)> {
    let (offset, mask) = std::str::from_utf8(text).ok()?.split_once(' ')?;
    let offset = usize::from_str_radix(offset, 16).ok()?;
    Some((offset, u8::from_str_radix(mask, 16).ok()?))
}
