//! A session gets another id while requests with the old one are under way: none is let in by the old id from then on,
//! none takes the new cookie away, and nothing that was acknowledged is lost.
//!
//! The races go through 1,000 rounds for each backend, or as many as `SESSCTL_RACE_ROUNDS` says.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    http::{Request, Response, header},
    response::IntoResponse,
    routing::get,
};
use common::{REMOVAL, clock, settings, sid};
use http_body_util::BodyExt as _;
use sessctl_api::{Filter, ListQuery, Registry as _, Revocation};
use sessctl_server::{Cookie, CurrentSession, Gate, GateLayer, SetSession};
use sessctl_store::{Client, Created, Found, ManualClock, SessionId, Sessions, Settings};
use tokio::{sync::Semaphore, task::JoinSet};
use tower::{Layer as _, ServiceExt as _};
use tower_sessions::{Session, SessionManagerLayer};

const WRITERS: usize = 24;
const ROTATORS: usize = 2;
const REQUESTS: usize = WRITERS + ROTATORS;
/// Of the writers: they come when the rotations begin, some before these are done and some after.
const LATE: usize = 8;
/// Of the late ones: they come once a rotation was answered.
const TOO_LATE: usize = 2;
/// Points in each early writer at which the others may begin.
const POINTS: usize = 3;

/// What became of the requests of all rounds.
#[derive(Debug, Default)]
struct Tally {
    /// Writes of requests that were let in.
    written: usize,
    /// Came with an id that was the session's no more.
    refused: usize,
    /// Rounds in which both rotated.
    twice: usize,
    /// Rounds in which somebody revoked the session.
    revoked: usize,
}

/// Lets the others go once the early writers have passed so many points together.
#[derive(Debug)]
struct Fuse {
    left: AtomicUsize,
    burnt: Semaphore,
    /// Open once a rotation was answered.
    rotated: Semaphore,
}

impl Fuse {
    fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.burnt.add_permits(REQUESTS);
        }
    }
}

/// Loads before or after the rotation, saves once or twice, each a key of its own.
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
    tokio::task::yield_now().await;
    session.insert(&format!("key{n}"), n).await.unwrap();
    fuse.pass();
    if n.is_multiple_of(5) {
        session.save().await.unwrap();
        tokio::task::yield_now().await;
        session.insert(&format!("late{n}"), n).await.unwrap();
    }
    fuse.pass();
    if current.is_some() {
        "inside"
    } else {
        "outside"
    }
}

async fn rotate(
    State(sessions): State<Sessions>,
    current: Option<CurrentSession>,
) -> Response<Body> {
    let Some(CurrentSession(entry)) = current else {
        return "outside".into_response();
    };
    match sessions.rotate(&entry).await.unwrap() {
        Some(created) => (Extension(SetSession(Arc::new(created))), "rotated").into_response(),
        None => "over".into_response(),
    }
}

fn service(sessions: &Sessions) -> Gate<Router> {
    let manager = SessionManagerLayer::new(sessions.clone()).with_name("sid");
    let router = Router::new()
        .route("/write/{n}", get(write))
        .route("/rotate", get(rotate))
        .layer(manager)
        .with_state(sessions.clone());
    GateLayer::new(sessions.clone(), Cookie::default()).layer(router)
}

fn rounds() -> usize {
    std::env::var("SESSCTL_RACE_ROUNDS").map_or(1_000, |rounds| rounds.parse().unwrap())
}

/// A small generator of numbers, so that a failing round can be run again.
fn scattered(round: usize, most: usize) -> usize {
    let mut x = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0707;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    1 + usize::try_from((x ^ (x >> 32)) % most as u64).unwrap()
}

/// What an answer says, and the cookie that it sets.
async fn read(answer: Response<Body>) -> (String, Option<String>) {
    assert_eq!(answer.status(), 200);
    let lines = answer.headers().get_all(header::SET_COOKIE);
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect();
    assert!(lines.len() <= 1, "{lines:?}");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let said = String::from_utf8(body.to_vec()).unwrap();
    (said, lines.into_iter().next())
}

fn opens(sessions: &Sessions, line: &str) -> bool {
    let value = line
        .strip_prefix("sid=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    SessionId::parse(value).is_some_and(|id| {
        let found = sessions.lookup(&id).now().expect("it is loaded").unwrap();
        matches!(found, Found::Live(_))
    })
}

/// Starts every request of a round with the same cookie. The rotations begin when the fuse burns.
fn begin(
    service: &Gate<Router>,
    created: &Created,
    fuse: &Arc<Fuse>,
) -> JoinSet<(usize, Response<Body>)> {
    let cookie = sid(&created.id.cookie_value());
    let mut answers = JoinSet::new();
    for n in 0..REQUESTS {
        let (service, fuse) = (service.clone(), Arc::clone(fuse));
        let path = if n < WRITERS {
            format!("/write/{n}")
        } else {
            "/rotate".to_owned()
        };
        let request = Request::get(path)
            .header(header::COOKIE, cookie.clone())
            .extension(Arc::clone(&fuse))
            .body(Body::empty())
            .unwrap();
        answers.spawn(async move {
            if n >= WRITERS - LATE {
                fuse.burnt.acquire().await.unwrap().forget();
            }
            if (WRITERS - TOO_LATE..WRITERS).contains(&n) {
                fuse.rotated.acquire().await.unwrap().forget();
            }
            for _ in 0..n.min(WRITERS).saturating_sub(WRITERS - LATE) % LATE * 8 {
                tokio::task::yield_now().await;
            }
            let answer = service.oneshot(request).await.unwrap();
            if n >= WRITERS {
                fuse.rotated.add_permits(REQUESTS);
            }
            (n, answer)
        });
    }
    answers
}

