//! Profiles that are made by hand, one command for several of them, and waiting for what others do.

use std::{process::Stdio, time::Duration};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::{Home, finished, until},
    server::signal,
};

#[tokio::test]
async fn a_profile_is_made_without_signing_in_and_can_be_the_one_that_is_meant() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let url = server.public.clone();
    let add = [
        "profile",
        "add",
        "blog",
        "--server",
        &url,
        "--user",
        "ann",
        "--logout-path",
        "/bye",
    ];
    let out = home.run(&add).await.ok();
    assert!(out.contains("sessctl login USER --profile blog"), "{out}");
    let shown = home
        .run(&["profile", "show", "blog", "-o", "json"])
        .await
        .ok();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["server"], url.trim_end_matches('/'));
    assert_eq!(
        (&shown["user"], &shown["logout_path"]),
        (&"ann".into(), &"/bye".into())
    );

    let out = home.run(&["profile", "use", "blog"]).await.ok();
    assert!(out.starts_with("blog is meant from now on"), "{out}");
    home.run(&["login", "ann"]).await.ok();
    assert_eq!(
        home.run(&["dashboard"]).await.ok().trim_end(),
        "Welcome back, ann"
    );
    assert!(home.run(&["profile", "ls"]).await.ok().contains("blog*"));

    home.run(&add)
        .await
        .fails(1, &["already", "nothing was changed", "profile rm blog"]);
    home.run(&["profile", "use", "none"])
        .await
        .fails(5, &["no profile \"none\"", "known: blog"]);
    let nowhere = ["profile", "add", "other"];
    home.run(&nowhere)
        .await
        .fails(2, &["--server URL, --source SOURCE, or both"]);
    let odd = ["profile", "add", "../x", "--server", &url];
    home.run(&odd).await.fails(2, &["is not a profile name"]);
    let wrong = ["profile", "add", "other", "--server", "ftp://x"];
    home.run(&wrong).await.fails(2, &["ftp"]);
    let secret = [
        "profile",
        "add",
        "other",
        "--source",
        "postgres://u:pw@h/db",
    ];
    let said = home
        .run(&secret)
        .await
        .fails(2, &["does not belong on the command line"]);
    assert!(!said.contains("pw@"), "{said}");
    let all = home.run(&["profile", "ls", "-q"]).await.ok();
    assert_eq!(all, "blog\n");
}

#[tokio::test]
async fn one_command_runs_as_each_of_several_users() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for user in ["alice", "bob"] {
        server.login(user).await;
    }
    let sessctl = crate::home::SESSCTL;
    let both = ["as", "alice,bob", "--", sessctl, "dashboard"];
    let out = server.run(&both).await;
    assert_eq!(out.stderr, "sessctl: as alice\nsessctl: as bob\n");
    assert_eq!(out.ok(), "Welcome back, alice\nWelcome back, bob\n");
    server.run(&["logout", "--profile", "bob"]).await.ok();
    let out = server.run(&both).await;
    assert_eq!(
        (out.code, out.stdout.as_str()),
        (7, "Welcome back, alice\n")
    );
    assert!(
        out.stderr.contains("failed as bob with 3"),
        "{}",
        out.stderr
    );
    // Of a single one the code is its own.
    let out = server.run(&["as", "bob", "--", sessctl, "dashboard"]).await;
    assert_eq!(out.code, 3, "{out:?}");
    let out = server
        .run(&["as", "alice,carol", "--", sessctl, "dashboard"])
        .await;
    out.fails(5, &["no profile \"carol\""]);
    let out = server.run(&["as", "alice", "--", "/no/such/program"]).await;
    out.fails(127, &["cannot run \"/no/such/program\""]);
}

#[tokio::test]
async fn a_signal_ends_what_runs_as_somebody_and_those_who_would_come_next() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for user in ["alice", "bob"] {
        server.login(user).await;
    }
    let script = "echo \"$SESSCTL_PROFILE\" >>ran; exec sleep 60";
    let mut command = server.sessctl(&["as", "alice,bob", "--", "sh", "-c", script]);
    let child = command
        .current_dir(home.path("work"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the first run", || home.path("work/ran").exists()).await;
    signal(&child, Signal::TERM);
    assert_eq!(finished(child).await.code, 143);
    assert_eq!(home.read("work/ran"), "alice\n");
}

#[tokio::test]
async fn wait_ends_when_a_session_has_gone_and_when_so_many_are_left() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for user in ["alice", "bob"] {
        server.login(user).await;
    }
    let handle = server.handle_of("alice").await;
    let gone = format!("gone={handle}");
    let source = ["--source", &server.admin];
    let wait = |what: &str, words: &[&str]| {
        home.sessctl(&[&["wait", "--for", what][..], &source, words].concat())
    };
    home.run(&[&["wait", "--for", "count=2"][..], &source].concat())
        .await
        .ok();
    for (what, why) in [
        (gone.as_str(), format!("{handle} is live")),
        ("count=7", "2 live, not 7".to_owned()),
    ] {
        let out = crate::home::ended(wait(what, &["--timeout", "1s"])).await;
        out.fails(6, &["still waiting at unix:", &why]);
    }
    let waiting = wait(&gone, &[]).spawn().unwrap();
    let counting = wait("count=1", &[]).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.run(&["revoke", &handle, "-y"]).await.ok();
    for child in [waiting, counting] {
        assert_eq!(finished(child).await.code, 0);
    }
    for what in ["gone", "gone=x", "count=x", "later"] {
        let out = home.run(&["wait", "--for", what]).await;
        assert_eq!(out.code, 2, "{out:?}");
    }
    let nobody = [
        "wait",
        "--for",
        "count=0",
        "--source",
        "unix:/no/such.sock",
        "--timeout",
        "1s",
    ];
    home.run(&nobody).await.fails(6, &["/no/such.sock"]);
}
