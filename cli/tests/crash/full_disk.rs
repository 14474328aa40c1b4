//! The disk is full: a limit on the size of files stands for it, which is set and lifted while the server runs.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::{Value, json};

use crate::{
    artefacts,
    scene::{SESSCTL, Scene},
    server::{NEVER_IDLE, Server},
    wal::growing_log,
    wire::Request,
};

/// Free bytes on the disk: less than the smallest commit needs.
const FREE: u64 = 1000;

impl Server {
    /// Lets no file grow beyond the log of commits as it is now, or lifts that.
    fn fills_disk(&self, scene: &Scene, is_full: bool) {
        let limit = getrlimit(Resource::Fsize);
        let grown = fs::metadata(scene.wal()).unwrap().len();
        assert!(
            grown > fs::metadata(scene.path("log")).unwrap().len(),
            "the log of words has room"
        );
        let current = if is_full {
            Some(grown + FREE)
        } else {
            limit.maximum
        };
        prlimit(
            Some(self.pid()),
            Resource::Fsize,
            Rlimit { current, ..limit },
        )
        .unwrap();
    }

    /// Writes a value of the session's data and returns the status of the answer.
    async fn keep(&self, cookie: &str, theme: &str) -> u16 {
        let request = Request::put("/session/data/theme").cookie(cookie);
        self.ask(request.json(&json!(theme))).await.status
    }

    /// Reads it.
    async fn kept(&self, cookie: &str) -> Value {
        let request = Request::get("/session/data/theme").cookie(cookie);
        self.ask(request).await.json()
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_acknowledged_is_lost() {
    let scene = Scene::new();
    let mut server = scene.started(scene.to_serve(&[SESSCTL], &NEVER_IDLE)).await;
    let alice = server.login("alice").await;
    let bob = server.login("bob").await;
    let carol = server.login("carol").await;
    let dave = server.login("dave").await;
    assert_eq!(server.keep(&alice, "light").await, 204);
    let handle = server.handle(&bob).await;
    let dead = server.login("erin").await;
    assert_eq!(server.revoke(&server.handle(&dead).await).await, "revoked");

    let _reader = growing_log(&scene, &server).await;
    server.fills_disk(&scene, true);
    for _ in 0..5 {
        let refused = server.try_login("late").await;
        assert_eq!(
            (refused.status, refused.new_cookie()),
            (503, None),
            "{}",
            refused.text()
        );
    }
    let replaces = Request::post("/login")
        .cookie(&alice)
        .json(&json!({"username": "alice"}));
    assert_eq!(server.ask(replaces).await.status, 503);
    assert_eq!(
        server.who(&alice).await.unwrap(),
        "alice",
        "a login that failed replaces nothing"
    );
    assert_eq!(server.keep(&alice, "dark").await, 503);
    assert_eq!(server.kept(&alice).await, "light");
    // Shut at once, and no success: the disk does not know.
    assert_eq!(server.revoke(&handle).await, "failed");
    server.who(&bob).await.unwrap_err();
    let signs_out = server.ask(Request::post("/logout").cookie(&carol)).await;
    assert_eq!((signs_out.status, signs_out.new_cookie()), (503, None));
    server.who(&carol).await.unwrap_err();
    assert_eq!(server.ask(Request::get("/healthz")).await.status, 200);
    assert!(server.runs());

    // Room again: what was shut in memory becomes durable by itself, or when somebody asks again.
    server.fills_disk(&scene, false);
    let frank = server.login("frank").await;
    assert_eq!(server.revoke(&handle).await, "already_ended");
    let signs_out = server.ask(Request::post("/logout").cookie(&carol)).await;
    assert_eq!(signs_out.status, 200, "{}", signs_out.text());

    assert_eq!(server.keep(&frank, "dark").await, 204);
    server.fills_disk(&scene, true);
    assert_eq!(server.keep(&frank, "light").await, 503);
    let dave_handle = server.handle(&dave).await;
    assert_eq!(server.revoke(&dave_handle).await, "failed");
    assert_eq!(server.try_login("late").await.status, 503);
    server.kill().await;

    let server = scene.start().await;
    for (cookie, user, theme) in [(&alice, "alice", "light"), (&frank, "frank", "dark")] {
        assert_eq!(&server.who(cookie).await.unwrap(), user);
        assert_eq!(server.kept(cookie).await, theme);
    }
    for (cookie, user) in [(&bob, "bob"), (&carol, "carol"), (&dead, "erin")] {
        assert!(
            server.who(cookie).await.is_err(),
            "{user}'s session was ended"
        );
    }
    // Nobody was told that it ended, nor that it goes on: it is asked again, and then it is so.
    let settled = server.revoke(&dave_handle).await;
    assert!(
        ["revoked", "already_ended"].contains(&settled.as_str()),
        "{settled}"
    );
    server.who(&dave).await.unwrap_err();
    server.terminate().await;
    artefacts::are_sound(&scene);
}
