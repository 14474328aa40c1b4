//! A file of the first version, and a server that is killed while it brings it up to date, again and again.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    artefacts,
    check::{Sample, check},
    fixture,
    model::{Model, look},
    rounds::{rounds, seed},
    scene::Scene,
};

/// Sessions in the file.
const SESSIONS: usize = 4000;

/// Kills of one file. Later ones find it migrated already.
const KILLS: u32 = 4;

#[tokio::test]
async fn a_migration_that_is_killed_loses_nothing() {
    let (seed, files) = (seed(), rounds().div_ceil(KILLS));
    let mut rng = StdRng::seed_from_u64(seed);
    // Where it is by then differs from machine to machine: half of the kills come in the first instants, half at any
    // moment of a start as this machine does it.
    let mut start_took = Duration::from_millis(10);
    for file in 1..=files {
        let (scene, model) = (Scene::new(), Model::new(seed));
        look(&model).round = file;
        fixture::version_1(&scene.store(), SESSIONS, rng.random(), &model, &mut rng);
        for _ in 0..KILLS {
            let longest = if rng.random() {
                Duration::from_millis(10)
            } else {
                start_took
            };
            scene
                .start_and_kill(rng.random_range(Duration::ZERO..longest))
                .await;
        }
        let server = scene.start().await;
        start_took = server.start_took;
        check(&server, &model, Sample::All, &mut rng).await;
        server.terminate().await;
        artefacts::are_sound(&scene);
        artefacts::hold_no_secret(&scene, &model);
    }
    eprintln!("{files} files of version 1 migrated under {KILLS} kills each: nothing lost");
}
