//! Very many sessions that ended by the clock: they are written down in batches, beside sign-ins, and whoever opens
//! the store next goes on where the last one stopped.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::path::Path;

use common::{ABSOLUTE, IDLE, client, clock, settings};
use rusqlite::{Connection, params};
use sessctl_api::{Filter, ListQuery, Registry as _};
use sessctl_store::{Clock as _, Sessions, Settings};

const EXPIRED: usize = 50_000;

/// A file with sessions that were last used so long ago that none lives any more.
fn fill(file: &Path, now: i64) {
    let connection = Connection::open(file).unwrap();
    let (idle, absolute) = (IDLE.as_millis() as i64, ABSOLUTE.as_millis() as i64);
    // Signed in some milliseconds apart: their deadlines lie on many pages of the book, a few hundred on each.
    connection
        .execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             INSERT INTO session (digest, handle, user, created, expires, idle, seen, requests, data)
             SELECT randomblob(32), printf('%012d', n), 'user' || (n % 100),
                    ?2 - 3 * n, ?2 - 3 * n + ?3, ?4, ?2 - 3 * n, 1, '{}' FROM n",
            params![EXPIRED as i64, now - idle, absolute, idle],
        )
        .unwrap();
}

fn ended_rows(file: &Path) -> usize {
    let connection = Connection::open(file).unwrap();
    let count = "SELECT count(*) FROM session WHERE ended IS NOT NULL";
    let rows: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
    rows.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_end_in_batches_beside_sign_ins_and_whoever_comes_next_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let settings = || Settings {
        // None is forgotten meanwhile.
        keep_ended: ABSOLUTE * 1000,
        ..settings(&clock)
    };
    Sessions::open_sqlite(&file, settings())
        .unwrap()
        .close()
        .await
        .unwrap();
    fill(&file, clock.millis());

    let (mut swept, mut sign_ins, mut beside) = (0, 0, 0);
    let mut sweeps = 0;
    // Twice it is gone in the middle and nobody closed it: what it had written stays, the rest is done by the next one.
    for until in [8_192, 20_000, EXPIRED] {
        let sessions = Sessions::open_sqlite(&file, settings()).unwrap();
        sessions.loaded().await.unwrap();
        while swept < until {
            let sweep = tokio::spawn({
                let sessions = sessions.clone();
                async move { sessions.sweep().await.unwrap().len() }
            });
            while !sweep.is_finished() {
                let created = sessions.create("new", &client(), None).await.unwrap();
                assert!(!created.entry.is_over());
                sign_ins += 1;
                beside += usize::from(!sweep.is_finished());
            }
            let batch = sweep.await.unwrap();
            assert!(batch > 0 && batch <= 8_192, "{batch} in one sweep");
            swept += batch;
            sweeps += 1;
            assert_eq!(ended_rows(&file), swept);
        }
        drop(sessions);
    }
    assert_eq!(swept, EXPIRED);
    assert!(
        beside > 5 * sweeps,
        "{beside} sign-ins beside {sweeps} sweeps"
    );

    let sessions = Sessions::open_sqlite(&file, settings()).unwrap();
    let stats = sessions.stats().await.unwrap();
    assert_eq!((stats.active, stats.users), (sign_ins, 1));
    let ended = ListQuery {
        ended: true,
        ..ListQuery::first("reason=idle".parse::<Filter>().unwrap(), 1)
    };
    assert_eq!(sessions.list(ended).await.unwrap().total, EXPIRED as u64);
    assert!(sessions.sweep().await.unwrap().is_empty());
}
