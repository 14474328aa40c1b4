//! Every exit code of the table in `sessctl --help`, and that a failure says what, why and what next.

use axum::http::StatusCode;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    home::{Home, NOTHING, SESSCTL, ended, finished},
    server::{next, signal},
    stub::{Stub, always, with_accounts},
};

/// A port below those that are given out, where nothing listens.
const DEAD: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn the_table_of_codes_stands_in_the_help_and_no_command_is_wrong_usage() {
    let home = Home::new();
    let help = home.run(&["--help"]).await.ok();
    let (_, table) = help.split_once("Exit codes:").expect("a table");
    for line in [
        "0 done",
        "1 failed",
        "2 wrong usage",
        "3 not signed in",
        "4 refused",
        "5 not found",
        "6 unreachable",
        "7 partly failed",
        "8 not confirmed",
        "9 check failed",
        "130, 143",
    ] {
        assert!(table.contains(line), "{line} in {table}");
    }
    home.run(&[])
        .await
        .fails(2, &["sessctl demo", "Exit codes"]);
    home.run(&["frobnicate"])
        .await
        .fails(2, &["frobnicate", "--help"]);
    let wrong = home.run(&["ls", "--limit", "many"]).await;
    wrong.fails(2, &["--limit", "many"]);
}

#[tokio::test]
async fn code_1_is_another_failure() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    // The page is the result also when the server has none: it goes to stdout as it came.
    let page = server.run(&["get", "/no-such-page"]).await;
    assert_eq!(page.code, 1);
    assert!(
        page.stderr.contains("/no-such-page answered 404"),
        "{page:?}"
    );
    let file = home.text("missing");
    let login = server
        .run(&["login", "alice", "--password-file", &file])
        .await;
    login.fails(1, &["cannot read the password file", &file, "No such file"]);
    let broken = Stub::serve(always(StatusCode::INTERNAL_SERVER_ERROR)).await;
    let login = home.run(&["login", "alice", "--server", &broken.url]).await;
    assert_eq!(login.code, 2, "{login:?}");
    let get = home.run(&["dashboard", "--server", &broken.url]).await;
    get.fails(1, &["/dashboard answered 500"]);
}

#[tokio::test]
async fn code_3_is_not_signed_in_by_401_and_by_being_sent_to_the_login_page() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server
        .run(&["dashboard"])
        .await
        .fails(3, &["Please log in", "401", "sessctl login"]);
    assert_eq!(server.run(&["status"]).await.code, 3);
    let json = server.run(&["dashboard", "-o", "json"]).await;
    assert_eq!(json.code, 3, "the format never changes the code");
    assert!(json.stdout.contains("\"signed_in\":false"), "{json:?}");

    use axum::{Router, response::Redirect, routing::get};
    let sends = Router::new()
        .route("/dashboard", get(async || Redirect::to("/login")))
        .route("/login", get(async || "Who are you?"));
    let stub = Stub::serve(sends).await;
    let sent = home.run(&["dashboard", "--server", &stub.url]).await;
    sent.fails(3, &["sends you to its login page", "sessctl login"]);
}

#[tokio::test]
async fn code_4_is_refused_by_a_wrong_password_and_by_403() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    let mut login = home.sessctl(&["login", "alice", "--server", &stub.url]);
    login.env("SESSCTL_PASSWORD", "wrong-hunter2");
    let refused = ended(login).await;
    let said = refused.fails(4, &["not signed in", "Wrong user name or password"]);
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(home.files("config"), NOTHING);

    let closed = Stub::serve(always(StatusCode::FORBIDDEN)).await;
    let page = home.run(&["dashboard", "--server", &closed.url]).await;
    page.fails(4, &["/dashboard is not for you (403)"]);
}

#[tokio::test]
async fn code_5_is_no_such_session_or_profile() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let none = "000000000000";
    let show = server.run(&["show", none]).await;
    show.fails(5, &[none]);
    let revoke = server.run(&["revoke", none, "-q"]).await;
    assert_eq!(
        revoke.fails(5, &[]),
        "",
        "-q says nothing where nothing ended"
    );
    let revoke = server.run(&["revoke", none]).await;
    assert_eq!(revoke.code, 5);
    assert_eq!(
        revoke.stdout,
        format!("not found {none}: no such session\n")
    );
    let cookie = crate::home::fed(server.sessctl(&["show", "--cookie-stdin"]), "nonsense").await;
    cookie.fails(5, &["opens no session"]);
    let profile = server.run(&["dashboard", "--profile", "nobody"]).await;
    profile.fails(
        5,
        &[
            "no profile \"nobody\"",
            "sessctl login USER --profile nobody",
        ],
    );
}

