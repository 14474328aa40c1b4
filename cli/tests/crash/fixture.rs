//! A store file as the first version left it: its schema to the letter, and cookies with the digests it kept of them.

use std::{fs, path::Path};

use rand::{Rng as _, rngs::StdRng};
use rusqlite::{Connection, params};
use sessctl_api::Handle;
use sessctl_store::{Clock as _, SystemClock};

use crate::{
    model::{Model, Shared, look},
    record::Record,
};

/// Version 1, never to be edited: every later version must read it.
const VERSION_1: &str = "
    PRAGMA application_id = 0x73657373;
    PRAGMA journal_mode = WAL;
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
    ) STRICT;
    PRAGMA user_version = 1;
";

/// Cookies, and what version 1 kept of them: it must open the same sessions for ever.
const COOKIES: [(&str, &str); 8] = [
    (
        "ERPwqU9FxLBoh26RdfaHsA",
        "8f637d1f85b0d5e90f95dd97b7356df2530a298e17256d0091415634704a28fb",
    ),
    (
        "KuLw3suB_B7Hsdy8GZErGQ",
        "f8530680a3154c2f87cef2c07a8931fe3a4662253b369e7b13d2345dc8a4dcc3",
    ),
    (
        "t0PL4bsQcDNFhpR3StcUbQ",
        "bd0486664a8cde57ab7c81ebd1a082546d39e4ead9532955739109f3f4259af0",
    ),
    (
        "xQmh5yjwGYmeSkBQOsYocg",
        "9b145530f6796a754929a8fb59c41c037879ad73326ac29e5d36e25e48f9c27e",
    ),
    (
        "kCNU-SEQzE1SBmtyCEd6rQ",
        "0219db3855aa18fa8d5874d232971376f78f2703075a7bf4ef1f9911bcc444eb",
    ),
    (
        "k01F6qoq5GbJjWRLv5JQcw",
        "2ee3b8c318fb29b7b35b56cdba20ee66b1a55856148a4bf70e9883709073db61",
    ),
    (
        "5PlQGNPiKquDtWm-wa_csw",
        "222030c6e49c62b04c7ce865591e98e2c730a0fa62759bbb5abeb5fe1ef4a39e",
    ),
    (
        "QVMh0fqn7IosOt_Rdz5V2w",
        "3c6d8eddd17e4a48e56a35ffd11a788ce22e746b6c973ead345e770d598d1bd3",
    ),
];

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Makes a file of version 1 with so many sessions, and tells the model of them: some have ended, few have a cookie.
/// `is_crashed` leaves it as a killed server does, with everything in the write-ahead log.
pub(crate) fn version_1(
    path: &Path,
    sessions: usize,
    is_crashed: bool,
    model: &Shared,
    rng: &mut StdRng,
) {
    let aside = path.with_extension("making");
    let mut connection = Connection::open(&aside).unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..sessions {
        insert(&transaction, number, &mut look(model), rng);
    }
    transaction.commit().unwrap();
    if is_crashed {
        // Closing it would move the log into the file.
        fs::copy(&aside, path).unwrap();
        fs::copy(
            aside.with_extension("making-wal"),
            path.with_extension("db-wal"),
        )
        .unwrap();
        drop(connection);
        fs::remove_file(aside).unwrap();
    } else {
        connection.close().unwrap();
        fs::rename(aside, path).unwrap();
    }
}

fn insert(connection: &Connection, number: usize, model: &mut Model, rng: &mut StdRng) {
    let now = i64::try_from(SystemClock.now().unix_timestamp_nanos() / 1_000_000).unwrap();
    let handle = Handle::from_random(rng.random()).to_string();
    let user = Model::user(number);
    let (cookie, digest) = match COOKIES.get(number) {
        Some((cookie, digest)) => (Some((*cookie).to_owned()), bytes(digest)),
        None => (None, rng.random::<[u8; 32]>().to_vec()),
    };
    let is_dead = number % 5 == 4;
    let ended = is_dead.then_some((now - 60_000, "revoked", "operator"));
    let ended = ended.map_or((None, None, None), |(at, reason, actor)| {
        (Some(at), Some(reason), Some(actor))
    });
    let mut insert = connection
        .prepare_cached("INSERT INTO session VALUES (NULL, ?, ?, ?, ?, '192.0.2.1', '127.0.0.1', ?, ?, ?, ?, 7, '{\"theme\":\"dark\"}', ?, ?, ?)")
        .unwrap();
    let agent = Model::agent(number);
    insert
        .execute(params![
            digest,
            handle,
            user,
            agent,
            now - DAY / 24,
            now + DAY,
            DAY,
            now,
            ended.0,
            ended.1,
            ended.2
        ])
        .unwrap();
    let mut record = Record {
        user,
        handle: Some(handle),
        cookie,
        is_heard: true,
        is_dead,
        ..Record::default()
    };
    record
        .data
        .entry("theme")
        .or_default()
        .settle(Some("dark".into()));
    record.requests = Some((7, 7));
    let added = model.add(record);
    assert_eq!(added, number, "the file comes before all logins");
    model.note(
        number,
        if is_dead {
            "in the file, ended"
        } else {
            "in the file"
        },
    );
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}
