//! A server that stands still for a while, as on a machine that was suspended or is out of memory, and goes on.

use std::time::Duration;

use rand::{SeedableRng as _, rngs::StdRng};
use rustix::process::Signal;
use tokio::time;

use crate::{
    check::{Sample, check},
    load::Load,
    model::{Model, look},
    rounds::seed,
    scene::{SESSCTL, Scene},
    server::Server,
};

/// How long it stands still: longer than the idle limit of those who are to be ended by it.
const STILL: Duration = Duration::from_secs(5);
const SHORT_IDLE: [&str; 2] = ["--idle", "3s"];

impl Server {
    async fn stands_still(&self) {
        self.signal(Signal::STOP);
        time::sleep(STILL).await;
        self.signal(Signal::CONT);
    }
}

#[tokio::test]
async fn under_load_every_request_gets_its_answer_and_nothing_is_lost() {
    let seed = seed();
    let mut rng = StdRng::seed_from_u64(seed);
    let (scene, model) = (Scene::new(), Model::new(seed));
    let server = scene.start().await;
    let load = Load::start(&server, &model, &mut rng);
    time::sleep(Duration::from_millis(200)).await;
    server.stands_still().await;
    time::sleep(Duration::from_millis(100)).await;
    load.stops().await;
    // Requests whose client left may be under way still: that is settled by a new server.
    server.kill().await;
    look(&model).restarted(true);
    let server = scene.start().await;
    check(&server, &model, Sample::All, &mut rng).await;
}

#[tokio::test]
async fn sessions_that_were_idle_too_long_meanwhile_have_ended_and_no_others() {
    let scene = Scene::new();
    let server = scene.start().await;
    let patient = server.login("patient").await;
    server.terminate().await;
    // The limit of a session is that of the day of its login.
    let server = scene.started(scene.to_serve(&[SESSCTL], &SHORT_IDLE)).await;
    let hasty = server.login("hasty").await;
    let handle = server.handle(&hasty).await;
    server.stands_still().await;
    assert_eq!(server.who(&hasty).await.unwrap_err()["reason"], "idle");
    assert_eq!(server.who(&patient).await.unwrap(), "patient");
    assert_eq!(server.revoke(&handle).await, "already_ended");
    server.kill().await;
    // For ever, also where the limit is another one.
    let server = scene.start().await;
    server.who(&hasty).await.unwrap_err();
    assert_eq!(server.who(&patient).await.unwrap(), "patient");
}