#[tokio::test]
async fn code_6_is_unreachable_unavailable_or_too_late() {
    let home = Home::new();
    for command in ["dashboard", "status", "logout", "login"] {
        let mut words = vec![command, "--server", DEAD];
        words.extend((command == "login").then_some("alice"));
        let dead = home.run(&words).await;
        dead.fails(
            6,
            &["nothing listens at http://127.0.0.1:1", "sessctl wait"],
        );
    }
    for command in ["ls", "stats", "watch"] {
        let lost = home.run(&[command]).await;
        lost.fails(
            6,
            &[
                "no server of yours answers",
                "admin.sock",
                "--source unix:PATH",
            ],
        );
    }
    let waited = ["wait", "--server", DEAD, "--timeout", "1s"];
    let waited = home.run(&waited).await;
    waited.fails(6, &["is not ready after 1s", "connection refused"]);
    let stub = Stub::serve(always(StatusCode::SERVICE_UNAVAILABLE)).await;
    let busy = home.run(&["dashboard", "--server", &stub.url]).await;
    busy.fails(6, &["503", "try again later"]);

    use axum::{Router, routing::get};
    let never = async || std::future::pending::<&str>().await;
    let stub = Stub::serve(Router::new().route("/dashboard", get(never))).await;
    let late = home
        .run(&["dashboard", "--server", &stub.url, "--timeout", "1s"])
        .await;
    late.fails(6, &["1 s", "--timeout"]);
}

#[tokio::test]
async fn code_7_is_a_bulk_of_which_a_part_failed() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let partly = server.run(&["revoke", &handle, "000000000000"]).await;
    assert_eq!(partly.code, 7, "{partly:?}");
    assert!(partly.stdout.contains(&format!("ended {handle} (alice)")));
    assert!(partly.stdout.contains("not found 000000000000"));
    assert!(partly.stderr.contains("ended 1 at unix:"), "{partly:?}");
    // What has ended already is no failure.
    let again = server.run(&["revoke", &handle]).await.ok();
    assert!(
        again.contains("had ended") && again.contains("revoked by "),
        "{again}"
    );
}

#[tokio::test]
async fn code_8_is_a_bulk_that_nobody_confirmed_and_nothing_ended() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    for what in [
        &["--all"][..],
        &["--user", "alice"],
        &["--filter", "user=alice"],
    ] {
        let arguments = [&["revoke"], what].concat();
        let asked = server.run(&arguments).await;
        asked.fails(
            8,
            &[
                "not confirmed: End 1 session at unix:",
                "--yes",
                "--dry-run",
            ],
        );
    }
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
}

#[tokio::test]
async fn code_9_is_another_number_than_expected_and_nothing_ended() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let other = server
        .run(&["revoke", "--all", "-y", "--expect", "2"])
        .await;
    other.fails(9, &["nothing was ended", "1", "2"]);
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
    let right = server
        .run(&["revoke", "--all", "-y", "--expect", "1"])
        .await;
    right.ok();
}

#[tokio::test]
async fn code_130_and_143_are_signals() {
    let home = Home::new();
    let _server = home.serve(&[]).await;
    for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut watch = home.sessctl(&["watch"]).spawn().unwrap();
        let mut talk = BufReader::new(watch.stderr.take().unwrap()).lines();
        let line = next(&mut talk).await;
        assert!(line.is_some_and(|line| line.starts_with("watching unix:")));
        signal(&watch, by);
        assert_eq!(finished(watch).await.code, code);
    }
}

#[tokio::test]
async fn nobody_listening_to_the_talk_changes_no_code() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    for (words, code) in [
        (&["dashboard"][..], 3),
        (&["revoke", "a"], 2),
        (&["revoke"], 2),
        (&[], 2),
        (&["revoke", &handle], 0),
        (&["ls", "user=nobody"], 0),
    ] {
        for stderr in ["/dev/full", "&-"] {
            let mut deaf = home.program("sh");
            let script = format!(r#""$0" "$@" 2>{stderr}"#);
            deaf.args(["-c", &script, SESSCTL]).args(words);
            deaf.env("SESSCTL_SERVER", &server.public);
            assert_eq!(ended(deaf).await.code, code, "{words:?} {stderr}");
        }
    }
}
