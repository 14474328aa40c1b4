//! Words that make no sense to the commands that list and end sessions: each refused before anything is asked.

use crate::home::{Home, ended, fed};

#[tokio::test]
async fn an_ambiguous_or_shortened_handle_is_for_terminals_only() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    for (typed, command) in [
        (&handle[..6], "revoke"),
        (&handle[..4], "show"),
        ("a", "revoke"),
    ] {
        let short = server.run(&[command, typed]).await;
        short.fails(2, &[&format!("{typed:?} is not a handle"), "12 characters"]);
    }
    let piped = fed(server.sessctl(&["revoke", "-"]), &handle[..8]).await;
    piped.fails(2, &["is not a handle"]);
    let hostile = server.run(&["revoke", "\u{1b}[2J"]).await;
    let said = hostile.fails(2, &["is not a handle"]);
    assert!(!said.contains('\u{1b}'), "{said:?}");
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_shown_with_a_mark_under_the_character() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    for (filter, mark) in [
        ("idle>soon", 5),
        ("user=alice and colour=red", 15),
        ("user=", 5),
    ] {
        for command in [&["ls"][..], &["watch"], &["revoke", "-y", "--filter"]] {
            let bad = server.run(&[command, &[filter]].concat()).await;
            let said = bad.fails(2, &[&format!("filter, character {}", mark + 1)]);
            let pointed = format!("\n{filter}\n{}^\n", " ".repeat(mark));
            assert!(said.contains(&pointed), "{command:?} {filter}: {said}");
        }
    }
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
}

#[tokio::test]
async fn a_bare_word_or_nothing_is_too_vague_to_end_sessions_by() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let word = server.run(&["revoke", "-y", "--filter", "alice"]).await;
    word.fails(2, &["too vague", "user=\"alice\"", "\nalice\n^"]);
    let empty = server.run(&["revoke", "-y", "--filter", ""]).await;
    empty.fails(2, &["every session", "--all"]);
    server
        .run(&["revoke"])
        .await
        .fails(2, &["--all", "--filter"]);
    let two = server.run(&["revoke", "--all", "--user", "alice"]).await;
    two.fails(2, &["cannot be used with"]);
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
    let listed = server.run(&["ls", "-o", "name", "alice"]).await.ok();
    assert_eq!(listed.lines().count(), 1, "a bare word does list");
}

#[tokio::test]
async fn the_dashboard_without_a_terminal_says_what_to_use_instead() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let blind = server.run(&["tui"]).await;
    blind.fails(
        2,
        &["needs a terminal", "sessctl tui --plain", "sessctl watch"],
    );
    home.run(&["top"]).await.fails(2, &["needs a terminal"]);
    let wrong = server.run(&["tui", "idle>soon"]).await;
    wrong.fails(2, &["idle>soon", "^"]);
}

#[tokio::test]
async fn a_server_is_no_source_and_a_source_is_no_server() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let ls = home.run(&["ls", "--server", &server.public]).await;
    ls.fails(2, &["--server is for signing in", "--source unix:PATH"]);
    let login = home
        .run(&["login", "alice", "--server", &server.admin])
        .await;
    login.fails(2, &["--source"]);
    let url = home.run(&["ls", "--source", &server.public]).await;
    url.fails(2, &["no token for", "unix:PATH"]);
    let public = ["ls", "--source", &server.public];
    let mut public = home.sessctl(&public);
    public.env("SESSCTL_TOKEN", "sctl_x");
    let public = crate::home::ended(public).await;
    public.fails(1, &["is it the public listener"]);
    let public = home.run(&["ls", "--source", "unix:/no/such.sock"]).await;
    public.fails(6, &["/no/such.sock", "sessctl serve"]);
}

#[tokio::test]
async fn no_message_repeats_a_password_that_was_typed_into_an_address() {
    let home = Home::new();
    let secret = "hunter2";
    for words in [
        &["login", "alice", "--server", "http://u:hunter2@127.0.0.1:1"][..],
        &["ls", "--source", "postgres://u:hunter2@db/app"],
        &[
            "serve",
            "--auth",
            "open",
            "--store",
            "postgres://u:hunter2@db/app",
        ],
    ] {
        let said = home.run(words).await.fails(2, &[]);
        assert!(!said.contains(secret), "{said}");
    }
    for (name, value, words) in [
        ("SESSCTL_SOURCE", "redis://:hunter2@db", &["ls", "-v"][..]),
        (
            "SESSCTL_STORE",
            "redis://:hunter2@db",
            &["serve", "--auth", "open", "-v"],
        ),
        ("SESSCTL_SOURCE", "redis://:hunter2@db", &["ls", "--help"]),
    ] {
        let mut command = home.sessctl(words);
        command.env(name, value);
        let done = ended(command).await;
        let all = format!("{}{}", done.stdout, done.stderr);
        assert!(!all.contains(secret), "{all}");
    }
    let config = "[profile.default]\nsource = \"redis://:hunter2@db\"\n";
    home.write("config/sessctl/config.toml", config);
    for words in [
        &["ls", "-v"][..],
        &["profile", "show"],
        &["profile", "ls", "-o", "json"],
    ] {
        let done = home.run(words).await;
        assert!(!format!("{done:?}").contains(secret), "{done:?}");
    }
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_named_with_those_that_are() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    for words in [
        &["status", "--profile", "alcie"][..],
        &["profile", "show", "alcie"],
        &["profile", "rm", "alcie"],
        &["ls", "--profile", "alcie"],
    ] {
        let none = server.run(words).await;
        none.fails(5, &["no profile \"alcie\"", "known: alice"]);
    }
    let name = server.run(&["login", "x", "--profile", "../x"]).await;
    name.fails(2, &["is not a profile name"]);
    // A named profile never falls back to another server's sessions.
    let ls = home.run(&["ls", "--profile", "alice"]).await;
    ls.fails(6, &["names no source", "--source"]);
    server.run(&["profile", "rm", "alice"]).await.ok();
    assert_eq!(home.run(&["profile", "ls", "-q"]).await.ok(), "");
}
