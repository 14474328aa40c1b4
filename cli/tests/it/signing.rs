//! Signing in where it cannot work: said clearly, with nothing sent in vain and nothing lost.

use std::os::unix::fs::PermissionsExt as _;

use axum::{Router, routing::get};

use crate::{
    home::{Home, NOTHING, ended, fed},
    stub::{Stub, with_accounts},
};

#[tokio::test]
async fn a_dead_port_is_named_and_no_profile_or_jar_is_made() {
    let home = Home::new();
    let dead = home
        .run(&["login", "alice", "--server", "127.0.0.1:1"])
        .await;
    dead.fails(6, &["http://127.0.0.1:1", "connection refused"]);
    assert_eq!(home.jars(), NOTHING);
    assert_eq!(home.files("config"), NOTHING);
}

#[tokio::test]
async fn a_server_without_a_login_is_told_with_the_flag_that_names_one() {
    let home = Home::new();
    let page = Router::new().route("/dashboard", get(async || "all may see"));
    let stub = Stub::serve(page).await;
    let mut login = home.sessctl(&["login", "alice", "--server", &stub.url]);
    login.env("SESSCTL_PASSWORD", "hunter2");
    let said = ended(login)
        .await
        .fails(4, &["there is no login at", "--login-path"]);
    assert!(!said.contains("hunter2"));
    assert_eq!(home.files("config"), NOTHING);
}

#[tokio::test]
async fn an_empty_user_and_no_user_are_wrong_usage_and_nothing_is_sent() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    for user in ["", "   "] {
        let mut login = home.sessctl(&["login", user, "--server", &stub.url]);
        login.env("SESSCTL_PASSWORD", "right");
        ended(login).await.fails(2, &["empty", "nothing was sent"]);
    }
    let nobody = home.run(&["login", "--server", &stub.url]).await;
    nobody.fails(2, &["sessctl login USER"]);
    assert_eq!(stub.posts(), 0);
}

#[tokio::test]
async fn without_a_password_off_a_terminal_the_ways_are_listed_and_nothing_is_sent() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    let login = ["login", "alice", "--server", &stub.url];
    let ways = [
        "nothing was sent",
        "--password-stdin",
        "--password-file",
        "SESSCTL_PASSWORD",
    ];
    home.run(&login).await.fails(2, &ways);
    let stdin = [&login[..], &["--password-stdin"]].concat();
    fed(home.sessctl(&stdin), "\n")
        .await
        .fails(2, &["no password"]);
    assert_eq!(stub.posts(), 0);
    assert_eq!(home.jars(), NOTHING);

    fed(home.sessctl(&stdin), "right\nmore\n").await.ok();
    let file = home.write("password", "right\n");
    let file = [&login[..], &["--password-file", file.to_str().unwrap()]].concat();
    home.run(&file).await.ok();
    let mut variable = home.sessctl(&login);
    variable.env("SESSCTL_PASSWORD", "right");
    ended(variable).await.ok();
    assert!(stub.posts() >= 3);
}

#[tokio::test]
async fn a_jar_that_cannot_be_written_is_noticed_before_anything_is_sent() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    // Root may write everywhere but below a file.
    home.write("plain", "");
    let below = home.text("plain");
    for (name, value) in [
        ("XDG_STATE_HOME", below.clone()),
        ("SESSCTL_JAR", format!("{below}/jar.json")),
    ] {
        let mut login = home.sessctl(&["login", "alice", "--server", &stub.url]);
        login.env(name, value).env("SESSCTL_PASSWORD", "right");
        ended(login).await.fails(1, &[&below, "Not a directory"]);
    }
    assert_eq!(stub.posts(), 0);
    assert_eq!(home.files("config"), NOTHING);
}

#[tokio::test]
async fn a_corrupt_jar_is_set_aside_and_said_so_and_signing_in_works() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.run(&["login", "alice"]).await.ok();
    let jar = home.jars().remove(0);
    assert_eq!(jar.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(
        &jar,
        "{\"version\":1,\"cookies\":[{\"raw_cookie\":\"sid=SECRET",
    )
    .unwrap();

    let login = server.run(&["login", "alice"]).await;
    let said = login.stderr.clone();
    login.ok();
    assert!(
        said.contains("is damaged") && said.contains("set aside as"),
        "{said}"
    );
    assert!(!said.contains("SECRET"), "{said}");
    let aside = jar.with_file_name("default.json.bad");
    assert!(std::fs::read_to_string(aside).unwrap().contains("SECRET"));
    server.run(&["dashboard"]).await.ok();
}

#[tokio::test]
async fn signing_in_over_another_user_says_so_and_ends_the_old_session() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.run(&["login", "alice"]).await.ok();
    let over = server.run(&["login", "bob"]).await;
    assert!(over.stderr.contains("alice was signed in here"), "{over:?}");
    assert!(over.stderr.contains("--profile"), "{over:?}");
    over.ok();
    let list = server.run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(
        list.lines().count() == 1 && list.contains("\"bob\""),
        "{list}"
    );
    let side_by_side = server.run(&["login", "alice", "--profile", "alice"]).await;
    assert_eq!(side_by_side.stderr, "");
    assert_eq!(server.run(&["ls", "-q"]).await.ok().lines().count(), 2);
}

#[tokio::test]
async fn a_hostile_user_name_does_no_harm() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let name = "<b>\u{1b}[31m\u{202e}eve\n";
    for words in [
        &["login", name, "--profile", "eve"][..],
        &["status", "--profile", "eve"],
        &["ls"],
        &["watch", "--for", "1s"],
        &["revoke", "--user", name, "-y"],
    ] {
        let done = server.run(words).await;
        assert_eq!(done.code, 0, "{words:?} {done:?}");
        assert!(!done.stdout.contains(['\u{1b}', '\u{202e}']), "{done:?}");
        assert!(!done.stderr.contains(['\u{1b}', '\u{202e}']), "{done:?}");
    }
    let log = home.read("log");
    assert!(!log.contains(['\u{1b}', '\u{202e}']), "{log:?}");
    let long = "x".repeat(10_000);
    let refused = server.run(&["login", &long]).await;
    let said = refused.fails(4, &["too long"]);
    assert!(said.len() < 2_000, "{said}");
}

#[tokio::test]
async fn signing_out_of_a_server_that_is_down_keeps_the_cookie_unless_told_otherwise() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.run(&["login", "alice"]).await.ok();
    let url = server.public.clone();
    server.ends(rustix::process::Signal::TERM).await;
    let out = home.run(&["logout", "--server", &url]).await;
    out.fails(6, &["the cookie is kept", "--local"]);
    assert_eq!(home.jars().len(), 1);
    home.run(&["logout", "--local", "--server", &url])
        .await
        .ok();
    assert_eq!(home.jars(), NOTHING);
}
