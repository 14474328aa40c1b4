//! `sessctl load` against real servers: who signs in, what is measured of it, and what it means for the exit code.

mod elsewhere;
mod faults;
mod forms;
mod leaving;
mod pace;
mod shown;

use std::{os::unix::fs::PermissionsExt, time::Duration};

use rustix::process::Signal;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    home::{Done, Home, ended, finished},
    server::{Server, signal},
    stub::Stub,
    users::{PASSWORD, add},
    within::Within,
};

/// The document of a run, whatever became of it.
#[track_caller]
fn read(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:#?}"))
}

async fn live(server: &Server<'_>) -> Value {
    let list = server.run(&["ls", "-o", "json"]).await.ok();
    serde_json::from_str::<Value>(&list).unwrap()["total"].clone()
}

/// What a second of two users at a server comes to; whatever password they have.
async fn two_at(home: &Home, stub: &Stub) -> Done {
    let words = ["load", "--server", &stub.url, "--users", "2"];
    let mut load = home.sessctl(&[&words[..], &["--duration", "1s", "-o", "json"]].concat());
    load.env("SESSCTL_PASSWORD", "any");
    ended(load).await
}

/// A row's count, or nothing.
fn count(document: &Value, phase: &str, outcome: &str) -> u64 {
    let rows = document["rows"].as_array().unwrap().iter();
    let is = |row: &&Value| {
        let status = row["status"].as_u64().map(|status| status.to_string());
        let error = row["error"].as_str().map(str::to_owned);
        row["phase"] == phase && status.or(error).as_deref() == Some(outcome)
    };
    rows.filter(is)
        .map(|row| row["count"].as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn users_sign_in_look_and_sign_out_and_nothing_stays() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "7",
        "--views",
        "5",
        "--duration",
        "1s",
        "--path",
        "/dashboard",
        "--path",
        "/session?x=1",
    ];
    let table = server.run(&words).await.ok();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("PHASE   STATUS  COUNT"), "{table}");
    for (line, start) in lines[1..4]
        .iter()
        .zip(["login   200", "view    200", "logout  200"])
    {
        assert!(line.starts_with(start), "{table}");
    }
    assert!(
        lines[4].contains("7 users in ") && lines[4].contains(", no errors, "),
        "{table}"
    );
    assert_eq!(live(&server).await, 0);

    let document = read(&server.run(&[&words[..], &["-o", "json"]].concat()).await);
    let [logins, views, logouts] =
        ["login", "view", "logout"].map(|phase| count(&document, phase, "200"));
    assert!(logins >= 7 && logins == logouts, "{document}");
    // Who is in the middle of a visit when time is up does not finish it.
    assert!(
        views > 5 * (logins - 7) && views <= 5 * logins,
        "{document}"
    );
    let log = home
        .run(&["log", "-o", "jsonl", "--since", "1h", "user=load-7"])
        .await
        .ok();
    assert!(log.contains("load-7"), "{log}");
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn accounts_sign_in_with_one_password_or_with_each_their_own() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    for name in ["load-1", "load-2"] {
        add(&home, name, PASSWORD).await;
    }
    let load = ["load", "--users", "2", "--duration", "1s", "-o", "json"];
    server.run(&load).await.fails(
        2,
        &["a password is needed", "--users-file", "nothing was sent"],
    );
    let mut right = server.sessctl(&load);
    right.env("SESSCTL_PASSWORD", PASSWORD);
    let document = read(&ended(right).await);
    assert_eq!(
        (&document["errors"], count(&document, "login", "200")),
        (&0.into(), 2)
    );

    let file = home.write(
        "users",
        &format!("load-1:{PASSWORD}\n# the second\nload-2:wrong\n"),
    );
    let path = file.to_str().unwrap();
    let with_file = [
        "load",
        "--users-file",
        path,
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    server
        .run(&with_file)
        .await
        .fails(2, &["mode 640", "chmod 600", "nothing was sent"]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let partly = server.run(&with_file).await;
    assert_eq!(partly.code, 7, "{partly:?}");
    assert!(
        partly.stderr.contains("steps failed") && partly.stderr.contains("--fail-if"),
        "{partly:?}"
    );
    let document = read(&partly);
    assert_eq!(document["settings"]["users"], 2);
    assert!(count(&document, "login", "401") >= 1, "{document}");
    assert_eq!(count(&document, "login", "200"), 1);
    assert!(count(&document, "view", "200") > 0 && count(&document, "view", "401") == 0);

    let accepted = [&with_file[..], &["--fail-if", "errors>90%"]].concat();
    assert_eq!(server.run(&accepted).await.code, 0);
    let broken = [&with_file[..], &["--fail-if", "login.errors>0"]].concat();
    assert_eq!(server.run(&broken).await.code, 9);
    assert_eq!(live(&server).await, 0);
    for text in [&partly.stdout, &partly.stderr] {
        assert!(
            !text.contains("wrong") && !text.contains(PASSWORD),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_password_that_is_wrong_for_the_first_user_is_no_load() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    add(&home, "load-1", PASSWORD).await;
    let mut wrong = server.sessctl(&["load", "--duration", "1s"]);
    wrong.env("SESSCTL_PASSWORD", "not this one");
    ended(wrong).await.fails(4, &["not signed in", "401"]);
}

#[tokio::test]
async fn a_threshold_that_is_broken_is_named_with_what_was_measured() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let load = ["load", "--users", "2", "--duration", "1s"];
    let held = [
        "--fail-if",
        "p99>20s",
        "--fail-if",
        "errors>0",
        "--fail-if",
        "rate<0.5",
    ];
    let held = server.run(&[&load[..], &held].concat()).await;
    assert_eq!((held.code, held.stderr.as_str()), (0, ""), "{held:?}");
    let broken = [
        "--fail-if",
        "p99>20s",
        "--fail-if",
        "view.p50<10s",
        "--fail-if",
        "login.max>1us",
    ];
    let broken = server.run(&[&load[..], &broken].concat()).await;
    assert_eq!(broken.code, 9, "{broken:?}");
    assert!(
        broken.stdout.starts_with("PHASE"),
        "the result is there all the same: {broken:?}"
    );
    for (said, is_there) in [
        ("2 thresholds", true),
        ("view.p50<10s  (measured: ", true),
        ("login.max>1us  (", true),
        ("p99>20s", false),
    ] {
        assert_eq!(broken.stderr.contains(said), is_there, "{said}: {broken:?}");
    }
    let unclear = server.run(&["load", "--fail-if", "p98>1s"]).await;
    unclear.fails(2, &["p98", "p99.9", "  p98>1s\n  ^"]);
}

#[tokio::test]
async fn a_run_that_is_over_before_its_first_view_is_no_success() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let load = ["load", "--users", "1", "--duration", "1us"];
    let done = server.run(&load).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.stderr.contains("not one view") && done.stderr.contains("--duration"),
        "{done:?}"
    );
    let limited = [&load[..], &["--fail-if", "logout.errors>5"]].concat();
    let done = server.run(&limited).await;
    assert_eq!(done.code, 9, "{done:?}");
    assert!(done.stderr.contains("nothing was measured"), "{done:?}");
}