async fn round(sessions: &Sessions, service: &Gate<Router>, round: usize, tally: &mut Tally) {
    let created = sessions.create("alice", &Client::default(), None).await;
    let created = created.unwrap();
    let fuse = Arc::new(Fuse {
        left: scattered(round, (WRITERS - LATE) * POINTS).into(),
        burnt: Semaphore::new(0),
        rotated: Semaphore::new(0),
    });
    let revokes = round.is_multiple_of(4);
    let mut answers = begin(service, &created, &fuse);
    let revoking = async {
        if revokes {
            // Among the others, wherever the scheduler puts it.
            for _ in 0..scattered(round, 40) {
                tokio::task::yield_now().await;
            }
            let order = Revocation::of_handles(vec![created.entry.handle()]);
            sessions.revoke(order, "root").await.unwrap();
        }
    };
    let answering = async {
        let mut answered = BTreeMap::new();
        while let Some(answer) = answers.join_next().await {
            let (n, answer) = answer.unwrap();
            answered.insert(n, read(answer).await);
        }
        answered
    };
    let (answered, ()) = tokio::join!(answering, revoking);

    let held = sessions.data(&created.entry).await.unwrap();
    let mut given = Vec::new();
    let mut rotations = 0;
    for (n, (said, line)) in &answered {
        rotations += usize::from(said == "rotated");
        match (&**said, line) {
            ("inside", None) if !revokes => {
                tally.written += 1;
                for key in [
                    Some(format!("key{n}")),
                    n.is_multiple_of(5).then(|| format!("late{n}")),
                ] {
                    let is_kept = key.is_none_or(|key| held.contains_key(&key));
                    assert!(is_kept, "round {round}: a write of request {n} is lost");
                }
            }
            ("outside", None) => tally.refused += 1,
            ("rotated", Some(line)) if line != REMOVAL => given.push(line),
            // The other's answer brings the cookie.
            ("rotated", None) => {}
            // Its session was revoked, before it came or while it was answered.
            (_, Some(line)) if line == REMOVAL => assert!(revokes, "round {round}: {n} signs out"),
            (_, None) => assert!(revokes, "round {round}: {n} {said}"),
            (_, Some(line)) => panic!("round {round}: {n} {said} sets {line}"),
        }
    }
    tally.twice += usize::from(rotations == ROTATORS);
    tally.revoked += usize::from(revokes);
    assert!(!opens(sessions, &sid(&created.id.cookie_value())) || (revokes && rotations == 0));
    let open = given.iter().filter(|line| opens(sessions, line)).count();
    let list = sessions
        .list(ListQuery::first(Filter::default(), 10))
        .await
        .unwrap();
    let lives = usize::from(!revokes);
    assert_eq!((open, list.total), (lives, lives as u64), "round {round}");
    let made = sessions.stats().await.unwrap().created.unwrap();
    assert_eq!(made, round as u64 + 1, "round {round}: a fresh row");
    if !revokes {
        let order = Revocation::of_handles(vec![created.entry.handle()]);
        sessions.revoke(order, "root").await.unwrap();
    }
    assert!(
        !given.iter().any(|line| opens(sessions, line)),
        "round {round}: it is back"
    );
}

async fn all_rounds(sessions: &Sessions) {
    let service = service(sessions);
    let mut tally = Tally::default();
    let rounds = rounds();
    for n in 0..rounds {
        round(sessions, &service, n, &mut tally).await;
    }
    eprintln!("{rounds} rounds over {}: {tally:?}", sessions.kind());
    // In memory a rotation takes so little time that a second one seldom falls into it.
    let meet = tally.twice > rounds / 4 || sessions.kind() == "memory";
    assert!(
        tally.written > rounds && tally.refused >= rounds && meet,
        "nothing was raced: {tally:?}"
    );
}

/// Every writer has keys of its own, and all of them fit.
fn roomy(clock: &Arc<ManualClock>) -> Settings {
    Settings {
        max_keys: 4 * REQUESTS,
        ..settings(clock)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory_a_rotation_loses_no_write_and_leaves_one_id() {
    all_rounds(&Sessions::in_memory(roomy(&clock()))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_sqlite_a_rotation_loses_no_write_and_leaves_one_id() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let sessions = Sessions::open_sqlite(&file, roomy(&clock())).unwrap();
    all_rounds(&sessions).await;
    sessions.close().await.unwrap();
}
