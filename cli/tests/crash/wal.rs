//! The write-ahead log, torn at its end as a power cut leaves it, or gone.

use std::{fs, io::Write as _};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rusqlite::{Connection, OpenFlags};

use crate::{artefacts, rounds::seed, scene::Scene, server::Server};

/// Bytes of SQLite's header, and of a frame: a header of its own and a page.
const HEADER: u64 = 32;
const FRAME: u64 = 24 + 4096;

/// Logins, each a commit of its own.
const LOGINS: usize = 20;

/// A login that was acknowledged, and how long the log was then.
struct Login {
    user: String,
    cookie: String,
    end: u64,
}

/// Makes the log grow with every commit. Without a reader that looks at an old state for as long as this is kept, the
/// server moves it into the file now and then and begins it anew, over what it held.
pub(crate) async fn growing_log(scene: &Scene, server: &Server) -> Connection {
    loop {
        server.login("reader").await;
        let reader =
            Connection::open_with_flags(scene.store(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM session;")
            .unwrap();
        let before = length(scene);
        server.login("reader").await;
        // Else it was begun anew just before the reader came.
        if length(scene) > before {
            return reader;
        }
    }
}

fn length(scene: &Scene) -> u64 {
    fs::metadata(scene.wal()).unwrap().len()
}

/// Signs in one after the other and kills the server, so that all commits are in the log alone.
async fn logins_in_the_log(scene: &Scene) -> Vec<Login> {
    let server = scene.start().await;
    let reader = growing_log(scene, &server).await;
    let mut logins = Vec::new();
    for number in 0..LOGINS {
        let user = format!("user-{number}");
        let cookie = server.login(&user).await;
        let end = length(scene);
        logins.push(Login { user, cookie, end });
    }
    server.kill().await;
    drop(reader);
    let ends: Vec<_> = logins.iter().map(|login| login.end).collect();
    assert!(
        ends.is_sorted() && ends.iter().all(|end| end % FRAME == HEADER),
        "the log grows by whole frames"
    );
    logins
}

/// Which of the logins open something still. They must be the first ones: no commit is there without those before it.
async fn survivors(server: &Server, logins: &[Login]) -> usize {
    let mut alive = Vec::new();
    for login in logins {
        match server.who(&login.cookie).await {
            Ok(user) => {
                assert_eq!(user, login.user);
                alive.push(true);
            }
            Err(_) => alive.push(false),
        }
    }
    assert!(
        alive.is_sorted_by(|one, next| one >= next),
        "a hole in what was committed: {alive:?}"
    );
    alive.iter().filter(|alive| **alive).count()
}

#[tokio::test]
async fn half_a_frame_after_the_last_commit_loses_nothing() {
    let mut rng = StdRng::seed_from_u64(seed());
    for garbage in [FRAME / 2, 10, FRAME - 1, 3 * FRAME + 100] {
        let scene = Scene::new();
        let logins = logins_in_the_log(&scene).await;
        let mut log = fs::File::options().append(true).open(scene.wal()).unwrap();
        let mut bytes = vec![0; usize::try_from(garbage).unwrap()];
        rng.fill(&mut bytes[..]);
        log.write_all(&bytes).unwrap();
        let server = scene.start().await;
        assert_eq!(
            survivors(&server, &logins).await,
            LOGINS,
            "{garbage} bytes of garbage"
        );
        goes_on(&scene, server).await;
    }
}

#[tokio::test]
async fn a_log_that_is_torn_anywhere_keeps_the_commits_before_the_tear() {
    let mut rng = StdRng::seed_from_u64(seed());
    for _ in 0..6 {
        let scene = Scene::new();
        let logins = logins_in_the_log(&scene).await;
        let (first, last) = (logins[0].end, logins[LOGINS - 1].end);
        // Once the tear is in the last frame, else anywhere.
        let from = if rng.random() { last - FRAME } else { first };
        let tear = rng.random_range(from..last);
        let log = fs::File::options().write(true).open(scene.wal()).unwrap();
        log.set_len(tear).unwrap();
        let scribbled = rng.random_range(0..FRAME.min(tear - first + 1));
        let mut bytes = vec![0; usize::try_from(scribbled).unwrap()];
        rng.fill(&mut bytes[..]);
        std::os::unix::fs::FileExt::write_all_at(&log, &bytes, tear - scribbled).unwrap();
        let server = scene.start().await;
        let whole = logins
            .iter()
            .filter(|login| login.end <= tear - scribbled)
            .count();
        let alive = survivors(&server, &logins).await;
        assert!(
            whole <= alive && alive < LOGINS,
            "torn at {tear}, {scribbled} bytes before it scribbled over: {whole} commits were whole, {alive} are there"
        );
        goes_on(&scene, server).await;
    }
}

#[tokio::test]
async fn the_files_beside_the_store_may_go_after_an_orderly_end() {
    let scene = Scene::new();
    let server = scene.start().await;
    let alice = server.login("alice").await;
    let bob = server.login("bob").await;
    server.revoke(&server.handle(&bob).await).await;
    server.terminate().await;
    for file in scene.store_files() {
        if file != scene.store() {
            fs::remove_file(file).unwrap();
        }
    }
    let server = scene.start().await;
    assert_eq!(server.who(&alice).await.unwrap(), "alice");
    server.who(&bob).await.unwrap_err();
    goes_on(&scene, server).await;
}

/// What was repaired takes writes, and keeps them.
async fn goes_on(scene: &Scene, server: Server) {
    let late = server.login("late").await;
    server.kill().await;
    let server = scene.start().await;
    assert_eq!(server.who(&late).await.unwrap(), "late");
    server.terminate().await;
    artefacts::are_sound(scene);
}