#[tokio::test]
async fn users_come_over_tls_and_trust_what_the_rest_trusts() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let words = [
        "load",
        "--users",
        "2",
        "--name",
        "alice",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let done = server.visits(&home, &words).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    assert_eq!(count(&document, "login", "200"), 2);
    let untrusted = [
        "load",
        "--no-login",
        "--duration",
        "1s",
        "--server",
        &server.public,
    ];
    home.run(&untrusted)
        .await
        .fails(6, &["certificate that is not trusted"]);
}

#[tokio::test]
async fn ctrl_c_ends_it_at_once_with_what_was_measured() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "5",
        "--duration",
        "1h",
        "--think",
        "1h",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    let mut signed_in = 0;
    while signed_in != 5 {
        signed_in = live(&server).await.as_u64().unwrap();
    }
    let pressed = Instant::now();
    signal(&child, Signal::INT);
    let done = finished(child).await;
    assert!(pressed.elapsed() < Duration::from_secs(10));
    assert_eq!(done.code, 130, "{done:?}");
    assert!(done.stderr.contains("stopped before its end"), "{done:?}");
    let document = read(&done);
    assert_eq!(document["partial"], true);
    assert_eq!(
        [
            count(&document, "login", "200"),
            count(&document, "logout", "200")
        ],
        [5, 5]
    );
    assert_eq!(live(&server).await, 0);
}
