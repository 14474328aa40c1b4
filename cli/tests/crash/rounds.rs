//! Round after round on one file: start, check, load, and an end at a random moment, mostly by SIGKILL.

use std::{env, sync::OnceLock, time::Duration};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::time;

use crate::{
    artefacts,
    check::{Sample, check},
    fixture,
    load::Load,
    model::{Model, Shared, look},
    scene::Scene,
    server::Server,
};

/// Sessions in the file before the first round, so that a start has something to load.
const SESSIONS: usize = 3000;

/// Cookies tried after a start, of the living and of the dead each.
const SAMPLE: usize = 60;

/// How often a server is ended in a test that is to end soon.
const ROUNDS: u32 = 15;

/// The seed of all tests of a run: `SESSCTL_CRASH_SEED`, else a new one. It is printed, so that a failure can be had
/// again.
pub(crate) fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed =
        *SEED.get_or_init(|| from_environment("SESSCTL_CRASH_SEED").unwrap_or_else(rand::random));
    eprintln!("SESSCTL_CRASH_SEED={seed}");
    seed
}

/// How many rounds: `SESSCTL_CRASH_ROUNDS`.
pub(crate) fn rounds() -> u32 {
    from_environment("SESSCTL_CRASH_ROUNDS").unwrap_or(ROUNDS)
}

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    let Ok(value) = text.parse() else {
        panic!("{name} is no number: {text}");
    };
    Some(value)
}

/// What is drawn for a round before anything happens: the seed decides it, whatever the machine does.
#[derive(Debug)]
struct Plan {
    /// Starts that are killed before the one that counts, each after so many hundredths of what a start takes.
    false_starts: Vec<u32>,
    /// Else the load meets a server that nobody asked for the whole list yet, and that may be loading still.
    is_checked: bool,
    load_lasts: Duration,
    end: End,
}

/// How a round ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// SIGKILL.
    Kill,
    /// SIGTERM: nothing at all is lost, last seen times included.
    Terminate,
    /// SIGTERM and, so much later, SIGKILL.
    Both(Duration),
}

impl Plan {
    fn draw(rng: &mut StdRng) -> Self {
        let false_starts = match rng.random_range(0..16) {
            count @ 1..=4 => count,
            _ => 0,
        };
        Self {
            false_starts: (0..false_starts)
                .map(|_| rng.random_range(0..200))
                .collect(),
            is_checked: rng.random_ratio(3, 4),
            load_lasts: Duration::from_millis(rng.random_range(5..300)),
            end: match rng.random_range(0..10) {
                0..7 => End::Kill,
                7..9 => End::Terminate,
                _ => End::Both(Duration::from_micros(rng.random_range(0..20_000))),
            },
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_holds_after_every_end() {
    let (seed, rounds) = (seed(), rounds());
    let mut rng = StdRng::seed_from_u64(seed);
    let (scene, model) = (Scene::new(), Model::new(seed));
    fixture::version_1(&scene.store(), SESSIONS, true, &model, &mut rng);
    let server = scene.start().await;
    let mut start_took = server.start_took;
    server.terminate().await;
    for round in 1..=rounds {
        look(&model).round = round;
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(round.into()));
        let plan = Plan::draw(&mut rng);
        // Nobody asks these anything: they have nothing to lose, not even who was seen when.
        for percent in &plan.false_starts {
            scene.start_and_kill(start_took * *percent / 100).await;
        }
        let server = scene.start().await;
        start_took = server.start_took;
        if plan.is_checked {
            check(&server, &model, Sample::Some(SAMPLE), &mut rng).await;
        }
        load_and_end(server, &model, &plan, &mut rng).await;
        say(&model, &format!("round {round} of {rounds}, {plan:?}"));
    }
    last_look(&scene, &model, &mut rng).await;
}

async fn load_and_end(server: Server, model: &Shared, plan: &Plan, rng: &mut StdRng) {
    let load = Load::start(&server, model, rng);
    time::sleep(plan.load_lasts).await;
    look(model).is_ending = true;
    match plan.end {
        End::Kill => server.kill().await,
        End::Terminate => server.terminate().await,
        End::Both(after) => server.terminate_and_kill(after).await.unwrap(),
    }
    load.ends_with_server().await;
    look(model).restarted(!matches!(plan.end, End::Terminate));
}

/// Everything that was ever acknowledged, and what lies on the disk.
async fn last_look(scene: &Scene, model: &Shared, rng: &mut StdRng) {
    look(model).round += 1;
    let server = scene.start().await;
    check(&server, model, Sample::All, rng).await;
    server.kill().await;
    // With the write-ahead log, which an orderly end takes away.
    artefacts::hold_no_secret(scene, model);
    look(model).restarted(true);
    let server = scene.start().await;
    check(&server, model, Sample::Some(SAMPLE), rng).await;
    server.terminate().await;
    artefacts::hold_no_secret(scene, model);
    artefacts::are_sound(scene);
    say(
        model,
        "all cookies tried, no secret on the disk, the file is sound",
    );
}

fn say(model: &Shared, what: &str) {
    let mut model = look(model);
    let counts = std::mem::take(&mut model.counts);
    let live = model
        .records
        .iter()
        .filter(|record| !record.is_dead)
        .count();
    let dead = model.records.len() - live;
    eprintln!(
        "{what}: {} logins, {} ends and {} writes acknowledged, {} requests cut off; {live} live, {dead} ended",
        counts.logins, counts.ends, counts.writes, counts.cut_off
    );
}
