//! The apps of `apps`: whoever `logout` signs out there, `load` signs out too.

use serde_json::Value;

use super::{count, read};
use crate::{
    apps::{App, Kind},
    home::Home,
};

/// Signs in and out once, so that the profile knows how; then puts it under load, and returns what was measured.
async fn loaded(app: &App<'_>, kind: Kind) -> Value {
    let [alice, _] = kind.people();
    let login = [&["login", alice.user, "--profile", "app"], kind.flags()].concat();
    app.run_with(alice.password, &login).await.ok();
    app.run(&["logout", "--profile", "app"]).await.ok();
    let words = [
        "load",
        "--profile",
        "app",
        "--users",
        "3",
        "--name",
        alice.user,
        "--views",
        "2",
        "--duration",
        "1s",
        "--timeout",
        "20s",
        "-o",
        "json",
    ];
    let done = app.run_with(alice.password, &words).await;
    let document = read(&done);
    assert_eq!(
        (done.code, &*done.stderr, &document["errors"]),
        (0, "", &0.into()),
        "{kind:?}: {done:#?}"
    );
    assert_eq!(document["left_behind"], 0, "{kind:?}: {document}");
    let steps = |phase: &str| {
        let phases = document["phases"].as_array().unwrap().iter();
        let count = |one: &Value| one["count"].as_u64().unwrap();
        phases
            .filter(|one| one["phase"] == phase)
            .map(count)
            .sum::<u64>()
    };
    assert!(steps("login") >= 3, "{kind:?}: {document}");
    assert_eq!(steps("login"), steps("logout"), "{kind:?}: {document}");
    document
}

#[tokio::test]
async fn djangos_admin_is_left_without_a_session() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Django, &[]).await else {
        return;
    };
    loaded(&app, Kind::Django).await;
    let store = rusqlite::Connection::open(home.path("work/django.sqlite")).unwrap();
    let count = |of: &str| -> i64 {
        let count = format!("select count(*) from {of}");
        store.query_row(&count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("django_session"), 0);
    let came = count("auth_user where username = 'alice' and last_login is not null");
    assert_eq!(came, 1, "it is the store of those who came");
}

#[tokio::test]
async fn phps_sessions_are_ended() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Php, &[]).await else {
        return;
    };
    loaded(&app, Kind::Php).await;
    let kept = home.files("tmp").into_iter();
    let kept: Vec<_> = kept
        .map(std::fs::read_to_string)
        .map(Result::unwrap)
        .collect();
    assert!(!kept.is_empty(), "it is where sessions are kept");
    // Strangers have sessions too, with nothing in them.
    assert!(kept.iter().all(|kept| !kept.contains("user|")), "{kept:?}");
}

#[tokio::test]
async fn the_others_sign_out_whoever_signed_in() {
    for (kind, arguments) in [
        (Kind::Express, &[][..]),
        (Kind::Express, &["--get-logout"]),
        (Kind::Flask, &[]),
        (Kind::Chain, &[]),
    ] {
        let home = Home::new();
        if let Some(app) = App::start(&home, kind, arguments).await {
            loaded(&app, kind).await;
        }
    }
}

#[tokio::test]
async fn logins_by_json_have_figures_of_their_own() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Json, &[]).await else {
        return;
    };
    let document = loaded(&app, Kind::Json).await;
    let phases = document["phases"].as_array().unwrap().iter();
    let names: Vec<_> = phases.clone().map(|phase| &phase["phase"]).collect();
    assert_eq!(names, ["login", "view", "logout"]);
    for phase in phases {
        let at = |name: &str| phase[name].as_f64().unwrap();
        let order = [0.0, at("p50_ms"), at("p90_ms"), at("p99_ms"), at("max_ms")];
        assert!(order.is_sorted() && order[1] > 0.0, "{phase}");
    }
    assert!(count(&document, "login", "200") >= 3, "{document}");
    let [alice, _] = Kind::Json.people();
    let limits = |limit| {
        [
            "load",
            "--profile",
            "app",
            "--name",
            alice.user,
            "--duration",
            "1s",
            "--fail-if",
            limit,
        ]
    };
    let held = app.run_with(alice.password, &limits("login.p99>1h")).await;
    held.ok();
    let broken = app.run_with(alice.password, &limits("login.p50>1us")).await;
    assert_eq!(broken.code, 9, "{broken:?}");
    assert!(broken.stderr.contains("login.p50>1us"), "{broken:?}");
}
