//! Two hundred requests write their session while somebody revokes it: none brings it back, none leaves with a cookie
//! that opens anything, and not one row more than there were logins.
//!
//! Each backend goes through 1,000 rounds, or as many as `SESSCTL_RACE_ROUNDS` says.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::Path,
    http::{Request, Response, header},
    routing::get,
};
use common::{REMOVAL, clock, rows_of, settings};
use http_body_util::BodyExt as _;
use sessctl_api::{Filter, Handle, ListQuery, Registry as _, Revocation, RevokeResult};
use sessctl_server::{Cookie, CurrentSession, Gate, GateLayer};
use sessctl_store::{Client, Found, ManualClock, SessionId, Sessions, Settings, USER_KEY};
use tokio::{sync::Notify, task::JoinSet};
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::{Session, SessionManagerLayer};

const REQUESTS: usize = 200;
/// Points in each request at which the revocation may fire.
const POINTS: u64 = 3;

/// What became of the requests of all rounds.
#[derive(Debug, Default)]
struct Tally {
    /// Answered while the session lived.
    before: usize,
    /// Came in with a live session and left with a removal cookie: these were raced.
    cut_off: usize,
    /// Came in when it was over.
    after: usize,
}

/// Fires once the requests of a round have passed so many points together.
#[derive(Debug)]
struct Fuse {
    left: AtomicUsize,
    burnt: Notify,
}

impl Fuse {
    fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.burnt.notify_one();
        }
    }
}

fn rounds() -> usize {
    std::env::var("SESSCTL_RACE_ROUNDS").map_or(1_000, |rounds| rounds.parse().unwrap())
}

/// Reads first or does not, lets others run, writes a key of its own; some save at once, some leave it to the layer.
async fn write(
    session: Session,
    current: Option<CurrentSession>,
    Extension(fuse): Extension<Arc<Fuse>>,
    Path(n): Path<usize>,
) -> &'static str {
    if !n.is_multiple_of(3) {
        let _: Option<usize> = session.get("shared").await.unwrap();
    }
    fuse.pass();
    // To the end of the queue, so that all requests are inside before the first goes on.
    tokio::task::yield_now().await;
    session.insert(&format!("key{n}"), n).await.unwrap();
    session.insert("shared", n).await.unwrap();
    if current.is_some() {
        // Names the user, so that the store would make a new session of it if it made one at all. Whoever comes in
        // when it is over may not: that would be a handler that signs strangers in.
        session.insert(USER_KEY, "alice").await.unwrap();
    }
    fuse.pass();
    if n.is_multiple_of(5) {
        session.save().await.unwrap();
        session.insert("late", n).await.unwrap();
    }
    tokio::task::yield_now().await;
    fuse.pass();
    if current.is_some() {
        "inside"
    } else {
        "outside"
    }
}

fn service(sessions: &Sessions) -> Gate<Router> {
    let manager = SessionManagerLayer::new(sessions.clone()).with_name("sid");
    let router = Router::new().route("/write/{n}", get(write)).layer(manager);
    GateLayer::new(sessions.clone(), Cookie::default()).layer(router)
}

/// A small generator of numbers, so that a failing round can be run again.
fn scattered(round: usize) -> usize {
    let mut x = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    1 + usize::try_from((x ^ (x >> 32)) % (REQUESTS as u64 * POINTS)).unwrap()
}

async fn revoke(sessions: &Sessions, handle: Handle) {
    let order = Revocation::of_handles(vec![handle]);
    let report = sessions.revoke(order, "root").await.unwrap();
    assert_eq!(report.count(RevokeResult::Revoked), 1);
}

fn opens(sessions: &Sessions, cookie: &str) -> bool {
    SessionId::parse(cookie).is_some_and(|id| {
        matches!(
            sessions.lookup(&id).now().expect("it is loaded").unwrap(),
            Found::Live(_)
        )
    })
}

fn set_cookies(response: &Response<Body>) -> Vec<String> {
    let lines = response.headers().get_all(header::SET_COOKIE);
    lines
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

async fn round(sessions: &Sessions, service: &Gate<Router>, round: usize, tally: &mut Tally) {
    let created = sessions.create("alice", &Client::default(), None).await;
    let created = created.unwrap();
    let cookie = created.id.cookie_value();
    let fuse = Arc::new(Fuse {
        left: scattered(round).into(),
        burnt: Notify::new(),
    });
    let mut answers = JoinSet::new();
    for n in 0..REQUESTS {
        let request = Request::get(format!("/write/{n}"))
            .header(header::COOKIE, format!("sid={cookie}"))
            .extension(Arc::clone(&fuse))
            .body(Body::empty());
        answers.spawn(service.clone().oneshot(request.unwrap()));
    }
    fuse.burnt.notified().await;
    revoke(sessions, created.entry.handle()).await;
    for answer in answers.join_all().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "round {round}");
        let lines = set_cookies(&answer);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        if lines == [REMOVAL] {
            match &body[..] {
                b"inside" => tally.cut_off += 1,
                _ => tally.after += 1,
            }
            continue;
        }
        tally.before += 1;
        for line in lines {
            let value = line.strip_prefix("sid=").unwrap().split(';').next();
            assert!(
                !opens(sessions, value.unwrap()),
                "round {round}: an answer left with a live cookie"
            );
        }
    }
    assert!(!opens(sessions, &cookie), "round {round}: it is back");
    let list = sessions.list(ListQuery::first(Filter::default(), 10)).await;
    assert_eq!(list.unwrap().total, 0, "round {round}");
    let made = sessions.stats().await.unwrap().created.unwrap();
    assert_eq!(made, round as u64 + 1, "round {round}: a fresh row");
}

async fn all_rounds(sessions: &Sessions) {
    let service = service(sessions);
    let mut tally = Tally::default();
    let rounds = rounds();
    for n in 0..rounds {
        round(sessions, &service, n, &mut tally).await;
    }
    eprintln!("{rounds} rounds over {}: {tally:?}", sessions.kind());
    assert!(
        tally.before > rounds && tally.cut_off > 10 * rounds,
        "nothing was raced: {tally:?}"
    );
}

/// Every writer has a key of its own, and all of them fit.
fn roomy(clock: &Arc<ManualClock>) -> Settings {
    Settings {
        max_keys: 2 * REQUESTS,
        ..settings(clock)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory_no_racing_write_outlives_a_revoke() {
    let sessions = Sessions::in_memory(roomy(&clock()));
    all_rounds(&sessions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_sqlite_no_racing_write_outlives_a_revoke_or_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let sessions = Sessions::open_sqlite(&file, roomy(&clock)).unwrap();
    all_rounds(&sessions).await;
    sessions.close().await.unwrap();
    assert_eq!(rows_of(&file), rounds());
    let again = Sessions::open_sqlite(&file, settings(&clock)).unwrap();
    assert_eq!(again.stats().await.unwrap().active, 0);
}
